/// Whose turn it is. One event in, one decision out; time only as an argument.
public struct TurnMachine: Sendable {
  public enum State: Equatable, Sendable {
    case idle
    case listening(TurnID, since: SampleTime)
    case thinking(TurnID, since: SampleTime)
    case speaking(ReplyID, answering: TurnID)
  }

  public enum Event: Equatable, Sendable {
    /// Somebody began to speak, or pressed the button, while no reply was audible.
    case speechStarted(SampleTime, TurnCause)
    case turnEnded(SampleTime, TurnEnd)
    /// The turn is taken back: it was no speech, or it may not be sent.
    case turnDropped(TurnCancel)
    case replyStarted(ReplyID, answering: TurnID)
    /// The last sound of the reply left the loudspeaker.
    case replyDrained(ReplyID)
    case replyFailed(ReplyID)
    /// The interrupter confirmed a person speaking over a reply.
    case interrupted(SampleTime)
    case stopped
    case linkLost
    case tick(SampleTime)
  }

  public enum Decision: Equatable, Sendable {
    case none
    case beginTurn(TurnID, TurnCause)
    case endTurn(TurnID, TurnEnd)
    case dropTurn(TurnID, TurnCancel)
    case play(ReplyID)
    /// Nobody wants to hear it any more: it answers a turn that is not the last one.
    case refuse(ReplyID)
    case silence(ReplyID)
    /// Silence the reply and listen, in one step.
    case yield(ReplyID, to: TurnID)
    case rest(Reason)
  }

  public enum Reason: Equatable, Sendable { case answered, failed, noAnswer, stopped, linkLost }

  /// No answer within this and the person is told so.
  public let thinkingLimit: SampleSpan
  public private(set) var state = State.idle
  private var lastTurn = TurnID(0)
  /// The turn that may still be answered when nothing is going on.
  private var answerable: TurnID?
  /// The turn whose answer was interrupted by the one that is open.
  private var interrupted: TurnID?

  public init(thinkingLimit: SampleSpan) { self.thinkingLimit = thinkingLimit }

  public mutating func handle(_ event: Event) -> Decision {
    switch (state, event) {
    case (.idle, .speechStarted(let time, let cause)),
      (.thinking, .speechStarted(let time, let cause)):
      return begin(at: time, cause)

    case (.listening(let turn, _), .turnEnded(let time, let reason)):
      state = .thinking(turn, since: time)
      answerable = turn
      return .endTurn(turn, reason)
    case (.listening(let turn, _), .turnDropped(let reason)):
      state = .idle
      // Nobody interrupted after all: the rest of that answer may still come.
      if reason == .tooShort { answerable = interrupted }
      return .dropTurn(turn, reason)
    case (.listening(let turn, _), .stopped):
      state = .idle
      return .dropTurn(turn, .button)

    case (.thinking(let turn, _), .replyStarted(let reply, let answered)) where answered == turn:
      state = .speaking(reply, answering: turn)
      return .play(reply)
    case (.thinking(_, let since), .tick(let now)) where now - since >= thinkingLimit:
      state = .idle
      answerable = nil
      return .rest(.noAnswer)
    case (.thinking, .stopped):
      state = .idle
      // An answer that is still to come answers a turn nobody waits for.
      answerable = nil
      return .rest(.stopped)

    case (.speaking(let reply, let answered), .interrupted(let time)):
      lastTurn = lastTurn.next
      answerable = nil
      interrupted = answered
      state = .listening(lastTurn, since: time)
      return .yield(reply, to: lastTurn)
    case (.speaking(let reply, _), .replyDrained(let drained)) where drained == reply:
      state = .idle
      return .rest(.answered)
    case (.speaking(let reply, _), .replyFailed(let failed)) where failed == reply:
      state = .idle
      answerable = nil
      return .silence(reply)
    case (.speaking(let reply, _), .stopped):
      state = .idle
      answerable = nil
      return .silence(reply)
    case (.idle, .stopped):
      // The rest of an answer may be on its way: nobody wants that either.
      answerable = nil
      return .none
    // An agent may have more to say when its first reply is over.
    case (.idle, .replyStarted(let reply, let answered)) where answered == answerable:
      state = .speaking(reply, answering: answered)
      return .play(reply)

    // It answers a turn that is over, or talks over itself.
    case (.idle, .replyStarted(let reply, _)), (.listening, .replyStarted(let reply, _)),
      (.thinking, .replyStarted(let reply, _)), (.speaking, .replyStarted(let reply, _)):
      return .refuse(reply)

    case (.listening, .linkLost), (.thinking, .linkLost), (.speaking, .linkLost):
      state = .idle
      answerable = nil
      return .rest(.linkLost)

    // Nothing there that the event could be about.
    case (.idle, .turnEnded), (.idle, .turnDropped), (.idle, .replyDrained), (.idle, .replyFailed),
      (.idle, .interrupted), (.idle, .linkLost), (.idle, .tick):
      return .none
    // News about a reply that is already over, and time.
    case (.listening, .speechStarted), (.listening, .replyDrained), (.listening, .replyFailed),
      (.listening, .interrupted), (.listening, .tick):
      return .none
    case (.thinking, .turnEnded), (.thinking, .turnDropped), (.thinking, .replyDrained),
      (.thinking, .replyFailed), (.thinking, .interrupted), (.thinking, .tick):
      return .none
    // While a reply plays, only the interrupter may say that a person speaks.
    case (.speaking, .speechStarted), (.speaking, .turnEnded), (.speaking, .turnDropped),
      (.speaking, .replyDrained), (.speaking, .replyFailed), (.speaking, .tick):
      return .none
    }
  }

  private mutating func begin(at time: SampleTime, _ cause: TurnCause) -> Decision {
    lastTurn = lastTurn.next
    answerable = nil
    interrupted = nil
    state = .listening(lastTurn, since: time)
    return .beginTurn(lastTurn, cause)
  }
}
