/// The conversation: frames and messages in, effects out. Pure, so that a recording, a simulator and
/// the daemon all run the same one.
public struct Conversation: Sendable {
  /// Speech found this long after its onset still begins whole: the interrupter's slowest decision.
  static let longestDecision = SampleSpan.milliseconds(1_500)
  /// Often enough for an agent that may send 20 s ahead; four times as often cost a third of all
  /// bytes that went up.
  public static let reportEvery = SampleSpan.seconds(1)
  /// Of a reply that is all here, nobody needs to know for more than memory's sake.
  public static let restReportEvery = SampleSpan.seconds(4)

  public let settings: Settings
  public internal(set) var presence = Presence()
  public private(set) var shown = Shown.offline
  var machine: TurnMachine
  var endpointer: Endpointer
  var recent: UtteranceBuffer
  var waiting = JitterBuffer()
  var turn: OpenTurn?
  var onset = SampleTime.start
  var now = SampleTime.start
  // The reply at the loudspeaker, as far as the agent was told.
  var playhead = Playhead(state: .silent)
  /// What the agent calls the reply at the loudspeaker. We number replies ourselves, because an
  /// agent begins at 1 again in each session, and what is dropped is dropped by number.
  var agentsName = ReplyID(0)
  var replies: UInt32 = 0
  /// Somebody speaks on whose turn is over: stopped, or too long. Not heard until they pause.
  var isWaitingForPause = false
  var longestTurn: SampleSpan
  /// The turn that was committed last, as the agent was told of it.
  var committed = (id: TurnID(0), revision: 0)
  var capture: Capture?
  var courtesy = Courtesy()
  /// Its session is over: it ends with what is here of it, and the agent knows nothing of it.
  var isOrphan = false
  var received = SampleSpan.zero
  /// All of the reply at the loudspeaker is here.
  var isWhole = false
  /// That is not all that was to be said.
  var hasFailed = false
  var nextReport = SampleTime.start
  var lastProgress = SampleTime.start

  public init(settings: Settings = Settings()) {
    self.settings = settings
    longestTurn = settings.longestTurn
    machine = TurnMachine(thinkingLimit: settings.thinkingLimit)
    endpointer = Endpointer(settings: settings.endpointer)
    let held = max(
      settings.preRoll + Conversation.longestDecision,
      max(settings.endpointer.longestSilence, settings.endpointer.patience)
        + Conversation.longestDecision)
    recent = UtteranceBuffer(capacity: held)
  }

  /// Something is going on that needs the agent.
  public var isBusy: Bool { machine.state != .idle }

  /// The agent must be there now: somebody speaks or waits, or there is more to come.
  public var needsAgent: Bool {
    if case .speaking = machine.state { !isWhole } else { isBusy }
  }

  /// The agent owes an answer, or the rest of one.
  public var awaitsAgent: Bool {
    if case .listening = machine.state { false } else { needsAgent }
  }

  /// Packets of replies for which there was no room.
  public var refusedPackets: Int { waiting.refused }

  // MARK: What can happen

  /// Every 10 ms; also the only tick.
  public mutating func hear(_ heard: HeardFrame) -> [Effect] {
    var effects: [Effect] = []
    let missing = heard.time - now - Frame.span
    now = heard.time
    if missing > .zero { skip(missing, &effects) }
    // An interruption comes before everything else that can be said about this frame.
    follow(heard.verdict, at: heard.playhead, &effects)
    follow(heard.playhead, &effects)
    listen(to: heard, &effects)
    if machine.handle(.tick(now)) == .rest(.noAnswer) {
      effects.append(.nobodyWaits(committed.id))
      effects.append(.cue(.problem))
      show(because: .noAnswer, &effects)
    } else if let since = silentSince,
      courtesy.isLong(since: since, patience: settings.patience, at: now)
    {
      effects.append(.cue(.thinking))
    }
    announce(&effects)
    return effects
  }

  public mutating func receive(_ message: Downstream) -> [Effect] {
    var effects: [Effect] = []
    switch message {
    case .welcome(let welcome):
      presence.link = .ready
      longestTurn = min(settings.longestTurn, welcome.longestTurn)
      effects.append(
        .note(
          .welcomed(
            session: welcome.session, agent: welcome.agent, isResumed: welcome.isResumed)))
      show(because: .welcomed, &effects)
    case .transcript(let turn, let words, let isFinal):
      effects.append(.note(.transcript(turn, words, isFinal: isFinal)))
    case .hint(let id, let hint, let heard):
      if let turn, turn.id == id { endpointer.take(hint, upTo: turn.start + heard) }
    case .replyStart(let reply, let answered, let revision):
      startReply(reply, answering: answered, revision, &effects)
    case .replyText(let reply, let words, _):
      if named(reply) != nil { effects.append(.note(.replyText(reply, words))) }
    case .replyAudio(let reply, let packet):
      if let reply = named(reply), let span = PacketCoding.duration(of: packet) {
        waiting.add(.packet(reply, packet))
        received += span
      }
    case .replyEnd(let reply, let status, _):
      // Only once: the end is always taken, whatever waits before it.
      if let ours = named(reply), !isWhole {
        hasFailed = status == .failed
        if hasFailed { effects.append(.note(.replyFailed(reply))) }
        waiting.add(.end(ours))
        isWhole = true
      }
    case .interruptAcknowledged:
      break
    case .setVolume(let percent):
      effects.append(.setVolume(percent))
    case .refused(let code, let message, let isFatal, let turn):
      effects.append(.note(.agentRefused(code: code, message: message)))
      if !isFatal, Conversation.concernsTurn(code), isAbout(turn) { loseTurn(&effects) }
    }
    return effects
  }

  public enum LinkChange: Equatable, Sendable {
    case connecting
    /// We hung up because nobody speaks; it is back when somebody does.
    case resting
    /// There is no connection just now. What is said is kept for the next.
    case away
    /// The session ended with the connection: what the agent still had to say never comes.
    case sessionOver
    /// There was none for too long: what was kept is given up.
    case lost
  }

  public mutating func link(_ change: LinkChange) -> [Effect] {
    var effects: [Effect] = []
    switch change {
    case .connecting:
      // Once it was lost we are offline until we are welcomed, however often we try.
      show(because: .connecting, &effects)
    case .away:
      presence.link = .connecting
      show(because: .linkAway, &effects)
    case .resting: presence.link = .ready
    case .sessionOver: bereave()
    case .lost:
      presence.link = .down
      giveUp(&effects)
      show(because: .linkLost, &effects)
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

  // MARK: Ends

  mutating func stop(_ effects: inout [Effect]) {
    switch machine.handle(.stopped) {
    case .silence: silence(&effects)
    case .rest: effects.append(.nobodyWaits(committed.id))
    case .dropTurn(let id, let reason): drop(id, reason, &effects)
    default: break
    }
    isWaitingForPause = true
  }

  /// What was said and not answered is not to be sent any more. A reply that plays goes on: the rest
  /// of it may be here, or come when the session goes on after all.
  mutating func giveUp(_ effects: inout [Effect]) {
    guard giveUpTurn(.offline, &effects) else { return }
    effects.append(.cue(.noNetwork))
    courtesy.apologised(at: now)
  }

  /// False when nothing was said that waits for an answer.
  private mutating func giveUpTurn(_ reason: TurnCancel, _ effects: inout [Effect]) -> Bool {
    switch machine.state {
    case .idle, .speaking: return false
    case .listening, .thinking: break
    }
    if let open = turn {
      effects.append(.abandonStream)
      effects.append(.send(.turnCancel(open.id, reason: reason)))
      effects.append(.note(.turnLost(open.id)))
    }
    if case .thinking(let id, _) = machine.state { effects.append(.nobodyWaits(id)) }
    _ = machine.handle(.linkLost)
    turn = nil
    endpointer.reset()
    isWaitingForPause = true
    return true
  }

  /// Codes of an agent that has given up the newest turn.
  private static func concernsTurn(_ code: String) -> Bool {
    for known in ["too_many_turns", "turn_idle", "turn_number", "rate_limited"]
    where code.utf8.elementsEqual(known.utf8) { return true }
    return false
  }

  /// Whether it is the turn that is open or waits for its answer. An older agent does not say which it
  /// means; then it is the newest.
  private func isAbout(_ id: TurnID?) -> Bool {
    guard let id else { return true }
    switch machine.state {
    case .listening(let current, _), .thinking(let current, _): return current == id
    case .idle, .speaking: return false
    }
  }

  /// The agent will not answer what was said: better to hear that now than to wait.
  mutating func loseTurn(_ effects: inout [Effect]) {
    guard giveUpTurn(.button, &effects) else { return }
    effects.append(.cue(.problem))
    show(because: .replyFailed, &effects)
  }

  /// The session of the reply at the loudspeaker is over: nothing more of it will come.
  mutating func bereave() {
    guard let current, !isOrphan else { return }
    isOrphan = true
    guard !isWhole else { return }
    hasFailed = true
    isWhole = true
    waiting.add(.end(current))
  }

  /// Since when somebody who is waiting for an answer, or for the rest of one, hears nothing.
  private var silentSince: SampleTime? {
    switch machine.state {
    case .idle, .listening: nil
    case .thinking(_, let since): since
    case .speaking: lastProgress
    }
  }

  /// Somebody speaks whom nobody can answer.
  mutating func apologise(_ effects: inout [Effect]) {
    // A reply that does not begin to sound is none to whoever speaks.
    guard settings.mode == .open, current == nil || playhead.state == .silent,
      endpointer.hearsSpeech, !isWaitingForPause,
      endpointer.speech >= settings.shortestSpeech, courtesy.mayApologise(at: now)
    else { return }
    courtesy.apologised(at: now)
    isWaitingForPause = true
    effects.append(.cue(.noNetwork))
    effects.append(.callAgent)
  }

  /// The sound of so much time was lost before it came here.
  mutating func skip(_ missing: SampleSpan, _ effects: inout [Effect]) {
    if turn != nil {
      for frame in recent.take(newest: recent.count) { stream(frame, &effects) }
    }
    recent.clear()
    guard let from = turn?.streamed, let id = turn?.id else { return }
    let end = from + missing
    turn?.streamed = end
    effects.append(.skip(id, to: end))
    effects.append(.send(.turnGap(id, from: from, to: end)))
  }

  /// Says it before the first sound leaves, and after the last.
  mutating func announce(_ effects: inout [Effect]) {
    let next: Capture =
      if presence.isMuted || !presence.hasSound { .off } else if case .listening = machine.state {
        .streaming
      } else { .listening }
    guard next != capture else { return }
    capture = next
    effects.append(.send(.capture(next)))
  }

  mutating func show(because reason: Note.Reason, _ effects: inout [Effect]) {
    let talk: Shown =
      switch machine.state {
      case .idle: .idle
      case .listening: .listening
      case .thinking: .thinking
      case .speaking: .speaking
      }
    var next = presence.obstacle ?? talk
    if presence.link == .connecting, next == .idle { next = .connecting }
    // An answer that is being heard is no sign of being away.
    if next == .offline, talk == .speaking { next = .speaking }
    guard next != shown else { return }
    effects.append(.note(.shown(next, before: shown, because: reason)))
    shown = next
  }
}
