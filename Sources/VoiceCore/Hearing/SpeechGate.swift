/// Turns a probability that wavers into speech or silence that does not, and dates the change back
/// to where it really was.
public struct SpeechGate: Sendable {
  public enum Change: Equatable, Sendable, BitwiseCopyable {
    case started(onset: SampleTime)
    case ended(end: SampleTime)
  }

  public struct Settings: Equatable, Sendable {
    /// Certain speech must last this long before it counts: longer than a click.
    public var onset = SampleSpan.milliseconds(20)
    /// Certain silence must last this long before speech is over: longer than a stop consonant.
    public var release = SampleSpan.milliseconds(200)
    /// The probability that says nothing either way, in silence and in speech.
    public var on: Float = 0.5
    public var off: Float = 0.35
    public init() {}
  }

  /// The detector answers this much late; onsets are dated back by it.
  static let detectorLag = SampleSpan.milliseconds(20)

  public var settings: Settings
  public private(set) var isSpeech = false
  /// For the change: of speech in silence, of silence in speech.
  private var evidence = Evidence()

  public init(settings: Settings = Settings()) { self.settings = settings }

  /// Nothing points at a change of state just now.
  public var isSteady: Bool { evidence.isZero }

  /// - Parameter time: the end of the frame that was judged.
  public mutating func hear(_ probability: Float, at time: SampleTime) -> Change? {
    if isSpeech {
      let weight = Evidence.weight(of: probability, bar: settings.off)
      evidence.add(-weight, at: time, most: settings.release)
      guard evidence.reaches(settings.release) else { return nil }
      isSpeech = false
      evidence.clear()
      return .ended(end: evidence.began)
    }
    let weight = Evidence.weight(of: probability, bar: settings.on)
    evidence.add(weight, at: time, most: settings.onset)
    guard evidence.reaches(settings.onset) else { return nil }
    isSpeech = true
    evidence.clear()
    return .started(onset: max(SampleTime.start, evidence.began - SpeechGate.detectorLag))
  }
}
