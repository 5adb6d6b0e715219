import VoiceCore
import WireProtocols

extension Parser {
  /// `NativeDevice`: a whole session of messages from an agent, right, nearly right and raw.
  static let device = Parser(
    "device", longest: 768,
    seeds: { SessionStep.seeds(fromDevice: false) + [[0, 0], [10, 0, 10, 0, 3, 0, 6]] }
  ) { input throws(Broken) in
    var session = DeviceSession()
    var choices = Choices(input)
    while !choices.isEmpty { try session.step(&choices) }
    return session.count
  }
}

private struct DeviceSession {
  private var codec = NativeDevice()
  private var numbers = RightNumbers()
  private(set) var count = 0
  // What we know ourselves of the session, in numbers that do not wrap.
  private var isWelcome = false
  private var interrupts = 0
  private var acknowledged = 0

  mutating func step(_ choices: inout Choices) throws(Broken) {
    switch SessionStep.next(&choices) {
    case .form0, .form1, .form2, .form3, .form4, .form5:
      let form = choices.of(MessageForm.fromAgent)
      // The oldest that waits, or all of them at once.
      let next = choices.pick(2) == 0 ? acknowledged + 1 : interrupts
      numbers.epoch = UInt8(truncatingIfNeeded: next)
      try take(.text(MessageMaker.make(form, numbers, &choices)))
    case .sound0, .sound1:
      numbers.epoch = UInt8(truncatingIfNeeded: interrupts)
      try take(
        .binary(MessageMaker.sound(.downlink, reference: numbers.reply, numbers, &choices)))
    case .rawText: try take(.text(choices.take(choices.length())))
    case .rawSound: try take(.binary(choices.take(choices.length())))
    case .own0: try welcome()
    case .own1:
      codec.reconnect()
      isWelcome = false
    case .own2:
      // Many at once now and then, or the count never comes round.
      for _ in 0...choices.pick(64) where interrupts - acknowledged < 250 {
        try encode(.interrupt(ReplyID(numbers.reply), played: .zero))
        interrupts += 1
      }
    case .own3:
      try encode(
        .turnCommit(
          TurnID(numbers.turn), revision: choices.pick(4), audio: .zero, reason: .endpoint))
    case .own4:
      try encode(
        .turnAudio(TurnID(numbers.turn), packet: [0x58, 1], at: .milliseconds(60)))
    case .own5: numbers.turn = numbers.turn &+ UInt32(choices.byte())
    }
  }

  private mutating func welcome() throws(Broken) {
    var agent = NativeAgent()
    let welcome = Downstream.Welcome(session: "s", agent: "a", longestTurn: .seconds(30))
    try take(agent.encode(.welcome(welcome)))
  }

  private mutating func encode(_ message: Upstream) throws(Broken) {
    let before = codec.sentCount
    let bytes = codec.encode(message)
    try hold(codec.sentCount == before + 1, "a message was not numbered")
    try Wire.check(bytes)
  }

  private mutating func take(_ message: WireMessage) throws(Broken) {
    count += 1
    let before = codec
    let received: Received<Downstream>
    do throws(WireError) { received = try codec.decode(message) } catch {
      if case .outOfOrder = error { try mayBeRefused(message) }
      try refused(error, before)
      return
    }
    let counted = codec.receivedCount - before.receivedCount
    switch received {
    case .notice(let notice):
      try hold(counted == 0 && isWelcome, "a notice was numbered, or came before welcome")
      var again = before
      try hold(
        (try? again.decode(NativeAgent.encode(notice))) == .notice(notice),
        "\(notice) does not come back from its own bytes")
    case .message(.welcome(let welcome)):
      try hold(!isWelcome && counted == 0, "a second welcome was taken")
      isWelcome = true
      var again = before
      var agent = NativeAgent()
      try hold(
        (try? again.decode(agent.encode(.welcome(welcome)))) == received,
        "a welcome does not come back from its own bytes")
    case .message(.refused): try hold(counted == 0, "an error was numbered")
    case .message(.replyAudio(let reply, let packet)):
      try hold(isWelcome && counted == 1, "sound came before welcome or was not numbered")
      guard case .binary(let bytes) = message else { throw Broken("sound came out of a text") }
      try hold(
        Int(bytes[3]) == interrupts % 256, "sound of epoch \(bytes[3]) after \(interrupts)")
      try hold(packet.elementsEqual(bytes[16...]), "the packet is another one")
      let reference = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
      try hold(reply == ReplyID(reference), "the sound is of another response")
      numbers.sequence = bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) } &+ 1
    case .message(.interruptAcknowledged):
      try hold(isWelcome && counted == 1, "an acknowledgement before welcome, or not numbered")
      try acknowledge(message)
    case .message(let downstream):
      try hold(isWelcome && counted == 1, "a message before welcome, or not numbered")
      try comesBack(downstream, before)
    case .nothing:
      try hold(isWelcome && counted == 1, "what is ignored must be numbered")
      if case .binary(let bytes) = message {
        try hold(Int(bytes[3]) != interrupts % 256, "sound of epoch \(bytes[3]) was dropped")
      }
    }
    numbers.received = codec.sentCount
  }

  /// The epoch that it named must be of an interrupt that was sent and not yet acknowledged.
  private mutating func acknowledge(_ message: WireMessage) throws(Broken) {
    guard case .text(let text) = message,
      case .integer(let epoch)? = (try? JSONReader.read(text))?.member("epoch")
    else { throw Broken("an acknowledgement without an epoch was taken") }
    let next = ((acknowledged + 1)...(acknowledged + 256)).first { $0 % 256 == Int(epoch) }
    guard let next, next <= interrupts else {
      throw Broken("epoch \(epoch) was acknowledged: \(interrupts) sent, \(acknowledged) known")
    }
    acknowledged = next
  }

  /// What is out of order must really be.
  private func mayBeRefused(_ message: WireMessage) throws(Broken) {
    guard isWelcome, case .text(let text) = message, let object = try? JSONReader.read(text),
      object.member("type") == .text("interrupt.ack"),
      case .integer(let epoch)? = object.member("epoch")
    else { return }
    let isWaiting =
      acknowledged < interrupts
      && (acknowledged + 1...interrupts).contains { $0 % 256 == Int(epoch) }
    try hold(!isWaiting, "epoch \(epoch) was refused: \(interrupts) sent, \(acknowledged) known")
  }

  private func comesBack(_ downstream: Downstream, _ before: NativeDevice) throws(Broken) {
    var agent = NativeAgent()
    let bytes = agent.encode(downstream)
    var again = before
    try hold(
      (try? again.decode(bytes)) == .message(downstream),
      "a message does not come back from its own bytes")
  }

  /// What was refused has changed nothing but the count.
  private func refused(_ error: WireError, _ before: NativeDevice) throws(Broken) {
    let counted = codec.receivedCount - before.receivedCount
    try hold(counted == 0 || (counted == 1 && isWelcome), "a refused message counted \(counted)")
    try hold(
      error.description.utf8.count <= 1_024, "an error of \(error.description.utf8.count) bytes")
    var (one, other) = (before, codec)
    let probe = Upstream.interrupt(ReplyID(1), played: .zero)
    try hold(one.encode(probe) == other.encode(probe), "a refused message moved the epoch")
    let volume = WireMessage.text(Array(#"{"type":"volume","level":1}"#.utf8))
    try hold(
      (try? one.decode(volume)) == (try? other.decode(volume)),
      "a refused message opened or closed the session")
    try hold(other.sentCount == one.sentCount, "a refused message was counted as sent")
  }
}

/// What holds for every message that leaves us.
enum Wire {
  static func check(_ message: WireMessage) throws(Broken) {
    switch message {
    case .text(let bytes):
      try hold(bytes.count <= WireLimits.largestText, "a text of \(bytes.count) bytes")
      guard let value = try? JSONReader.read(bytes), case .text? = value.member("type") else {
        throw Broken("a text of ours is no message: \(String(decoding: bytes, as: UTF8.self))")
      }
    case .binary(let bytes):
      let largest = NativeHeader.size + WireLimits.largestPacket
      try hold(
        (NativeHeader.size + 1...largest).contains(bytes.count), "sound of \(bytes.count) bytes")
    }
  }
}
