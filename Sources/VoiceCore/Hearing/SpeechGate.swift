/// Turns a probability that wavers into speech or silence that does not, and dates the change back
/// to where it really was.
public struct SpeechGate: Sendable {
  public enum Change: Equatable, Sendable, BitwiseCopyable {
    case started(onset: SampleTime)
    case ended(end: SampleTime)
  }

  /// Speech must hold this long before it counts: longer than a click.
  static let confirmation = SampleSpan.milliseconds(60)
  /// And must stay away this long before it is over: longer than a stop consonant.
  static let release = SampleSpan.milliseconds(200)
  /// The detector's smoothing answers this much late; onsets are dated back by it.
  static let detectorLag = SampleSpan.milliseconds(20)
  static let on: Float = 0.5
  static let off: Float = 0.35

  public private(set) var isSpeech = false
  private var candidate: SampleTime?
  private var lastSpeech = SampleTime.start

  public init() {}

  /// - Parameter time: the end of the frame that was judged.
  public mutating func hear(_ probability: Float, at time: SampleTime) -> Change? {
    if isSpeech {
      if probability >= SpeechGate.off { lastSpeech = time }
      guard time - lastSpeech >= SpeechGate.release else { return nil }
      isSpeech = false
      candidate = nil
      return .ended(end: lastSpeech)
    }
    guard probability >= SpeechGate.on else {
      candidate = nil
      return nil
    }
    let began = candidate ?? time - Frame.span
    candidate = began
    guard time - began >= SpeechGate.confirmation else { return nil }
    isSpeech = true
    lastSpeech = time
    return .started(onset: max(SampleTime.start, began - SpeechGate.detectorLag))
  }
}
