/// Decides, on the audio thread, that a person speaks over a reply: first a dip, then a hold that
/// can be taken back, then the end of the reply.
///
/// What was suspected must go on to be confirmed; a cough does not, and the reply continues from
/// where it was held.
public struct Interrupter: Sendable {
  public struct Settings: Equatable, Sendable {
    public var isEnabled = true
    public var duckAfter = SampleSpan.milliseconds(30)
    public var holdAfter = SampleSpan.milliseconds(80)
    public var confirmAfter = SampleSpan.milliseconds(250)
    public var giveUpAfter = SampleSpan.milliseconds(600)
    public init() {}
  }

  /// What the loudspeaker has to do in this frame.
  public enum Order: Equatable, Sendable { case play, duck, hold, drop }

  public enum Verdict: Equatable, Sendable, BitwiseCopyable {
    case none
    case ducked
    case held
    case resumed
    case confirmed(onset: SampleTime)
  }

  private enum State: Equatable, Sendable {
    case quiet
    case suspicious(onset: SampleTime)
    case holding(onset: SampleTime, since: SampleTime)
    /// The reply is over; nothing more to decide until the person has stopped.
    case confirmed
  }

  public var settings: Settings
  private var state = State.quiet
  /// Speech so far, shrinking while there is none: a pause between syllables costs little.
  private var evidence = SampleSpan.zero

  public init(settings: Settings = Settings()) { self.settings = settings }

  public var order: Order {
    switch state {
    case .quiet: .play
    case .suspicious: .duck
    case .holding: .hold
    case .confirmed: .drop
    }
  }

  /// A new reply begins: what was decided about the last one does not concern it.
  public mutating func rearm() {
    state = .quiet
    evidence = .zero
  }

  /// - Parameters:
  ///   - isReplyAudible: false ends the decision: there is nothing to interrupt.
  ///   - time: the end of the frame that was judged.
  public mutating func judge(speech probability: Float, isReplyAudible: Bool, at time: SampleTime)
    -> Verdict
  {
    guard settings.isEnabled else { return .none }
    if probability >= SpeechGate.on {
      evidence = min(evidence + Frame.span, settings.confirmAfter)
    } else {
      evidence = max(.zero, evidence - Frame.span - Frame.span)
    }
    switch state {
    case .quiet:
      guard isReplyAudible, evidence >= settings.duckAfter else { return .none }
      state = .suspicious(onset: time - evidence - SpeechGate.detectorLag)
      return .ducked
    case .suspicious(let onset):
      guard isReplyAudible else { return calmDown() }
      if evidence >= settings.holdAfter {
        state = .holding(onset: onset, since: time)
        return .held
      }
      return evidence == .zero ? calmDown() : .none
    case .holding(let onset, let since):
      if evidence >= settings.confirmAfter {
        state = .confirmed
        return .confirmed(onset: onset)
      }
      return evidence == .zero || time - since >= settings.giveUpAfter ? calmDown() : .none
    case .confirmed:
      // Re-armed when the person has stopped, so that one utterance interrupts once.
      if evidence == .zero { state = .quiet }
      return .none
    }
  }

  private mutating func calmDown() -> Verdict {
    rearm()
    return .resumed
  }
}
