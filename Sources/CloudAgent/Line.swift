internal import Linux
internal import VoiceCore
internal import WebSockets
internal import WireProtocols

/// One device: its session, its codec, the work under way for it, and the facts for the log.
final class Line {
  let connection: SocketServer.Connection
  var wire = NativeAgent()
  /// What was learnt about how this device sounds.
  var channel: Ear.Channel?
  private var session: AgentSession
  private var feeds: [TurnFeed] = []
  private var hushed: (reply: ReplyID, hush: VoiceThread.Hush)?
  private var device = "unknown"
  private let openedAt = MonotonicClock.microseconds()
  private var committedAt: Int64 = 0
  private var awaitsSound: ReplyID?
  private var turns = 0
  private var interrupts = 0
  private var heardPackets = 0

  init(_ connection: SocketServer.Connection, settings: AgentSession.Settings) {
    self.connection = connection
    session = AgentSession(name: "s\(connection.id)-\(openedAt)", settings: settings)
  }

  func handle(_ event: AgentEvent) -> [AgentEffect] {
    if case .received(let message) = event { note(message) }
    return session.handle(event)
  }

  /// The connection is gone: what is still to be taken back.
  func end() -> [AgentEffect] {
    var effects: [AgentEffect] = []
    session.stopAll(&effects)
    return effects
  }

  // MARK: Work under way

  func listen(_ feed: TurnFeed) { feeds.append(feed) }

  func hear(_ turn: TurnID, _ packet: [UInt8], gap: SampleSpan) {
    feeds.first { $0.turn == turn }?.hear(packet, gap: gap)
  }

  func glance(_ turn: TurnID, upTo place: SampleSpan) {
    feeds.first { $0.turn == turn }?.glance(upTo: place)
  }

  /// False when no ear will ever tell.
  func understand(_ turn: TurnID) -> Bool {
    feeds.first { $0.turn == turn }?.understand() ?? false
  }

  func forget(_ turn: TurnID) {
    for feed in feeds where feed.turn == turn { feed.forget() }
    feeds.removeAll { $0.turn == turn }
  }

  func hush(for reply: ReplyID) -> VoiceThread.Hush {
    if let hushed, hushed.reply == reply { return hushed.hush }
    let hush = VoiceThread.Hush()
    hushed = (reply, hush)
    return hush
  }

  func hush(_ reply: ReplyID) {
    if let hushed, hushed.reply == reply { hushed.hush.set() }
  }

  // MARK: The log

  private var name: String { "connection=\(connection.id) device=\(Log.quoted(device))" }

  var facts: String {
    let seconds = (MonotonicClock.microseconds() - openedAt) / 1_000_000
    return "\(name) seconds=\(seconds) turns=\(turns) interrupts=\(interrupts) "
      + "packets=\(heardPackets) strays=\(session.strays)"
  }

  private func note(_ message: Upstream) {
    switch message {
    case .hello(let hello):
      device = hello.device
      Log.info(
        "event=hello \(name) model=\(Log.quoted(hello.model)) "
          + "firmware=\(Log.quoted(hello.firmware)) packet_ms=\(hello.packetMilliseconds) "
          + "reply_buffer_ms=\(hello.replyBuffer.milliseconds)")
    case .turnCommit(let turn, _, let audio, _):
      turns += 1
      committedAt = MonotonicClock.microseconds()
      Log.info("event=turn \(name) turn=\(turn.number) audio_ms=\(audio.milliseconds)")
    case .interrupt(let reply, let played):
      interrupts += 1
      Log.info(
        "event=interrupt \(name) reply=\(reply.number) played_ms=\(played.milliseconds)")
    case .turnAudio: heardPackets += 1
    case .unmute(let reply, let played):
      Log.info("event=unmute \(name) reply=\(reply.number) played_ms=\(played.milliseconds)")
    case .turnStart, .turnEagerEnd, .turnResumed, .turnCancel, .turnGap, .capture, .playback: break
    }
  }

  func noteUnderstood(_ turn: TurnID, _ heard: AgentEvent.Understood, showingWords: Bool) {
    feeds.removeAll { $0.turn == turn }
    let words = showingWords ? Log.quoted(heard.words.words) : heard.words.description
    Log.info(
      "event=understood \(name) turn=\(turn.number) intent=\(heard.intent?.name ?? "none") "
        + "after_ms=\(sinceCommit) words=\(words)")
  }

  func note(_ message: Downstream, showingWords: Bool) {
    switch message {
    case .replyStart(let reply, let turn, _):
      awaitsSound = reply
      Log.info("event=reply \(name) reply=\(reply.number) turn=\(turn.number)")
    case .replyText(let reply, let words, _):
      if showingWords {
        Log.info("event=says \(name) reply=\(reply.number) words=\(Log.quoted(words.words))")
      }
    case .replyAudio(let reply, _):
      guard awaitsSound == reply else { return }
      awaitsSound = nil
      Log.info("event=first_audio \(name) reply=\(reply.number) after_ms=\(sinceCommit)")
    case .replyEnd(let reply, let status, let audio):
      Log.info(
        "event=reply_end \(name) reply=\(reply.number) status=\(Line.word(status)) "
          + "audio_ms=\(audio.milliseconds)")
    case .refused(let code, let message, _):
      Log.warning("event=refused \(name) code=\(code) message=\(Log.quoted(message))")
    case .setVolume(let volume): Log.info("event=volume \(name) volume=\(volume)")
    case .welcome, .transcript, .hint, .interruptAcknowledged: break
    }
  }

  private var sinceCommit: Int64 { (MonotonicClock.microseconds() - committedAt) / 1_000 }

  private static func word(_ status: ReplyStatus) -> String {
    switch status {
    case .complete: "complete"
    case .cancelled: "cancelled"
    case .failed: "failed"
    }
  }
}
