public import VoiceCore

/// The device's side of the native protocol, for one session. `docs/PROTOCOL.md` is the specification.
public struct NativeDevice: Sendable {
  public static let subprotocol = "auricle.v1"

  private var sent: UInt32 = 0
  private var received = SequenceCheck()
  private var isWelcome = false
  /// How many of the session's messages came here, and how many were made here.
  public private(set) var receivedCount = 0
  public private(set) var sentCount = 0
  /// Counts interrupts; only sound that carries this number is played.
  private var epoch: UInt8 = 0
  private var acknowledged: UInt8 = 0
  /// The turn whose first packet is still to come, and how much of it was said before the decision.
  private var freshTurn: TurnID?
  private var preRoll = SampleSpan.zero
  /// The revision of the last turn, for an agent whose answer does not name it.
  private var committed: (turn: TurnID, revision: Int)?

  public init() {}

  /// The session may go on over a new connection, which begins with a hello of its own.
  public mutating func reconnect() { isWelcome = false }

  // MARK: Upwards

  public static func encode(_ notice: LinkNotice) -> WireMessage { notice.encoded }

  /// A message of an earlier session, as it would have been sent in this one.
  public mutating func adopt(_ message: WireMessage) -> WireMessage {
    sentCount += 1
    guard case .binary(let bytes) = message else { return message }
    sent &+= 1
    return .binary(NativeHeader.readdress(bytes, epoch: epoch, sequence: sent))
  }

  public mutating func encode(_ message: Upstream) -> WireMessage {
    if case .hello(let hello) = message { return NativeDevice.encode(hello) }
    sentCount += 1
    switch message {
    case .hello(let hello): return NativeDevice.encode(hello)
    case .turnStart(let turn, let preRoll, let cause):
      freshTurn = turn
      self.preRoll = preRoll
      var text = NativeText("turn.start")
      text.turn(turn)
      text.span("pre_roll_ms", preRoll)
      text.word("cause", cause.word)
      return text.finish()
    case .turnAudio(let turn, let packet, let place):
      return audio(turn, packet, at: place)
    case .turnEagerEnd(let turn, let revision, let audio):
      var text = NativeText("turn.eager_end")
      text.turn(turn)
      text.number("rev", Int64(revision))
      text.span("audio_ms", audio)
      return text.finish(isOptional: true)
    case .turnResumed(let turn, let revision):
      var text = NativeText("turn.resumed")
      text.turn(turn)
      text.number("rev", Int64(revision))
      return text.finish(isOptional: true)
    case .turnCommit(let turn, let revision, let audio, let reason):
      committed = (turn, revision)
      var text = NativeText("turn.commit")
      text.turn(turn)
      text.number("rev", Int64(revision))
      text.span("audio_ms", audio)
      text.word("reason", reason.word)
      return text.finish()
    case .turnCancel(let turn, let reason):
      var text = NativeText("turn.cancel")
      text.turn(turn)
      text.word("reason", reason.word)
      return text.finish()
    case .interrupt(let reply, let played):
      epoch &+= 1
      var text = NativeText("interrupt")
      text.reply(reply)
      text.number("epoch", Int64(epoch))
      text.span("played_ms", played)
      return text.finish()
    case .unmute(let reply, let played):
      var text = NativeText("unmute")
      text.reply(reply)
      text.number("epoch", Int64(epoch))
      text.span("played_ms", played)
      return text.finish(isOptional: true)
    case .playback(let reply, let played, let buffered, let state):
      var text = NativeText("playback")
      text.reply(reply)
      text.span("played_ms", played)
      text.span("buffered_ms", buffered)
      text.word("state", state.word)
      return text.finish()
    case .turnGap(let turn, let start, let end):
      var text = NativeText("turn.gap")
      text.turn(turn)
      text.span("from_ms", start)
      text.span("to_ms", end)
      return text.finish(isOptional: true)
    case .capture(let capture):
      var text = NativeText("capture")
      text.word("state", capture.word)
      return text.finish(isOptional: true)
    }
  }

  private static func encode(_ hello: Upstream.Hello) -> WireMessage {
    var text = NativeText("hello")
    text.version()
    text.object("device") { text in
      text.name("id", hello.device)
      text.name("model", hello.model)
      text.name("fw", hello.firmware)
    }
    text.object("audio") { text in
      text.list("up", "opus")
      text.list("down", "opus")
      let allowed = WireLimits.packetMilliseconds
      text.number(
        "frame_ms",
        max(allowed.lowerBound, min(allowed.upperBound, Int64(hello.packetMilliseconds))))
      text.span("max_buffer_ms", hello.replyBuffer)
    }
    text.capabilities(hello.capabilities)
    if let resuming = hello.resuming {
      text.object("session") { text in
        text.name("token", resuming.token)
        text.number("received", Int64(resuming.received))
      }
    }
    if let clock = hello.clock { text.number("clock_ms", clock) }
    return text.finish()
  }

  private mutating func audio(_ turn: TurnID, _ packet: [UInt8], at place: SampleSpan)
    -> WireMessage
  {
    var flags: UInt8 = 0
    if freshTurn == turn { flags |= NativeHeader.Flag.first }
    if place < preRoll { flags |= NativeHeader.Flag.preRoll }
    freshTurn = nil
    sent &+= 1
    let header = NativeHeader(
      kind: .uplink, flags: flags, epoch: epoch, reference: turn.number, sequence: sent,
      milliseconds: UInt32(NativeText.milliseconds(place)))
    return .binary(header.message(packet))
  }

  // MARK: Downwards

  public mutating func decode(_ message: WireMessage) throws(WireError) -> Received<Downstream> {
    switch message {
    case .binary(let bytes): return try decodeAudio(bytes)
    case .text(let bytes): return try decodeText(bytes)
    }
  }

  private mutating func decodeAudio(_ bytes: [UInt8]) throws(WireError) -> Received<Downstream> {
    let (header, packet) = try NativeHeader.parse(bytes, expecting: .downlink)
    guard isWelcome else { throw .outOfOrder("audio came before welcome") }
    receivedCount += 1
    try received.take(header.sequence)
    guard header.epoch == epoch else { return .nothing }
    return .message(.replyAudio(ReplyID(header.reference), packet: packet))
  }

  private mutating func decodeText(_ bytes: [UInt8]) throws(WireError) -> Received<Downstream> {
    let fields = try NativeFields(bytes)
    if fields.is("error") {
      return .message(
        .refused(
          code: try fields.name("code"),
          message: try fields.text("message", longest: WireLimits.longestSentence),
          isFatal: try fields.flag("fatal"), turn: fields.has("turn") ? try fields.turn() : nil))
    }
    guard fields.is("welcome") != isWelcome else {
      throw .outOfOrder(
        isWelcome ? "a second welcome came" : "\(fields.message) came before welcome")
    }
    if fields.is("welcome") {
      let welcome = try NativeDevice.welcome(fields)
      isWelcome = true
      return .message(.welcome(welcome))
    }
    if let notice = try LinkNotice(fields) { return .notice(notice) }
    receivedCount += 1
    return try decodeMessage(fields).map { .message($0) } ?? .nothing
  }

  /// Nil for optional messages of a later version.
  private mutating func decodeMessage(_ fields: NativeFields) throws(WireError) -> Downstream? {
    switch true {
    case fields.is("transcript"):
      return .transcript(
        try fields.turn(), Spoken(try fields.text("text", longest: WireLimits.longestWords)),
        isFinal: try fields.flag("final"))
    case fields.is("turn.hint"):
      return .hint(
        try fields.turn(), try fields.choice("hint", TurnHint.all) { $0.word },
        upTo: try fields.span("heard_ms"))
    case fields.is("response.start"):
      let turn = try fields.turn()
      return .replyStart(
        try fields.reply(), answering: turn, revision: try fields.revision(or: committed, of: turn))
    case fields.is("response.text"):
      return .replyText(
        try fields.reply(), Spoken(try fields.text("text", longest: WireLimits.longestWords)),
        at: try fields.span("at_ms"))
    case fields.is("response.end"):
      return .replyEnd(
        try fields.reply(), try fields.choice("status", ReplyStatus.all) { $0.word },
        audio: try fields.span("audio_ms"))
    case fields.is("interrupt.ack"):
      let reply = try fields.reply()
      try takeAcknowledged(try fields.epoch())
      return .interruptAcknowledged(reply)
    case fields.is("volume"):
      return .setVolume(Int(try fields.number("level", in: 0...100)))
    default:
      if fields.isOptional { return nil }
      throw .unsupported("message type \(fields.message)")
    }
  }

  private static func welcome(_ fields: NativeFields) throws(WireError) -> Downstream.Welcome {
    try fields.checkVersion()
    let audio = try fields.inner("audio")
    try audio.offersOpus("up")
    try audio.offersOpus("down")
    let limits = try fields.inner("limits")
    var welcome = Downstream.Welcome(
      session: try fields.name("session_id"), agent: try fields.name("agent"),
      longestTurn: try limits.span("max_turn_ms"))
    if limits.has("max_session_ms") {
      welcome.longestSession = try limits.longSpan("max_session_ms")
    }
    welcome.capabilities = try fields.capabilities()
    if fields.has("resume_token") {
      welcome.resumable = Downstream.Welcome.Resumable(
        token: try fields.name("resume_token"), lease: try fields.span("lease_ms"))
    }
    if fields.has("resumed") {
      welcome.isResumed = try fields.flag("resumed")
      welcome.received = try fields.count("received")
    }
    if fields.has("server_ms") { welcome.clock = try fields.moment("server_ms") }
    return welcome
  }

  /// Acknowledgements come in the order of the interrupts; one may stand for several.
  private mutating func takeAcknowledged(_ given: UInt8) throws(WireError) {
    let step = given &- acknowledged
    guard step > 0, step <= epoch &- acknowledged else {
      throw .outOfOrder("interrupt \(given) was acknowledged, but is not waiting for it")
    }
    acknowledged = given
  }
}
