import CloudAgent
import VoiceCore
import WireProtocols

extension Parser {
  /// `SessionShelf`: all sessions of an agent, with devices that say whatever they like over several
  /// connections, and ears and a voice that answer late or never.
  static let shelf = Parser(
    "shelf", longest: 384,
    seeds: {
      [[0, 10, 0, 11, 0, 0, 13, 0, 13, 0, 12, 12, 12, 0, 0], [1, 10, 0, 14, 0, 10, 1, 11, 1]]
        + SessionStep.seeds(fromDevice: true).map { [0, 11] + $0 }
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    var run = ShelfRun(&choices)
    while !choices.isEmpty { try run.step(&choices) }
    try run.finish()
    return run.count
  }
}

private struct ShelfRun {
  private static let connections = 4
  private static let sessions = 6
  private static let journalBytes = 160 << 10

  /// What a device's side of a connection knows.
  private struct Visitor {
    var numbers = RightNumbers()
    var isWelcome = false
    /// Numbered messages that came.
    var received = 0
  }

  private var shelf: SessionShelf
  private var visitors: [Int: Visitor] = [:]
  private var work: [(session: SessionID, work: Work)] = []
  private var tokens: [(token: String, received: Int)] = []
  private var current = 0
  private var lastConnection = 0
  private var isLeaving = false
  private var now = SampleTime.start
  private(set) var count = 0
  private let isEcho: Bool

  init(_ choices: inout Choices) {
    isEcho = choices.byte() & 1 == 1
    var settings = SessionShelf.Settings()
    settings.connections = ShelfRun.connections
    settings.sessions = ShelfRun.sessions
    settings.sessionsPerDevice = 2
    settings.journalBytes = ShelfRun.journalBytes
    if isEcho { settings.echo = [[UInt8]](repeating: [0x48, 1, 2, 3], count: 50) }
    shelf = SessionShelf(settings, random: Tokens())
  }

  mutating func step(_ choices: inout Choices) throws(Broken) {
    switch SessionStep.next(&choices) {
    case .form0, .form1, .form2, .form3, .form4, .form5:
      try say(choices.of(MessageForm.fromDevice), &choices)
    case .sound0, .sound1:
      guard let numbers = visitors[current]?.numbers else { return }
      try receive(
        .binary(MessageMaker.sound(.uplink, reference: numbers.turn, numbers, &choices)))
      visitors[current]?.numbers.sequence &+= 1
    case .rawText: try receive(.text(choices.take(choices.length())))
    case .rawSound: try receive(.binary(choices.take(choices.length())))
    case .own0: try connect(&choices)
    case .own1:
      try connect(&choices)
      try receive(NativeAgent.hello)
    case .own2: try work(&choices)
    case .own3: try turn(&choices)
    case .own4:
      if choices.pick(2) == 0 {
        current = choices.pick(lastConnection + 1)
      } else {
        try cut(&choices)
      }
    case .own5:
      if choices.pick(64) == 63 {
        try tell(.drain(grace: .milliseconds(Int64(choices.byte()) * 100)))
      } else {
        try wait(choices.of([1, 1, 3, 10, 31, 62]))
      }
    }
  }

  /// When all are gone and the lease is over, nothing is left.
  mutating func finish() throws(Broken) {
    for connection in visitors.keys.sorted() {
      visitors[connection] = nil
      try tell(.disconnected(ConnectionID(connection), code: nil))
    }
    try wait(62)
    try hold(shelf.connectionCount == 0, "\(shelf.connectionCount) connections are left")
    try hold(shelf.sessionCount == 0, "\(shelf.sessionCount) sessions are left")
    try hold(shelf.journalBytes == 0, "\(shelf.journalBytes) bytes of journals are left")
  }

  // MARK: Devices

  private mutating func connect(_ choices: inout Choices) throws(Broken) {
    lastConnection += 1
    current = lastConnection
    visitors[current] = Visitor()
    var admission = Admission()
    switch choices.pick(4) {
    case 0, 1: break
    case 2: admission.device = choices.of(["kiosk-7", "other"])
    default:
      admission = Admission(
        device: "kiosk-7", sessions: choices.pick(3), longestSession: .seconds(45))
    }
    try tell(.connected(ConnectionID(current), admission))
  }

  private mutating func cut(_ choices: inout Choices) throws(Broken) {
    guard visitors.removeValue(forKey: current) != nil else { return }
    let code = choices.of([nil, nil, 1_000, 1_001, 1_008, 1_011] as [UInt16?])
    try tell(.disconnected(ConnectionID(current), code: code))
  }

  private mutating func say(_ form: MessageForm, _ choices: inout Choices) throws(Broken) {
    guard var visitor = visitors[current] else { return }
    switch form.type {
    case "turn.start": visitor.numbers.turn &+= 1
    case "interrupt": visitor.numbers.epoch &+= 1
    case "hello":
      if !tokens.isEmpty {
        let known = tokens[tokens.count - 1 - choices.pick(min(4, tokens.count))]
        (visitor.numbers.token, visitor.numbers.received) = (known.token, known.received)
      }
    case "ack": visitor.numbers.received = visitor.received
    default: break
    }
    visitors[current] = visitor
    try receive(.text(MessageMaker.make(form, visitor.numbers, &choices)))
  }

  /// A right turn, so that the ears and the voice get something to do.
  private mutating func turn(_ choices: inout Choices) throws(Broken) {
    guard var visitor = visitors[current], visitor.isWelcome else { return }
    visitor.numbers.turn &+= 1
    let turn = visitor.numbers.turn
    let cause = choices.pick(4) == 3 ? "barge_in" : "speech"
    try text("{\"type\":\"turn.start\",\"turn\":\(turn),\"pre_roll_ms\":0,\"cause\":\"\(cause)\"}")
    for _ in 0...choices.pick(4) {
      let sound = MessageMaker.sound(.uplink, reference: turn, visitor.numbers, &choices)
      try receive(.binary(sound))
      visitor.numbers.sequence &+= 1
    }
    if choices.pick(2) == 1 {
      try text("{\"type\":\"turn.eager_end\",\"turn\":\(turn),\"rev\":0,\"audio_ms\":60}")
    }
    if choices.pick(8) != 7 {
      try text(
        "{\"type\":\"turn.commit\",\"turn\":\(turn),\"rev\":0,\"audio_ms\":60,\"reason\":\"endpoint\"}"
      )
    }
    visitors[current]?.numbers = visitor.numbers
  }

  private mutating func text(_ text: String) throws(Broken) { try receive(.text(Array(text.utf8))) }

  private mutating func receive(_ message: WireMessage) throws(Broken) {
    guard visitors[current] != nil else { return }
    count += 1
    try tell(.received(ConnectionID(current), message))
  }

  // MARK: Ears, voice and time

  private mutating func work(_ choices: inout Choices) throws(Broken) {
    guard !work.isEmpty else { return }
    let (session, next) = work.remove(at: choices.pick(min(16, work.count)))
    let words = Spoken(choices.pick(4) == 3 ? "" : "when do you open")
    let intent = choices.of([.hours, nil, .goodbye, .exhibition] as [Intent?])
    switch next {
    case .understand(let turn):
      try tell(.worked(session, .understood(turn, .init(intent: intent, words: words))))
    case .guess(let turn, let revision, _):
      try tell(
        .worked(
          session, .guessed(turn, revision: revision, .init(intent: intent, words: words))))
    case .hear(let turn, _, _):
      try tell(
        .worked(
          session,
          .glimpsed(turn, .init(words: words, hint: .unfinished), upTo: .milliseconds(60))))
    case .speak(let reply, _):
      if choices.isRare(8) { return try tell(.worked(session, .voiceFailed(reply))) }
      let packet = [0x48] + [UInt8](repeating: 1, count: 4 * Int(choices.byte()))
      let packets = [[UInt8]](repeating: packet, count: 1 + 4 * choices.pick(64))
      try tell(
        .worked(
          session, .spoke(reply, Speech(packets: packets, isEndOfSentence: choices.pick(4) != 3))))
    case .listen, .resume, .forget, .hush: break
    }
  }

  private mutating func wait(_ halves: Int) throws(Broken) {
    for _ in 0..<halves {
      now = now + .milliseconds(500)
      try tell(.tick)
    }
  }

  // MARK: What must hold

  private mutating func tell(_ event: ShelfEvent) throws(Broken) {
    let moment = Moment(time: now, wallClock: 1_790_000_000_000 + (now - .start).milliseconds)
    let effects = shelf.handle(event, at: moment)
    // A whole journal at most, and what is said besides.
    try hold(
      effects.count <= ShelfRun.journalBytes / 48 + 2_000, "\(effects.count) effects of one event")
    for effect in effects { try check(effect) }
    try hold(shelf.connectionCount <= ShelfRun.connections, "\(shelf.connectionCount) connections")
    try hold(shelf.sessionCount <= ShelfRun.sessions, "\(shelf.sessionCount) sessions")
    try hold(
      (0...ShelfRun.journalBytes).contains(shelf.journalBytes),
      "\(shelf.journalBytes) bytes of journals")
    try hold(work.count <= 4_096, "\(work.count) pieces of work for \(shelf.sessionCount) sessions")
  }

  private mutating func check(_ effect: ShelfEffect) throws(Broken) {
    switch effect {
    case .send(let message, let connection):
      // One that was refused before it became a guest is closed in the same breath.
      guard visitors[connection.number] != nil else {
        throw Broken("something was sent on a connection that is gone")
      }
      try Wire.check(message)
      try take(message, connection.number)
    case .close(let connection, let code, _):
      try hold(
        visitors.removeValue(forKey: connection.number) != nil, "a connection was closed twice")
      try hold(
        (1_000...1_015).contains(code) || code == SessionShelf.comeBackLater, "closed with \(code)")
    case .work(let session, let next):
      switch next {
      case .hush(let reply):
        work.removeAll {
          if $0.session == session, case .speak(reply, _) = $0.work { true } else { false }
        }
      case .forget, .listen, .resume: break
      case .hear: if work.count < 64 { work.append((session, next)) }
      case .guess, .understand, .speak: work.append((session, next))
      }
    case .note(let session, .ended):
      work.removeAll { $0.session == session }
    case .note, .refused: break
    }
  }

  private mutating func take(_ message: WireMessage, _ connection: Int) throws(Broken) {
    guard var visitor = visitors[connection] else { return }
    defer { visitors[connection] = visitor }
    guard case .text(let text) = message, let object = try? JSONReader.read(text),
      case .text(let type)? = object.member("type")
    else {
      try hold(visitor.isWelcome, "sound before welcome")
      visitor.received += 1
      return
    }
    switch type {
    case "welcome":
      try hold(!visitor.isWelcome, "a second welcome")
      visitor.isWelcome = true
      if object.member("resumed") == .bool(true) {
        visitor.received = visitor.numbers.received
      } else {
        visitor.numbers.epoch = 0
      }
      if case .text(let token)? = object.member("resume_token") {
        try hold(!tokens.contains { $0.token == token }, "a token was given twice")
        tokens.append((token, visitor.received))
      }
    case "error", "ping", "pong", "ack", "goaway": break
    default:
      try hold(visitor.isWelcome, "\(type) before welcome")
      visitor.received += 1
      if case .integer(let reply)? = object.member("response") {
        visitor.numbers.reply = UInt32(truncatingIfNeeded: reply)
      }
    }
    if case .some = tokens.last, tokens[tokens.count - 1].received < visitor.received {
      tokens[tokens.count - 1].received = visitor.received
    }
  }
}

/// The same ones every time.
private struct Tokens: RandomNumberGenerator {
  private var state: UInt64 = 1

  mutating func next() -> UInt64 {
    state = state &* 0x5851_F42D_4C95_7F2D &+ 0x1405_7B7E_F767_814F
    return state ^ state >> 29
  }
}
