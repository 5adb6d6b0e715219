internal import Linux
internal import VoiceCore
internal import WebSockets
internal import WireProtocols

/// What one session has under way among the ears and at the voice, and its facts for the log.
final class Line {
  /// Replies whose sentences can be taken back: the one being said and the one being prepared.
  static let mostHushes = 4

  let id: SessionID
  /// What was learnt about how this device sounds.
  var channel: Ear.Channel?
  private var device = "unknown"
  /// Whose share of the ears it takes: that of a device, if we know which one it is.
  private(set) var owner: String
  private var feeds: [TurnFeed] = []
  private var hushes: [(reply: ReplyID, hush: VoiceThread.Hush)] = []
  private let openedAt = MonotonicClock.microseconds()
  private var committedAt: Int64 = 0
  private var awaitsSound: ReplyID?
  private var turns = 0
  private var interrupts = 0
  private var resumes = 0
  private var heardPackets = 0

  init(_ id: SessionID) {
    self.id = id
    owner = "session \(id.number)"
  }

  // MARK: Work under way

  func listen(_ feed: TurnFeed) { feeds.append(feed) }

  func hear(_ turn: TurnID, _ packet: [UInt8], gap: SampleSpan) {
    feeds.first { $0.turn == turn }?.hear(packet, gap: gap)
  }

  func guess(_ turn: TurnID, revision: Int, upTo place: SampleSpan) {
    feeds.first { $0.turn == turn }?.guess(revision: revision, upTo: place)
  }

  func resume(_ turn: TurnID, revision: Int) {
    feeds.first { $0.turn == turn }?.resume(revision: revision)
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
    if let known = hushes.last(where: { $0.reply == reply }) { return known.hush }
    if hushes.count == Line.mostHushes { hushes.removeFirst() }
    let hush = VoiceThread.Hush()
    hushes.append((reply, hush))
    return hush
  }

  func hush(_ reply: ReplyID) { hushes.last { $0.reply == reply }?.hush.set() }

  // MARK: The log

  private var name: String { "session=\(id.number) device=\(Log.quoted(device))" }

  func note(_ note: SessionNote, showingWords: Bool) {
    switch note {
    case .began(let connection, let hello, let proven):
      device = proven ?? hello.device
      if let proven { owner = "device \(proven)" }
      Log.info(
        "event=hello \(name) connection=\(connection.number) model=\(Log.quoted(hello.model)) "
          + "firmware=\(Log.quoted(hello.firmware)) packet_ms=\(hello.packetMilliseconds) "
          + "reply_buffer_ms=\(hello.replyBuffer.milliseconds)")
    case .resumed(let connection, let replayed, let away):
      resumes += 1
      Log.info(
        "event=resumed \(name) connection=\(connection.number) away_ms=\(away.milliseconds) "
          + "replayed=\(replayed)")
    case .left(let unacknowledged):
      Log.info("event=away \(name) unacknowledged=\(unacknowledged)")
    case .journalFull: Log.warning("event=journal_full \(name)")
    case .broken(let reason):
      Log.warning("event=bad_message \(name) reason=\(Log.quoted(reason))")
    case .warned(let reason): Log.info("event=goaway \(name) reason=\(reason)")
    case .rivals(let count, let span):
      Log.warning(
        "event=rivals \(name) ended=\(count) seconds=\(span.milliseconds / 1_000) "
          + "reason=\"several devices with this name and proof, or one that begins again and again\""
      )
    case .heard(let message): self.note(message)
    case .said(let message): self.note(message, showingWords: showingWords)
    case .ended(let reason, let strays):
      let seconds = (MonotonicClock.microseconds() - openedAt) / 1_000_000
      Log.info(
        "event=session_ended \(name) reason=\(Log.quoted(reason)) seconds=\(seconds) "
          + "turns=\(turns) interrupts=\(interrupts) resumes=\(resumes) packets=\(heardPackets) "
          + "strays=\(strays)")
    }
  }

  private func note(_ message: Upstream) {
    switch message {
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
    case .hello, .turnStart, .turnEagerEnd, .turnResumed, .turnCancel, .turnGap, .capture,
      .playback:
      break
    }
  }

  func noteUnderstood(_ turn: TurnID, _ heard: WorkResult.Understood, showingWords: Bool) {
    feeds.removeAll { $0.turn == turn }
    let words = showingWords ? Log.quoted(heard.words.words) : heard.words.description
    Log.info(
      "event=understood \(name) turn=\(turn.number) intent=\(heard.intent?.name ?? "none") "
        + "after_ms=\(sinceCommit) words=\(words)")
  }

  private func note(_ message: Downstream, showingWords: Bool) {
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
    case .refused(let code, let message, _, _):
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
