/// What the detector's probabilities add up to, as if it were certain speech for so long: the sum
/// of a sequential test for "somebody has begun to speak".
///
/// A frame of certain speech counts in full, a doubtful one in part, and one that is more likely
/// none counts against it. So strength alone is never enough, there must be time too; and the sum
/// last left zero where speech most likely began.
public struct Evidence: Equatable, Sendable {
  /// Log-odds above the bar, in doublings, from which on a frame is certain: 0.85 over a bar of 0.5.
  static let certainty: Float = 2.5
  /// Silence takes evidence away faster than speech brings it: a cough is over when it is over, and
  /// a pause between syllables is shorter than they are.
  static let fall: Float = 2

  /// In frames of certain speech.
  public private(set) var frames: Float = 0
  /// When it last left zero.
  public private(set) var began = SampleTime.start

  public init() {}

  public var isZero: Bool { frames == 0 }

  public func reaches(_ span: SampleSpan) -> Bool {
    // Sums of thirds must not miss a whole number by a rounding.
    frames + 0.001 >= Float(span.samples) / Float(Frame.sampleCount)
  }

  /// What a frame says, from -1, surely no speech, to 1, surely speech.
  ///
  /// - Parameter bar: the probability that says nothing either way.
  public static func weight(of probability: Float, bar: Float) -> Float {
    // What is no number says nothing.
    probability.isNaN ? 0 : max(-1, min(1, (logOdds(probability) - logOdds(bar)) / certainty))
  }

  private static func logOdds(_ probability: Float) -> Float {
    let bounded = max(0.001, min(0.999, probability))
    return log2(bounded) - log2(1 - bounded)
  }

  /// - Parameters:
  ///   - weight: of the frame, -1 to 1.
  ///   - time: the end of the frame.
  ///   - most: it grows no further, so that it can be over as soon as speech is.
  public mutating func add(_ weight: Float, at time: SampleTime, most: SampleSpan) {
    if frames == 0 { began = time - Frame.span }
    let bounded = Float(most.samples) / Float(Frame.sampleCount)
    frames = min(bounded, max(0, frames + (weight > 0 ? weight : weight * Evidence.fall)))
  }

  public mutating func clear() { frames = 0 }
}
