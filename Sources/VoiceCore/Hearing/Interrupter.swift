/// Decides, on the audio thread, that a person speaks over a reply: first a dip, then a hold that
/// can be taken back, then the end of the reply.
///
/// A sequential test with three thresholds: certain speech passes them quickly, doubtful speech
/// slowly, and what fades before the last one was no interruption: the reply goes on from where it
/// was held. Somebody who only hums along ("mm-hm") ducks the reply and no more, until they have
/// hummed for longer than anybody agrees.
public struct Interrupter: Sendable {
  public struct Settings: Equatable, Sendable {
    public var isEnabled = true
    /// The probability that says nothing either way. Higher: fewer false interruptions, later ones.
    public var bar: Float = 0.5
    /// Certain speech for so long; doubtful speech needs longer.
    public var duckAfter = SampleSpan.milliseconds(30)
    public var holdAfter = SampleSpan.milliseconds(70)
    public var confirmAfter = SampleSpan.milliseconds(100)
    /// Sounds without words interrupt only when they last longer.
    public var backchannel = SampleSpan.milliseconds(600)
    /// Eight decibels down: still understood, and the talker stands out.
    public var duckedGain: Float = 0.4
    /// A dip or a hold that is not confirmed ends after this long.
    public var giveUpAfter = SampleSpan.milliseconds(1_000)
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
    case suspicious(since: SampleTime)
    case holding(since: SampleTime)
    /// Suspected for too long: the reply plays again, and only certainty can stop it.
    case weary
    /// The reply is over; nothing more to decide until the person has stopped, of whom the gate
    /// may not have taken notice yet.
    case confirmed(isNoticed: Bool)
  }

  /// Taken from every frame: what hovers just over the bar, as music does, never adds up.
  static let leak: Float = 0.05
  /// So long after the path was found to have changed there is more echo left than usual.
  static let distrust = SampleSpan.milliseconds(250)
  /// Openness at which a sound is no word at all, and from which on it is as good as one.
  static let hum: Float = 0.2
  static let word: Float = 0.6

  public var settings: Settings
  private var state = State.quiet
  /// Until then what sounds like somebody may be echo.
  private var trustsFrom = SampleTime.start
  /// For somebody making sounds as people do.
  private var voice = Evidence()
  /// For somebody saying words.
  private var words = Evidence()

  public init(settings: Settings = Settings()) { self.settings = settings }

  public var order: Order {
    switch state {
    case .quiet, .weary: .play
    case .suspicious: .duck
    case .holding: .hold
    case .confirmed: .drop
    }
  }

  /// A new reply begins: what was decided about the last one does not concern it.
  public mutating func rearm() {
    state = .quiet
    voice.clear()
    words.clear()
  }

  /// - Parameters:
  ///   - probability: that somebody speaks in this frame.
  ///   - openness: how much like words it sounds, 0 to 1; a hum has little.
  ///   - isSpeech: the gate's word: one utterance lasts until it says silence.
  ///   - isReplyAudible: false ends the decision: there is nothing to interrupt.
  ///   - isPathNew: what was left of the echo until now was not as much as it seemed.
  ///   - time: the end of the frame that was judged.
  public mutating func judge(
    speech probability: Float, openness: Float = 1, isSpeech: Bool, isReplyAudible: Bool,
    isPathNew: Bool = false, at time: SampleTime
  ) -> Verdict {
    guard settings.isEnabled else { return .none }
    if isPathNew { trustsFrom = time + Interrupter.distrust }
    if time <= trustsFrom { return disbelieve() }
    weigh(probability, openness, at: time)
    switch state {
    case .quiet:
      guard isReplyAudible, voice.reaches(settings.duckAfter) else { return .none }
      state = .suspicious(since: time)
      return .ducked
    case .suspicious(let since):
      guard isReplyAudible, !voice.isZero else { return calmDown() }
      if isCertain { return confirm() }
      if words.reaches(settings.holdAfter) {
        state = .holding(since: since)
        return .held
      }
      return time - since >= settings.giveUpAfter ? giveUp() : .none
    case .holding(let since):
      guard isReplyAudible, !voice.isZero else { return calmDown() }
      if isCertain { return confirm() }
      return time - since >= settings.giveUpAfter ? giveUp() : .none
    case .weary:
      guard isReplyAudible, !voice.isZero else {
        rearm()
        return .none
      }
      return isCertain ? confirm() : .none
    case .confirmed(let isNoticed):
      // Re-armed when the person has stopped, so that one utterance interrupts once.
      if isSpeech {
        state = .confirmed(isNoticed: true)
      } else if isNoticed || voice.isZero {
        rearm()
      }
      return .none
    }
  }

  /// Nobody is believed to speak; of whom that was certain already has been told.
  private mutating func disbelieve() -> Verdict {
    voice.clear()
    words.clear()
    switch state {
    case .quiet, .weary, .confirmed: return .none
    case .suspicious, .holding: return calmDown()
    }
  }

  private mutating func weigh(_ probability: Float, _ openness: Float, at time: SampleTime) {
    let weight = Evidence.weight(of: probability, bar: settings.bar) - Interrupter.leak
    let likeness = (openness - Interrupter.hum) / (Interrupter.word - Interrupter.hum)
    let share = weight > 0 ? max(0, min(1, likeness)) : 1
    voice.add(weight, at: time, most: max(settings.backchannel, settings.confirmAfter))
    words.add(weight * share, at: time, most: settings.confirmAfter)
  }

  private var isCertain: Bool {
    words.reaches(settings.confirmAfter) || voice.reaches(settings.backchannel)
  }

  private mutating func confirm() -> Verdict {
    state = .confirmed(isNoticed: false)
    return .confirmed(onset: max(SampleTime.start, voice.began - SpeechGate.detectorLag))
  }

  private mutating func giveUp() -> Verdict {
    state = .weary
    return .resumed
  }

  private mutating func calmDown() -> Verdict {
    rearm()
    return .resumed
  }
}
