/// What the canceller must be expected to leave of the echo, by band: what its own ignorance leaves,
/// and what no linear model can take, learned as a share of the echo it does take: reverberation
/// beyond the model's reach and the loudspeaker's distortion.
struct ResidualEcho: Sendable {
  /// By band in powers of two; at first everything is expected to be left.
  private var leaks = Bands(repeating: 0)
  private var envelope = Bands()
  private var framesHeard = 0

  /// A room fades by 60 dB in half a second, more or less: 1.2 dB a frame.
  private static let fading: Float = 0.76
  /// Echo below this teaches nothing.
  private static let audible: Float = 1e-9
  private static let leastLeak: Float = -13
  /// The share of the model's ignorance, which is in another window's units.
  private static let ignorance: Float = 2 / Float(320 * 160)

  /// The loudspeaker is silent.
  mutating func rest() { envelope = Bands() }

  mutating func expect(error: borrowing Bands, echo: borrowing Bands, unknown: borrowing Bands)
    -> Bands
  {
    var expected = Bands()
    // Quickly at first, then by little: the middle of what is left, which a person speaking now
    // and then does not move.
    let step: Float = framesHeard < 100 ? 0.2 : 0.04
    framesHeard = min(framesHeard + 1, 100)
    for band in 0..<Bands.count {
      let loudness = max(echo[band], envelope[band] * ResidualEcho.fading)
      envelope[band] = loudness
      if loudness > ResidualEcho.audible {
        let left = log2(error[band] + 1e-12) - log2(loudness)
        let leak = leaks[band] + (left > leaks[band] ? step : -step)
        leaks[band] = max(ResidualEcho.leastLeak, min(0, leak))
      }
      expected[band] =
        loudness * exp2(leaks[band]) + unknown[band] * ResidualEcho.ignorance
    }
    return expected
  }
}
