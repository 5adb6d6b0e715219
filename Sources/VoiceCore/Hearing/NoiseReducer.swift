/// Makes what is steady in the room quieter for the recogniser, a little: what a band had at its
/// quietest for a second and a half is its noise, and what is not far above that is turned down, by
/// 9 dB at most. More would leave the sound of bubbles in place of that of the room.
struct NoiseReducer: Sendable {
  /// Smoothed power, and the noise under it.
  private var smoothed = Bands()
  private var noise = Bands()
  /// The least of the window going on, and of the two before it: a fixed part of the past at any
  /// time, without keeping all of it.
  private var least = Bands(repeating: .infinity)
  private var before = Bands(repeating: .infinity)
  private var longBefore = Bands(repeating: .infinity)
  private var frames = 0
  /// Power of the speech thought to be in the frame before.
  private var speech = Bands()

  private static let windowFrames = 75
  private static let smoothing: Float = 0.2
  /// The least of a noise's smoothed power lies below its mean by about this.
  private static let bias: Float = 1.8
  /// How much of what was thought of the last frame holds for this one: single bands would flicker.
  private static let patience: Float = 0.92
  /// 9 dB.
  static let leastGain: Float = 0.355
  private static let dust: Float = 1e-12

  /// - Parameter heard: power by band of the sound that the gains are for.
  mutating func gains(for heard: borrowing Bands) -> Bands {
    if frames % NoiseReducer.windowFrames == 0 { turnPage(heard) }
    frames += 1
    var gains = Bands()
    for band in 0..<Bands.count {
      let power = heard[band]
      smoothed[band] += (power - smoothed[band]) * NoiseReducer.smoothing
      least[band] = min(least[band], smoothed[band])
      let quietest = min(least[band], min(before[band], longBefore[band]))
      noise[band] = quietest * NoiseReducer.bias + NoiseReducer.dust
      let now = max(0, power / noise[band] - 1)
      let ratio =
        NoiseReducer.patience * speech[band] / noise[band] + (1 - NoiseReducer.patience) * now
      let gain = ratio / (1 + ratio)
      speech[band] = gain * gain * power
      gains[band] = max(NoiseReducer.leastGain, gain)
    }
    return gains
  }

  private mutating func turnPage(_ heard: borrowing Bands) {
    if frames == 0 { smoothed = copy heard }
    longBefore = before
    before = least
    least = Bands(repeating: .infinity)
  }
}
