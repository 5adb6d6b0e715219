/// The conversation: frames and messages in, effects out. Pure, so that a recording, a simulator and
/// the daemon all run the same one.
public struct Conversation: Sendable {
  public struct Settings: Equatable, Sendable {
    /// Sound kept from before the onset, so that the first word is whole.
    public var preRoll = SampleSpan.milliseconds(600)
    public var endpointer = Endpointer.Settings()
    /// Less speech than this is no word.
    public var shortestSpeech = SampleSpan.milliseconds(200)
    public var longestTurn = SampleSpan.seconds(30)
    /// Waiting longer than this for an answer, or for the rest of one, is giving up.
    public var thinkingLimit = SampleSpan.seconds(15)
    public init() {}
  }

  /// Speech found this long after its onset still begins whole: the interrupter's slowest decision.
  static let longestDecision = SampleSpan.milliseconds(1_500)
  /// Often enough for an agent that may send 20 s ahead; four times as often cost a third of all
  /// bytes that went up.
  static let reportEvery = SampleSpan.seconds(1)

  private struct OpenTurn: Equatable, Sendable {
    let id: TurnID
    let cause: TurnCause
    /// Where its sound begins.
    let start: SampleTime
    /// How often it went on after it was probably over, and whether the agent believes it is.
    var revision = 0
    var isEager = false
    var streamed = SampleSpan.zero
  }

  public let settings: Settings
  public private(set) var presence = Presence()
  public private(set) var shown = Shown.offline
  private var machine: TurnMachine
  private var endpointer: Endpointer
  private var recent: UtteranceBuffer
  private var waiting = JitterBuffer()
  private var turn: OpenTurn?
  private var onset = SampleTime.start
  private var now = SampleTime.start
  // The reply at the loudspeaker, as far as the agent was told.
  private var playhead = Playhead(state: .silent)
  /// What the agent calls the reply at the loudspeaker. We number replies ourselves, because an
  /// agent begins at 1 again in each session, and what is dropped is dropped by number.
  private var agentsName = ReplyID(0)
  private var replies: UInt32 = 0
  /// Somebody speaks on whose turn is over: stopped, or too long. Not heard until they pause.
  private var isWaitingForPause = false
  private var hasLost = false
  private var longestTurn: SampleSpan
  private var received = SampleSpan.zero
  private var nextReport = SampleTime.start
  private var lastProgress = SampleTime.start

  public init(settings: Settings = Settings()) {
    self.settings = settings
    longestTurn = settings.longestTurn
    machine = TurnMachine(thinkingLimit: settings.thinkingLimit)
    endpointer = Endpointer(settings: settings.endpointer)
    let held = max(
      settings.preRoll + Conversation.longestDecision,
      settings.endpointer.longestSilence + Conversation.longestDecision)
    recent = UtteranceBuffer(capacity: held)
  }

  /// Packets of replies for which there was no room.
  public var refusedPackets: Int { waiting.refused }

  // MARK: What can happen

  /// Every 10 ms; also the only tick.
  public mutating func hear(_ heard: HeardFrame) -> [Effect] {
    now = heard.time
    var effects: [Effect] = []
    // An interruption comes before everything else that can be said about this frame.
    follow(heard.verdict, at: heard.playhead, &effects)
    follow(heard.playhead, &effects)
    listen(to: heard, &effects)
    if machine.handle(.tick(now)) == .rest(.noAnswer) { show(because: .noAnswer, &effects) }
    return effects
  }

  public mutating func receive(_ message: Downstream) -> [Effect] {
    var effects: [Effect] = []
    switch message {
    case .welcome(let welcome):
      presence.link = .ready
      hasLost = false
      longestTurn = min(settings.longestTurn, welcome.longestTurn)
      effects.append(.note(.welcomed(session: welcome.session, agent: welcome.agent)))
      show(because: .welcomed, &effects)
    case .transcript(let turn, let words, let isFinal):
      effects.append(.note(.transcript(turn, words, isFinal: isFinal)))
    case .hint(let id, let hint, let heard):
      if let turn, turn.id == id { endpointer.take(hint, upTo: turn.start + heard) }
    case .replyStart(let reply, let answered, _):
      startReply(reply, answering: answered, &effects)
    case .replyText(let reply, let words, _):
      if named(reply) != nil { effects.append(.note(.replyText(reply, words))) }
    case .replyAudio(let reply, let packet):
      if let reply = named(reply), let span = PacketCoding.duration(of: packet) {
        waiting.add(.packet(reply, packet))
        received += span
      }
    case .replyEnd(let reply, let status, _):
      if let ours = named(reply) {
        if status == .failed { effects.append(.note(.replyFailed(reply))) }
        waiting.add(.end(ours))
      }
    case .interruptAcknowledged:
      break
    case .setVolume(let percent):
      effects.append(.setVolume(percent))
    case .refused(let code, let message, _):
      effects.append(.note(.agentRefused(code: code, message: message)))
    }
    return effects
  }

  public enum LinkChange: Equatable, Sendable { case connecting, lost }

  public mutating func link(_ change: LinkChange) -> [Effect] {
    var effects: [Effect] = []
    switch change {
    case .connecting:
      // Once it was lost we are offline until we are welcomed, however often we try.
      guard !hasLost else { break }
      presence.link = .connecting
      show(because: .connecting, &effects)
    case .lost:
      presence.link = .down
      hasLost = true
      giveUp(because: .linkLost, &effects)
    }
    return effects
  }

  public enum Press: Equatable, Sendable { case listen, stop, mute(Bool) }

  public mutating func press(_ press: Press) -> [Effect] {
    var effects: [Effect] = []
    switch press {
    case .listen:
      guard presence.obstacle == nil else { break }
      if case .speaking = machine.state { stop(&effects) }
      if case .beginTurn(let id, let cause) = machine.handle(.speechStarted(now, .button)) {
        onset = now
        open(id, cause, &effects)
        endpointer.invite(at: now)
        show(because: .button, &effects)
      }
    case .stop:
      stop(&effects)
      show(because: .stopped, &effects)
    case .mute(let isMuted):
      guard presence.isMuted != isMuted else { break }
      presence.isMuted = isMuted
      if isMuted, case .dropTurn(let id, let reason) = machine.handle(.turnDropped(.muted)) {
        drop(id, reason, &effects)
      }
      recent.clear()
      show(because: isMuted ? .muted : .unmuted, &effects)
    }
    return effects
  }

  public mutating func sound(isWorking: Bool) -> [Effect] {
    var effects: [Effect] = []
    guard presence.hasSound != isWorking else { return effects }
    presence.hasSound = isWorking
    // Without a card nothing is heard, neither here nor there.
    if !isWorking { stop(&effects) }
    show(because: isWorking ? .soundBack : .soundLost, &effects)
    return effects
  }

  /// What the decoder gets next, once there is room behind it.
  public mutating func nextToDecode() -> JitterBuffer.Step? { waiting.next() }

  // MARK: The person

  private mutating func listen(to heard: HeardFrame, _ effects: inout [Effect]) {
    if case .started(let began)? = heard.change { onset = began }
    recent.keep(heard.sound)
    let boundary = endpointer.hear(heard.probability, isSpeech: heard.isSpeech, at: now)
    // Somebody who goes on right after their turn was ended begins anew, though the slower gate that
    // dates onsets never closed.
    if endpointer.onset > onset, endpointer.hearsSpeech { onset = endpointer.onset }
    if !heard.isSpeech { isWaitingForPause = false }
    guard presence.obstacle == nil else { return }
    switch machine.state {
    case .listening:
      continueTurn(heard, boundary, &effects)
    case .idle, .thinking:
      guard endpointer.hearsSpeech, !isWaitingForPause else { return }
      if case .beginTurn(let id, let cause) = machine.handle(.speechStarted(now, .speech)) {
        // Nobody waits for the answer that is still to come.
        waiting.clear()
        open(id, cause, &effects)
        show(because: .speech, &effects)
      }
    case .speaking:
      return
    }
  }

  private mutating func open(
    _ id: TurnID, _ cause: TurnCause, _ effects: inout [Effect]
  ) {
    let frames = recent.take(newest: (now - onset + settings.preRoll).frames)
    let preRoll = SampleSpan.frames(frames.count) - (now - onset)
    turn = OpenTurn(id: id, cause: cause, start: now - SampleSpan.frames(frames.count))
    endpointer.begin(onset: onset, at: now)
    effects.append(.send(.turnStart(id, preRoll: max(.zero, preRoll), cause: cause)))
    effects.append(.note(.turnStarted(id, cause, onset: onset)))
    for frame in frames { stream(frame, &effects) }
  }

  private mutating func stream(_ frame: Frame, _ effects: inout [Effect]) {
    guard let id = turn?.id else { return }
    effects.append(.stream(id, frame))
    turn?.streamed += Frame.span
  }

  private mutating func continueTurn(
    _ heard: HeardFrame, _ boundary: Endpointer.Boundary?, _ effects: inout [Effect]
  ) {
    if heard.isSpeech {
      // The pause turned out to be part of the turn: it goes too.
      for frame in recent.take(newest: recent.count) { stream(frame, &effects) }
    }
    guard let turn else { return }
    switch boundary {
    case .endpoint(let end):
      let isWord = endpointer.speech >= settings.shortestSpeech
      if isWord { close(.endpoint, end: end, &effects) } else { takeBack(&effects) }
    case .nobody: takeBack(&effects)
    case .eagerEnd where endpointer.speech >= settings.shortestSpeech:
      effects.append(
        .send(.turnEagerEnd(turn.id, revision: turn.revision, audio: turn.streamed)))
      self.turn?.isEager = true
    case .resumed where turn.isEager:
      self.turn?.isEager = false
      self.turn?.revision += 1
      effects.append(.send(.turnResumed(turn.id, revision: turn.revision + 1)))
    case .eagerEnd, .resumed, nil:
      guard turn.streamed >= longestTurn else { return }
      isWaitingForPause = true
      close(.longest, end: now, &effects)
    }
  }

  private mutating func close(_ reason: TurnEnd, end: SampleTime, _ effects: inout [Effect]) {
    guard case .endTurn(let id, _) = machine.handle(.turnEnded(now, reason)) else { return }
    let audio = turn?.streamed ?? .zero
    turn = nil
    endpointer.reset()
    effects.append(.finishStream(id))
    effects.append(.send(.turnCommit(id, audio: audio, reason: reason)))
    effects.append(.note(.turnCommitted(id, reason, end: end, audio: audio)))
    show(because: reason == .longest ? .longestTurn : .turnEnded, &effects)
  }

  private mutating func takeBack(_ effects: inout [Effect]) {
    guard case .dropTurn(let id, let reason) = machine.handle(.turnDropped(.tooShort)) else {
      return
    }
    let wasInterruption = turn?.cause == .bargeIn
    drop(id, reason, &effects)
    // Nobody had anything to say: the agent may say the rest of what it was interrupted in.
    if wasInterruption { effects.append(.send(.unmute(agentsName, played: playhead.played))) }
    show(because: .tooShort, &effects)
  }

  private mutating func drop(_ id: TurnID, _ reason: TurnCancel, _ effects: inout [Effect]) {
    turn = nil
    endpointer.reset()
    effects.append(.abandonStream)
    effects.append(.send(.turnCancel(id, reason: reason)))
    effects.append(.note(.turnCancelled(id, reason)))
  }

  // MARK: The reply

  /// The reply that may be heard now.
  private var current: ReplyID? {
    if case .speaking(let reply, _) = machine.state { return reply }
    return nil
  }

  /// Our number of a reply of the agent's, while it is the one at the loudspeaker.
  private func named(_ reply: ReplyID) -> ReplyID? { reply == agentsName ? current : nil }

  private mutating func startReply(
    _ reply: ReplyID, answering answered: TurnID, _ effects: inout [Effect]
  ) {
    replies &+= 1
    let ours = ReplyID(replies)
    switch machine.handle(.replyStarted(ours, answering: answered)) {
    case .play:
      agentsName = reply
      waiting.clear()
      received = .zero
      playhead = Playhead(state: .silent, reply: ours)
      lastProgress = now
      effects.append(.makeAudible(ours))
      effects.append(.note(.replyStarted(reply, answering: answered)))
      show(because: .replyStarted, &effects)
    case .refuse:
      // While another reply plays it is only ignored: an interrupt fences off everything that is
      // still on its way, the good reply too.
      if current == nil { effects.append(.send(.interrupt(reply, played: .zero))) }
    default:
      break
    }
  }

  private mutating func follow(_ head: Playhead, _ effects: inout [Effect]) {
    guard let reply = current, head.reply == reply else { return }
    if head.played > playhead.played { lastProgress = now }
    if head.played > .zero, playhead.played == .zero {
      effects.append(.note(.replySounds(agentsName)))
    }
    let isNews = head.state != playhead.state && head.state != .silent
    if isNews || (head.state == .playing && now >= nextReport) { report(head, &effects) }
    playhead = head
    if head.state == .drained {
      _ = machine.handle(.replyDrained(reply))
      effects.append(.makeAudible(nil))
      effects.append(.note(.replyDrained(agentsName, played: head.played)))
      show(because: .answered, &effects)
    } else if now - lastProgress >= settings.thinkingLimit, head.state != .held {
      // The agent stopped in the middle without a word.
      _ = machine.handle(.replyFailed(reply))
      silence(&effects)
      effects.append(.note(.replyFailed(agentsName)))
      show(because: .replyFailed, &effects)
    }
  }

  private mutating func report(_ head: Playhead, _ effects: inout [Effect]) {
    let state: PlaybackState =
      switch head.state {
      case .playing, .silent: .playing
      case .held: .muted
      case .underrun: .underrun
      case .drained: .drained
      }
    nextReport = now + Conversation.reportEvery
    effects.append(
      .send(
        .playback(
          agentsName, played: head.played, buffered: max(.zero, received - head.played),
          state: state)))
  }

  private mutating func follow(
    _ verdict: Interrupter.Verdict, at head: Playhead, _ effects: inout [Effect]
  ) {
    guard let reply = current, head.reply == reply else { return }
    let played = head.played
    switch verdict {
    case .none: return
    case .ducked: effects.append(.note(.ducked(agentsName, played: played)))
    case .held: effects.append(.note(.held(agentsName, played: played)))
    case .resumed: effects.append(.note(.resumed(agentsName, played: played)))
    case .confirmed(let began):
      guard case .yield(_, let id) = machine.handle(.interrupted(now)) else { return }
      onset = began
      playhead = head
      silence(&effects)
      effects.append(.note(.interrupted(agentsName, onset: began, played: played)))
      open(id, .bargeIn, &effects)
      show(because: .interrupted, &effects)
    }
  }

  /// The loudspeaker is told first, the agent second.
  private mutating func silence(_ effects: inout [Effect]) {
    waiting.clear()
    effects.append(.makeAudible(nil))
    effects.append(.send(.interrupt(agentsName, played: playhead.played)))
    effects.append(.note(.replyDropped(agentsName, played: playhead.played)))
  }

  // MARK: Ends

  private mutating func stop(_ effects: inout [Effect]) {
    switch machine.handle(.stopped) {
    case .silence: silence(&effects)
    case .dropTurn(let id, let reason): drop(id, reason, &effects)
    default: break
    }
    isWaitingForPause = true
  }

  private mutating func giveUp(because reason: Note.Reason, _ effects: inout [Effect]) {
    if current != nil {
      effects.append(.makeAudible(nil))
      effects.append(.note(.replyDropped(agentsName, played: playhead.played)))
    }
    if let open = turn {
      effects.append(.abandonStream)
      effects.append(.note(.turnLost(open.id)))
    }
    _ = machine.handle(.linkLost)
    turn = nil
    waiting.clear()
    endpointer.reset()
    show(because: reason, &effects)
  }

  private mutating func show(because reason: Note.Reason, _ effects: inout [Effect]) {
    let talk: Shown =
      switch machine.state {
      case .idle: .idle
      case .listening: .listening
      case .thinking: .thinking
      case .speaking: .speaking
      }
    let next = presence.obstacle ?? talk
    guard next != shown else { return }
    effects.append(.note(.shown(next, before: shown, because: reason)))
    shown = next
  }
}
