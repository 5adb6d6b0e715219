public import VoiceCore

/// The agent's side of the native protocol, for one session. `docs/PROTOCOL.md` is the specification.
public struct NativeAgent: Sendable {
  public static let subprotocol = NativeDevice.subprotocol

  /// Interrupts that wait for their acknowledgement; a device that sends more without reading is
  /// out of order.
  public static let mostPendingInterrupts = 16

  private var sent: UInt32 = 0
  private var received = SequenceCheck()
  private var hasHello = false
  /// How many of the session's messages came here, and how many were made here.
  public private(set) var receivedCount = 0
  public private(set) var sentCount = 0
  /// The last interrupt that came, and the last one we acknowledged: sound carries the latter.
  private var heardEpoch: UInt8 = 0
  private var epoch: UInt8 = 0
  private var pending: [(reply: ReplyID, epoch: UInt8)] = []
  /// How much sound of which reply was sent.
  private var reply: ReplyID?
  private var replySent = SampleSpan.zero
  private var revisions = RevisionCheck()

  public init() {}

  // MARK: Downwards

  public static func encode(_ notice: LinkNotice) -> WireMessage { notice.encoded }

  public mutating func encode(_ message: Downstream) -> WireMessage {
    switch message {
    case .welcome, .refused: break
    default: sentCount += 1
    }
    switch message {
    case .welcome(let welcome): return NativeAgent.encode(welcome)
    case .transcript(let turn, let words, let isFinal):
      var text = NativeText("transcript")
      text.turn(turn)
      text.text("text", words.words, longest: WireLimits.longestWords)
      text.flag("final", isFinal)
      return text.finish()
    case .hint(let turn, let hint, let heard):
      var text = NativeText("turn.hint")
      text.turn(turn)
      text.word("hint", hint.word)
      text.span("heard_ms", heard)
      return text.finish(isOptional: true)
    case .replyStart(let reply, let turn, let revision):
      self.reply = reply
      replySent = .zero
      var text = NativeText("response.start")
      text.reply(reply)
      text.turn(turn)
      text.number("rev", Int64(revision))
      return text.finish()
    case .replyText(let reply, let words, let place):
      var text = NativeText("response.text")
      text.reply(reply)
      text.text("text", words.words, longest: WireLimits.longestWords)
      text.span("at_ms", place)
      return text.finish()
    case .replyAudio(let reply, let packet): return audio(reply, packet)
    case .replyEnd(let reply, let status, let audio):
      var text = NativeText("response.end")
      text.reply(reply)
      text.word("status", status.word)
      text.span("audio_ms", audio)
      return text.finish()
    case .interruptAcknowledged(let reply):
      acknowledge(reply)
      var text = NativeText("interrupt.ack")
      text.reply(reply)
      text.number("epoch", Int64(epoch))
      return text.finish()
    case .setVolume(let volume):
      var text = NativeText("volume")
      text.number("level", Int64(max(0, min(100, volume))))
      return text.finish()
    case .refused(let code, let message, let isFatal, let turn):
      var text = NativeText("error")
      text.name("code", code)
      text.text("message", message, longest: WireLimits.longestSentence)
      text.flag("fatal", isFatal)
      if let turn { text.turn(turn) }
      return text.finish()
    }
  }

  private static func encode(_ welcome: Downstream.Welcome) -> WireMessage {
    var text = NativeText("welcome")
    text.version()
    text.name("session_id", welcome.session)
    text.name("agent", welcome.agent)
    text.object("audio") { text in
      text.word("up", "opus")
      text.word("down", "opus")
    }
    text.object("limits") { text in
      text.span("max_turn_ms", welcome.longestTurn)
      if let longest = welcome.longestSession { text.longSpan("max_session_ms", longest) }
    }
    text.capabilities(welcome.capabilities)
    if let resumable = welcome.resumable {
      text.name("resume_token", resumable.token)
      text.span("lease_ms", resumable.lease)
    }
    text.flag("resumed", welcome.isResumed)
    text.number("received", Int64(welcome.received))
    if let clock = welcome.clock { text.number("server_ms", clock) }
    return text.finish()
  }

  private mutating func audio(_ reply: ReplyID, _ packet: [UInt8]) -> WireMessage {
    if self.reply != reply {
      self.reply = reply
      replySent = .zero
    }
    sent &+= 1
    let header = NativeHeader(
      kind: .downlink, flags: replySent == .zero ? NativeHeader.Flag.first : 0, epoch: epoch,
      reference: reply.number, sequence: sent,
      milliseconds: UInt32(NativeText.milliseconds(replySent)))
    replySent += PacketCoding.duration(of: packet) ?? .zero
    return .binary(header.message(packet))
  }

  /// From here on sound carries the number of the interrupt that silenced `reply`.
  private mutating func acknowledge(_ reply: ReplyID) {
    guard let index = pending.lastIndex(where: { $0.reply == reply }) else { return }
    epoch = pending[index].epoch
    pending.removeFirst(index + 1)
  }

  // MARK: Upwards

  public mutating func decode(_ message: WireMessage) throws(WireError) -> Received<Upstream> {
    switch message {
    case .binary(let bytes): return try decodeAudio(bytes)
    case .text(let bytes): return try decodeText(bytes)
    }
  }

  private mutating func decodeAudio(_ bytes: [UInt8]) throws(WireError) -> Received<Upstream> {
    let (header, packet) = try NativeHeader.parse(bytes, expecting: .uplink)
    guard hasHello else { throw .outOfOrder("audio came before hello") }
    receivedCount += 1
    try received.take(header.sequence)
    return .message(
      .turnAudio(
        TurnID(header.reference), packet: packet, at: .milliseconds(Int64(header.milliseconds))))
  }

  private mutating func decodeText(_ bytes: [UInt8]) throws(WireError) -> Received<Upstream> {
    let fields = try NativeFields(bytes)
    guard fields.is("hello") != hasHello else {
      throw .outOfOrder(hasHello ? "a second hello came" : "\(fields.message) came before hello")
    }
    if fields.is("hello") {
      let hello = try NativeAgent.hello(fields)
      hasHello = true
      return .message(.hello(hello))
    }
    if let notice = try LinkNotice(fields) { return .notice(notice) }
    receivedCount += 1
    return try decodeMessage(fields).map { .message($0) } ?? .nothing
  }

  /// Nil for optional messages of a later version.
  private mutating func decodeMessage(_ fields: NativeFields) throws(WireError) -> Upstream? {
    switch true {
    case fields.is("turn.start"):
      let turn = try fields.turn()
      let preRoll = try fields.span("pre_roll_ms")
      let cause = try fields.choice("cause", TurnCause.all) { $0.word }
      revisions.start(turn)
      return .turnStart(turn, preRoll: preRoll, cause: cause)
    case fields.is("turn.eager_end"):
      let (turn, number) = (try fields.turn(), try fields.revision())
      let audio = try fields.span("audio_ms")
      try revisions.end(turn, number, audio)
      return .turnEagerEnd(turn, revision: number, audio: audio)
    case fields.is("turn.resumed"):
      let (turn, number) = (try fields.turn(), try fields.revision())
      try revisions.resume(turn, number)
      return .turnResumed(turn, revision: number)
    case fields.is("turn.commit"):
      let turn = try fields.turn()
      let number = fields.has("rev") ? try fields.revision() : nil
      let audio = try fields.span("audio_ms")
      let reason = try fields.choice("reason", TurnEnd.all) { $0.word }
      return .turnCommit(
        turn, revision: try revisions.commit(turn, number, audio), audio: audio, reason: reason)
    case fields.is("turn.cancel"):
      return .turnCancel(
        try fields.turn(), reason: try fields.choice("reason", TurnCancel.all) { $0.word })
    case fields.is("interrupt"):
      let reply = try fields.reply()
      let played = try fields.span("played_ms")
      try takeInterrupt(of: reply, epoch: try fields.epoch())
      return .interrupt(reply, played: played)
    case fields.is("unmute"):
      let (reply, played) = (try fields.reply(), try fields.span("played_ms"))
      let given = try fields.epoch()
      guard given == heardEpoch else {
        throw .outOfOrder("unmute of interrupt \(given) came after interrupt \(heardEpoch)")
      }
      return .unmute(reply, played: played)
    case fields.is("playback"):
      return .playback(
        try fields.reply(), played: try fields.span("played_ms"),
        buffered: try fields.span("buffered_ms"),
        state: try fields.choice("state", PlaybackState.all) { $0.word })
    case fields.is("turn.gap"):
      let start = try fields.span("from_ms")
      return .turnGap(try fields.turn(), from: start, to: try fields.span("to_ms", from: start))
    case fields.is("capture"):
      return .capture(try fields.choice("state", Capture.all) { $0.word })
    default:
      if fields.isOptional { return nil }
      throw .unsupported("message type \(fields.message)")
    }
  }

  private static func hello(_ fields: NativeFields) throws(WireError) -> Upstream.Hello {
    try fields.checkVersion()
    let device = try fields.inner("device")
    let audio = try fields.inner("audio")
    try audio.offersOpus("up")
    try audio.offersOpus("down")
    var hello = Upstream.Hello(
      device: try device.name("id"), model: try device.name("model"),
      firmware: try device.name("fw"),
      packetMilliseconds: Int(try audio.number("frame_ms", in: WireLimits.packetMilliseconds)),
      replyBuffer: try audio.span("max_buffer_ms"))
    hello.capabilities = try fields.capabilities()
    if fields.has("session") {
      let session = try fields.inner("session")
      hello.resuming = Upstream.Hello.Resuming(
        token: try session.name("token"), received: try session.count("received"))
    }
    if fields.has("clock_ms") { hello.clock = try fields.moment("clock_ms") }
    return hello
  }

  private mutating func takeInterrupt(of reply: ReplyID, epoch given: UInt8) throws(WireError) {
    guard given == heardEpoch &+ 1 else {
      throw .outOfOrder("interrupt \(given) came after interrupt \(heardEpoch)")
    }
    guard pending.count < NativeAgent.mostPendingInterrupts else {
      throw .outOfOrder("more than \(NativeAgent.mostPendingInterrupts) interrupts are unanswered")
    }
    heardEpoch = given
    pending.append((reply, given))
  }
}
