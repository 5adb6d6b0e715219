/// What the conversation wants done. Values only: one loop carries them out, the simulator is another.
public enum Effect: Equatable, Sendable {
  case send(Upstream)
  /// The next ten milliseconds of the open turn, to be packed, coded and sent.
  case stream(TurnID, Frame)
  /// What is left of the turn's last packet goes out, or, abandoned, does not.
  case finishStream(TurnID)
  case abandonStream
  /// The one reply that may be heard from now on.
  case makeAudible(ReplyID?)
  case setVolume(Int)
  /// The device's own sound, instead of the one before it.
  case cue(Cue)
  /// So much of the turn's sound is missing: what comes next belongs there.
  case skip(TurnID, to: SampleSpan)
  /// An answer to this turn would come too late.
  case nobodyWaits(TurnID)
  /// Somebody waits for the agent.
  case callAgent
  case note(Note)
}

/// Something an owner would want to know: logged, counted and shown to who watches.
public enum Note: Equatable, Sendable {
  case shown(Shown, before: Shown, because: Reason)
  case turnStarted(TurnID, TurnCause, onset: SampleTime)
  case turnCommitted(TurnID, TurnEnd, end: SampleTime, audio: SampleSpan)
  case turnCancelled(TurnID, TurnCancel)
  /// The link went away in the middle of it.
  case turnLost(TurnID)
  case transcript(TurnID, Spoken, isFinal: Bool)
  case replyStarted(ReplyID, answering: TurnID)
  case replyText(ReplyID, Spoken)
  case replySounds(ReplyID)
  case replyDrained(ReplyID, played: SampleSpan)
  case replyDropped(ReplyID, played: SampleSpan)
  case replyFailed(ReplyID)
  case ducked(ReplyID, played: SampleSpan)
  case held(ReplyID, played: SampleSpan)
  case resumed(ReplyID, played: SampleSpan)
  case interrupted(ReplyID, onset: SampleTime, played: SampleSpan)
  case welcomed(session: String, agent: String, isResumed: Bool)
  case agentRefused(code: String, message: String)

  /// Why the shown state changed.
  public enum Reason: Equatable, Sendable {
    case speech, button, interrupted, turnEnded, longestTurn, tooShort, replyStarted, answered
    case replyFailed, noAnswer, stopped, linkLost, linkAway, connecting, welcomed, muted, unmuted
    case soundLost, soundBack

    public var word: String {
      switch self {
      case .speech: "speech"
      case .button: "button"
      case .interrupted: "interrupted"
      case .turnEnded: "turn-ended"
      case .longestTurn: "longest-turn"
      case .tooShort: "too-short"
      case .replyStarted: "reply-started"
      case .answered: "answered"
      case .replyFailed: "reply-failed"
      case .noAnswer: "no-answer"
      case .stopped: "stopped"
      case .linkLost: "link-lost"
      case .linkAway: "link-away"
      case .connecting: "connecting"
      case .welcomed: "welcomed"
      case .muted: "muted"
      case .unmuted: "unmuted"
      case .soundLost: "sound-lost"
      case .soundBack: "sound-back"
      }
    }
  }
}
