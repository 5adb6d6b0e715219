import DeviceLink
import VoiceCore
import WireProtocols

extension Parser {
  /// `LinkMachine`: all that the device's link decides, with an agent that says and does whatever it
  /// likes, a network that fails anywhere, and a conversation that goes on meanwhile.
  static let link = Parser(
    "link", longest: 512,
    seeds: {
      [
        [0, 1, 4, 0, 10, 0, 11, 0, 12, 11, 5, 0],
        [1, 1, 4, 0, 10, 0, 11, 1, 4, 1, 1, 3, 4, 0, 10, 1, 12, 13],
      ]
        + SessionStep.seeds(fromDevice: false).map { [0, 1, 3, 4, 0] + $0 }
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    var run = LinkRun(&choices)
    while !choices.isEmpty { try run.step(&choices) }
    return run.count
  }
}

/// A link machine, the socket it believes to have, and what must hold between them.
private struct LinkRun {
  /// What is not acknowledged, the turn that is kept, and the message that was too much.
  private static let mostJournal = ((256 + 640) << 10) + 40_000

  private enum Socket { case none, asked, open, leaving }

  private var machine: LinkMachine
  private var socket = Socket.none
  private var now = SampleTime.start
  private var numbers = RightNumbers()
  private(set) var count = 0

  // What we know ourselves of the session.
  /// Numbered messages that came, or would have if the agent had told the truth.
  private var came = 0
  /// Numbered messages of the session as they were sent, and which of them is next: after a resume the
  /// same bytes again. Nil for one that the agent says it has though it never left.
  private var log: [WireMessage?] = []
  private var place = 0
  /// That the last welcome gave and nothing has made void.
  private var token: String?
  private var isTalking = false
  private var turn: UInt32 = 0
  private var tokens = 0

  init(_ choices: inout Choices) {
    let kind = choices.byte()
    var settings = LinkMachine.Settings(
      hello: .init(
        device: "kiosk", model: "m", firmware: "f", packetMilliseconds: 60,
        replyBuffer: .seconds(20)), seed: UInt64(kind))
    settings.usesBroker = kind & 1 == 1
    if kind & 2 == 2 { settings.idleLimit = .seconds(5) }
    machine = LinkMachine(settings: settings)
    machine.wallClock = 1_790_000_000_000
  }

  mutating func step(_ choices: inout Choices) throws(Broken) {
    switch SessionStep.next(&choices) {
    case .form0: try wait(choices.of([1, 2, 10, 70, 130, 500, 1_500, 6_000]))
    case .form1: try pass(&choices)
    case .form2:
      isTalking.toggle()
      try tell(.talking(isTalking))
    case .form3:
      let event = choices.of([
        LinkMachine.Event.tryNow, .pong, .progress, .needing(true), .needing(false),
        .nobodyWaits(TurnID(turn)),
      ])
      try tell(event)
    case .form4:
      // The shortest way to a connection, for an agent that is not the point now.
      if socket == .none { try wait(3_000) }
      try tell(.granted(lifetime: .seconds(600)))
      if socket == .asked { try open() }
      if socket == .open { try welcome(isResumed: choices.pick(2) == 0, &choices) }
    case .form5:
      numbers.epoch = 0
      try receive(.text(MessageMaker.make(choices.of(MessageForm.fromAgent), numbers, &choices)))
    case .sound0, .sound1:
      try receive(.binary(MessageMaker.sound(.downlink, reference: 1, numbers, &choices)))
    case .rawText: try receive(.text(choices.take(choices.length())))
    case .rawSound: try receive(.binary(choices.take(choices.length())))
    case .own0: try welcome(isResumed: choices.pick(2) == 0, &choices)
    case .own1: try say(&choices)
    case .own2: try close(&choices)
    case .own3:
      let lifetime = choices.number(600_000, in: 1_000...604_800_000)
      try tell(
        choices.isRare(4)
          ? .notGranted(LinkLoss("no", advice: ""))
          : .granted(lifetime: .milliseconds(max(1_000, min(604_800_000, lifetime)))))
    case .own4:
      let received = choices.number(Int64(place), in: 0...WireLimits.mostMessages)
      try receive(NativeAgent.encode(.acknowledged(Int(max(0, min(received, 4_294_967_295))))))
    case .own5:
      // Enough to fill any journal.
      for _ in 0...choices.pick(200) {
        try tell(
          .say(
            .turnAudio(
              TurnID(turn), packet: [UInt8](repeating: 0x58, count: 3_900), at: .zero)))
      }
    }
  }

  // MARK: The network

  private mutating func wait(_ ticks: Int) throws(Broken) {
    // Where nothing happens, a tick every 10 ms shows no more than one every second.
    let stride = max(1, ticks / 20)
    for _ in 0..<(ticks / stride) {
      now = now + .milliseconds(10 * Int64(stride))
      machine.wallClock += 10 * Int64(stride)
      try tell(.tick(now))
    }
  }

  private mutating func pass(_ choices: inout Choices) throws(Broken) {
    switch socket {
    case .none, .leaving: try wait(choices.pick(256))
    case .asked: try open()
    case .open: try wait(1)
    }
  }

  private mutating func open() throws(Broken) {
    socket = .open
    try tell(.opened)
  }

  private mutating func close(_ choices: inout Choices) throws(Broken) {
    guard socket != .none else { return }
    var loss = LinkLoss(choices.of(["closed", "refused", "name"]), advice: "")
    loss.isUnauthorized = choices.isRare(4)
    // How it ends once we have hung up is not told.
    loss.endsSession = choices.isRare(4) && socket != .leaving
    if loss.endsSession { token = nil }
    socket = .none
    try tell(.closed(loss))
  }

  // MARK: The agent

  private mutating func welcome(isResumed: Bool, _ choices: inout Choices) throws(Broken) {
    var agent = NativeAgent()
    tokens += 1
    var welcome = Downstream.Welcome(
      session: "s", agent: "a", longestTurn: .seconds(30),
      resumable: .init(token: "t\(tokens)", lease: .seconds(30)), isResumed: isResumed)
    if isResumed {
      let said = choices.number(Int64(place), in: 0...WireLimits.mostMessages)
      welcome.received = Int(max(0, min(said, WireLimits.mostMessages)))
    }
    if choices.isRare(4) { welcome.resumable = nil }
    if choices.isRare(4) { welcome.longestSession = .milliseconds(Int64(choices.word() >> 2)) }
    if choices.isRare(4) { welcome.capabilities = Capabilities(rawValue: choices.byte()) }
    try receive(agent.encode(.welcome(welcome)))
  }

  private mutating func receive(_ message: WireMessage) throws(Broken) {
    guard socket == .open || socket == .leaving else { return }
    count += 1
    // Any of them may be numbered; what was acknowledged can never be more.
    if socket == .open { came += 1 }
    try tell(.received(message))
  }

  // MARK: The conversation

  private mutating func say(_ choices: inout Choices) throws(Broken) {
    let reply = ReplyID(numbers.reply)
    switch choices.pick(12) {
    case 0, 1:
      turn &+= 1
      try tell(.say(.turnStart(TurnID(turn), preRoll: .milliseconds(60), cause: .speech)))
    case 2, 3, 4:
      for _ in 0...choices.pick(8) {
        try tell(.say(.turnAudio(TurnID(turn), packet: [0x58, 1, 2], at: .zero)))
      }
    case 5: try tell(.say(.turnEagerEnd(TurnID(turn), revision: 0, audio: .seconds(1))))
    case 6: try tell(.say(.turnCommit(TurnID(turn), audio: .seconds(1), reason: .endpoint)))
    case 7: try tell(.say(.turnCancel(TurnID(turn), reason: .tooShort)))
    case 8: try tell(.say(.interrupt(reply, played: .seconds(1))))
    case 9: try tell(.say(.unmute(reply, played: .seconds(1))))
    case 10: try tell(.say(.capture(choices.of([.listening, .streaming, .off]))))
    default:
      try tell(.say(.playback(reply, played: .seconds(1), buffered: .zero, state: .playing)))
    }
  }

  // MARK: What must hold

  private mutating func tell(_ event: LinkMachine.Event) throws(Broken) {
    let most = machine.journalBytes / 64 + 8
    let effects = machine.handle(event)
    try hold(effects.count <= most, "\(effects.count) effects of one event")
    // What is sent again comes before the welcome is delivered.
    for case .deliver(.welcome(let welcome)) in effects { begin(welcome) }
    if case .say = event { try hold(effects.count <= 8, "\(effects.count) effects of a word") }
    if case .tick = event { try hold(effects.count <= 8, "\(effects.count) effects of a tick") }
    for effect in effects { try check(effect) }
    try hold(
      machine.journalBytes <= LinkRun.mostJournal, "a journal of \(machine.journalBytes) bytes")
    try hold(
      machine.journalBytes >= 64 * machine.unacknowledged,
      "more messages than the journal has bytes")
    if machine.isOpen { try hold(socket == .open, "open without a connection") }
  }

  /// Fatal errors that leave the session alive, as docs/PROTOCOL.md has them.
  private static let harmless = [
    "unauthorized", "session_limit", "rate_limited", "going_away", "not_reading",
  ]

  private mutating func begin(_ welcome: Downstream.Welcome) {
    if welcome.isResumed {
      place = welcome.received
      while log.count < place { log.append(nil) }
    } else {
      (log, place, came) = ([], 0, 0)
    }
  }

  /// Numbers are given to all but what is about the connection.
  private mutating func count(_ message: WireMessage) throws(Broken) {
    if case .text(let text) = message,
      case .text(let type)? = (try? JSONReader.read(text))?.member("type"),
      ["hello", "ack", "ping", "pong"].contains(type)
    {
      return
    }
    if place < log.count {
      if let before = log[place] {
        try hold(before == message, "message \(place + 1) is another one when it is sent again")
      }
      log[place] = message
    } else {
      log.append(message)
    }
    place += 1
  }

  private mutating func check(_ effect: LinkMachine.Effect) throws(Broken) {
    switch effect {
    case .connect:
      try hold(socket == .none, "a second connection was asked for")
      socket = .asked
    case .transmit(let message):
      try hold(socket == .open, "something was sent without a connection")
      try Wire.check(message)
      try count(message)
      if case .text(let text) = message { try check(text) }
    case .ping: try hold(socket == .open, "a ping without a connection")
    case .hangUp(let parting):
      try hold(socket == .open || socket == .asked, "hung up without a connection")
      socket = .leaving
      if parting != .forNow { token = nil }
    case .deliver(let message):
      try hold(socket == .open, "something was delivered after hanging up")
      switch message {
      case .welcome(let welcome):
        token = welcome.resumable?.token
        numbers.isResumed = true
        if let token { numbers.token = token }
      case .refused(let code, _, isFatal: true, _):
        if !LinkRun.harmless.contains(code) { token = nil }
      default: break
      }
      if case .replyAudio = message { numbers.sequence &+= 1 }
    case .change(.sessionOver): token = nil
    case .mint, .change, .note: break
    }
  }

  private func check(_ text: [UInt8]) throws(Broken) {
    guard let object = try? JSONReader.read(text) else { return }
    switch object.member("type") {
    case .text("hello"):
      guard let session = object.member("session") else { return }
      guard case .text(let given)? = session.member("token"), given == token else {
        throw Broken("a session was asked for that is over, or was another")
      }
    case .text("ack"):
      guard case .integer(let received)? = object.member("received") else { return }
      try hold(received <= Int64(came), "\(received) messages were acknowledged, \(came) came")
    default: break
    }
  }
}
