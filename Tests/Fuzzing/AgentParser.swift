import VoiceCore
import WireProtocols

extension Parser {
  /// `NativeAgent`: a whole session of messages from a device.
  static let agent = Parser(
    "agent", longest: 768,
    seeds: { SessionStep.seeds(fromDevice: true) + [[10, 0, 1, 6], [0, 0, 0, 0]] }
  ) { input throws(Broken) in
    var session = AgentCodecSession()
    var choices = Choices(input)
    while !choices.isEmpty { try session.step(&choices) }
    return session.count
  }
}

private struct AgentCodecSession {
  private var codec = NativeAgent()
  private var numbers = RightNumbers()
  private(set) var count = 0
  private var hasHello = false
  /// Interrupts that came, in numbers that do not wrap, and their responses while they wait.
  private var interrupts = 0
  private var waiting: [(reply: ReplyID, number: Int)] = []
  private var acknowledged = 0

  mutating func step(_ choices: inout Choices) throws(Broken) {
    switch SessionStep.next(&choices) {
    case .form0, .form1, .form2, .form3, .form4, .form5:
      let form = choices.of(MessageForm.fromDevice)
      numbers.epoch =
        form.type == "interrupt"
        ? UInt8(truncatingIfNeeded: interrupts + 1) : UInt8(truncatingIfNeeded: interrupts)
      try take(.text(MessageMaker.make(form, numbers, &choices)))
    case .sound0, .sound1:
      try take(.binary(MessageMaker.sound(.uplink, reference: numbers.turn, numbers, &choices)))
    case .rawText: try take(.text(choices.take(choices.length())))
    case .rawSound: try take(.binary(choices.take(choices.length())))
    case .own0: try take(NativeAgent.hello)
    case .own1: numbers.reply = numbers.reply &+ UInt32(choices.byte())
    case .own2:
      try acknowledge(choices.isRare(8) ? ReplyID(numbers.reply &+ 1) : waiting.first?.reply)
    case .own3: try encode(.replyStart(ReplyID(numbers.reply), answering: TurnID(numbers.turn)))
    case .own4: try sound()
    case .own5:
      numbers.turn = numbers.turn &+ UInt32(choices.byte())
      numbers.revision = choices.pick(4)
    }
  }

  /// After an acknowledgement sound carries the epoch of the newest interrupt of that response.
  private mutating func acknowledge(_ reply: ReplyID?) throws(Broken) {
    let reply = reply ?? ReplyID(numbers.reply)
    try encode(.interruptAcknowledged(reply))
    if let index = waiting.lastIndex(where: { $0.reply == reply }) {
      acknowledged = waiting[index].number
      waiting.removeFirst(index + 1)
    }
    try sound()
  }

  private mutating func sound() throws(Broken) {
    let message = codec.encode(.replyAudio(ReplyID(numbers.reply), packet: [0x48, 1]))
    try Wire.check(message)
    guard case .binary(let bytes) = message else { throw Broken("sound became a text") }
    try hold(
      Int(bytes[3]) == acknowledged % 256, "sound of epoch \(bytes[3]) after \(acknowledged)")
  }

  private mutating func encode(_ message: Downstream) throws(Broken) {
    let before = codec.sentCount
    let bytes = codec.encode(message)
    try hold(codec.sentCount == before + 1, "a message was not numbered")
    try Wire.check(bytes)
  }

  private mutating func take(_ message: WireMessage) throws(Broken) {
    count += 1
    let before = codec
    let received: Received<Upstream>
    do throws(WireError) { received = try codec.decode(message) } catch {
      try refused(error, before)
      return
    }
    let counted = codec.receivedCount - before.receivedCount
    switch received {
    case .notice(let notice):
      try hold(counted == 0 && hasHello, "a notice was numbered, or came before hello")
      var again = before
      try hold(
        (try? again.decode(NativeDevice.encode(notice))) == .notice(notice),
        "\(notice) does not come back from its own bytes")
    case .message(.hello(let hello)):
      try hold(!hasHello && counted == 0, "a second hello was taken")
      hasHello = true
      var again = before
      var device = NativeDevice()
      try hold(
        (try? again.decode(device.encode(.hello(hello)))) == received,
        "a hello does not come back from its own bytes")
    case .message(.turnAudio(let turn, let packet, let place)):
      try hold(hasHello && counted == 1, "sound came before hello or was not numbered")
      guard case .binary(let bytes) = message else { throw Broken("sound came out of a text") }
      try hold(packet.elementsEqual(bytes[16...]), "the packet is another one")
      try hold(place <= .seconds(3_600), "sound at \(place.milliseconds) ms")
      let reference = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
      try hold(turn == TurnID(reference), "the sound is of another turn")
      numbers.sequence = bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) } &+ 1
    case .message(.interrupt(let reply, _)):
      try hold(hasHello && counted == 1, "an interrupt before hello, or not numbered")
      try interrupt(reply, message)
    case .message(let upstream):
      try hold(hasHello && counted == 1, "a message before hello, or not numbered")
      try comesBack(upstream, before)
    case .nothing: try hold(hasHello && counted == 1, "what is ignored must be numbered")
    }
    numbers.received = codec.sentCount
  }

  private mutating func interrupt(_ reply: ReplyID, _ message: WireMessage) throws(Broken) {
    guard case .text(let text) = message,
      case .integer(let epoch)? = (try? JSONReader.read(text))?.member("epoch")
    else { throw Broken("an interrupt without an epoch was taken") }
    interrupts += 1
    try hold(Int(epoch) == interrupts % 256, "interrupt \(epoch) was taken for \(interrupts)")
    waiting.append((reply, interrupts))
    try hold(
      waiting.count <= NativeAgent.mostPendingInterrupts, "\(waiting.count) interrupts wait")
  }

  private func comesBack(_ upstream: Upstream, _ before: NativeAgent) throws(Broken) {
    // Its epoch is the session's, which a new device has not.
    if case .unmute = upstream { return }
    var device = NativeDevice()
    let bytes = device.encode(upstream)
    var again = before
    try hold(
      (try? again.decode(bytes)) == .message(upstream),
      "a message does not come back from its own bytes")
  }

  private func refused(_ error: WireError, _ before: NativeAgent) throws(Broken) {
    let counted = codec.receivedCount - before.receivedCount
    try hold(counted == 0 || (counted == 1 && hasHello), "a refused message counted \(counted)")
    try hold(
      error.description.utf8.count <= 1_024, "an error of \(error.description.utf8.count) bytes")
    var (one, other) = (before, codec)
    let sound = Downstream.replyAudio(ReplyID(1), packet: [0x48])
    try hold(one.encode(sound) == other.encode(sound), "a refused message moved the epoch")
    let probe = WireMessage.text(Array(#"{"type":"capture","state":"off"}"#.utf8))
    try hold(
      (try? one.decode(probe)) == (try? other.decode(probe)),
      "a refused message opened or closed the session")
  }
}

extension NativeAgent {
  /// What a right device says first.
  static var hello: WireMessage {
    var device = NativeDevice()
    return device.encode(
      .hello(
        .init(
          device: "kiosk-7", model: "m", firmware: "f", packetMilliseconds: 60,
          replyBuffer: .seconds(20))))
  }
}
