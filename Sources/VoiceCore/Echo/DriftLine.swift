/// A straight line through the echo's places over time, with how unsure it is of both: a Kalman
/// filter of two numbers. Offsets in samples, time in frames.
struct DriftLine {
  private(set) var slope = 0.0
  private var offset = 0.0
  /// Where the echo was when it was last measured.
  var place: Double { offset }
  private var time = 0.0
  private var offsetVariance = 0.0
  private(set) var slopeVariance = DriftLine.startingSlope * DriftLine.startingSlope
  private var covariance = 0.0

  /// Clocks differ by 200 ppm at most and mostly by less: 100 ppm, in samples per frame.
  private static let startingSlope = 0.016
  /// Crystals warm up: 0.1 ppm per root second.
  private static let slopeWander = 1.6e-5 * 1.6e-5 / 100
  /// People move a little, and a path learned from a block is not exact.
  private static let offsetWander = 0.01 * 0.01 / 100
  /// Samples of error in a measurement that its own deviation does not know of.
  private static let leastDeviation = 0.03

  mutating func expect(slope expected: Double, deviation: Double) {
    let variance = deviation * deviation
    let gain = slopeVariance / (slopeVariance + variance)
    slope += gain * (expected - slope)
    slopeVariance *= 1 - gain
    covariance *= 1 - gain
  }

  /// Begins a new line with the slope known so far.
  mutating func start(at now: Double, offset place: Double, deviation: Double) {
    time = now
    offset = place
    offsetVariance = deviation * deviation
    covariance = 0
  }

  /// Where the line goes through at a time to come.
  func offset(at now: Double) -> Double { offset + slope * (now - time) }

  /// The line has ended; the slope is a little less sure than it was.
  mutating func lift() { slopeVariance += 0.0008 * 0.0008 }

  /// The measurements do not fit any longer: the slope may be at fault.
  mutating func doubt() {
    slopeVariance = min(
      DriftLine.startingSlope * DriftLine.startingSlope, 4 * slopeVariance + 0.0008 * 0.0008)
  }

  /// - Parameter blur: the frames that a measurement was taken over.
  /// - Returns: false if the place is too far from the line to belong to it.
  mutating func hear(offset place: Double, deviation: Double, blur: Double, at now: Double) -> Bool
  {
    let span = now - time
    time = now
    offset += slope * span
    offsetVariance +=
      span * (2 * covariance + span * slopeVariance) + DriftLine.offsetWander * span
    covariance += span * slopeVariance
    slopeVariance += DriftLine.slopeWander * span

    let blurred = 0.35 * blur
    let noise =
      deviation * deviation + DriftLine.leastDeviation * DriftLine.leastDeviation
      + slopeVariance * blurred * blurred
    let expected = offsetVariance + noise
    let surprise = place - offset
    guard surprise * surprise < 12 * expected else { return false }
    let offsetGain = offsetVariance / expected
    let slopeGain = covariance / expected
    offset += offsetGain * surprise
    slope += slopeGain * surprise
    slopeVariance -= slopeGain * covariance
    covariance *= 1 - offsetGain
    offsetVariance *= 1 - offsetGain
    slope = max(-DriftLine.steepest, min(DriftLine.steepest, slope))
    return true
  }

  /// 300 ppm.
  private static let steepest = 0.048
}
