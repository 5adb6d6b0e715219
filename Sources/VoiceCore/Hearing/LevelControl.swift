/// Brings speech to the same level, whoever speaks from wherever: slowly, learning only while
/// somebody speaks, so that pauses do not come up and nothing pumps.
struct LevelControl: Sendable {
  /// dB below full scale, of speech with its short pauses.
  static let target: Float = -24
  /// dB.
  static let most: Float = 20
  /// The loudest sample that may come out: 0.5 dB below full scale.
  static let ceiling: Float = 30_900

  /// Power of the speech heard so far, as `Loudness` has it.
  private var power: Float = 0
  /// What is added to it.
  private var decibels: Float = 0
  private var spoken = 0
  /// As applied at the end of the last frame.
  private var gain: Float = 1

  /// dB a frame: 10 dB a second up, twice that down.
  private static let rise: Float = 0.1
  private static let fall: Float = 0.2
  /// A second and a half of speech has half of the say.
  private static let slowest: Float = 1 / 200
  /// Frames of speech before anything is done: a knock is no voice.
  private static let leastSpeech = 10

  /// - Parameter speech: how likely somebody speaks in it.
  mutating func apply(to frame: inout Frame, speech: Float) {
    let loudness = Loudness(of: frame)
    if speech > 0.7 { learn(loudness.power) }
    var wanted = exp2(decibels / 6.0206)
    guard gain != 1 || wanted != 1 else { return }
    var peak: Int32 = 1
    withUnsafeBytes(of: frame.samples) {
      let samples = $0.assumingMemoryBound(to: Int16.self)
      for index in 0..<Frame.sampleCount { peak = max(peak, abs(Int32(samples[index]))) }
    }
    let limit = max(1e-3, LevelControl.ceiling / Float(peak))
    // A loud moment is turned down at once, without having been heard of before.
    wanted = min(wanted, limit)
    let start = min(gain, limit)
    let step = (wanted - start) / Float(Frame.sampleCount)
    withUnsafeMutableBytes(of: &frame.samples) {
      let samples = $0.assumingMemoryBound(to: Int16.self)
      for index in 0..<Frame.sampleCount {
        let sample = Float(samples[index]) * (start + step * Float(index + 1))
        samples[index] = Int16(max(-32_768, min(32_767, sample.rounded())))
      }
    }
    gain = wanted
  }

  private mutating func learn(_ now: Float) {
    spoken = min(spoken + 1, 1_000)
    // The mean of all there was, then the mean of the last seconds.
    power += (now - power) * max(LevelControl.slowest, 1 / Float(spoken))
    guard spoken >= LevelControl.leastSpeech else { return }
    let level = 3.0103 * (log2(power + 1) - 30)
    let wanted = max(-LevelControl.most, min(LevelControl.most, LevelControl.target - level))
    decibels += max(-LevelControl.fall, min(LevelControl.rise, wanted - decibels))
  }
}
