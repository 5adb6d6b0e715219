/// The bands in which hearing thinks: triangles about a mel apart, each reaching to the middle of
/// its neighbours.
public enum BandLayout {
  public static let count = 24
  /// Hz between the bins of a 20 ms window.
  static let binWidth: Float = 50

  /// The middles of the bands in Hz, with the ends of the first and the last.
  static var edges: InlineArray<26, Float> {
    [
      0, 74, 156, 247, 348, 459, 582, 718, 868, 1034, 1218, 1422, 1646, 1895, 2171, 2475, 2812,
      3184, 3596, 4052, 4556, 5113, 5730, 6412, 7166, 8000,
    ]
  }
}

public typealias Bands = InlineArray<24, Float>

/// What one 10 ms step looks like, as powers in bands of a 20 ms window; full scale is 1.
public struct HearingSpectra: Sendable {
  public var mic = Bands(repeating: 0)
  /// What the canceller left.
  public var error = Bands(repeating: 0)
  /// The canceller's estimate of the echo.
  public var echo = Bands(repeating: 0)
  /// What the loudspeaker played, where its echo is.
  public var reference = Bands(repeating: 0)
  /// How much echo must be expected in `error`.
  public var residual = Bands(repeating: 0)
  /// Whether echo is possible.
  public var isFar = false
  /// 0, the canceller knows nothing, to 1.
  public var convergence: Float = 0

  public init() {}
}

/// Sound, 10 ms at a time, to powers in bands.
struct BandAnalyser: ~Copyable {
  private let fft = RealFFT(size: 2 * Frame.sampleCount)
  private let window = FloatMemory(count: 2 * Frame.sampleCount)
  private let block = FloatMemory(count: 2 * Frame.sampleCount)
  private let windowed = FloatMemory(count: 2 * Frame.sampleCount)
  private let real = FloatMemory(count: Frame.sampleCount + 1)
  private let imaginary = FloatMemory(count: Frame.sampleCount + 1)
  private let share = FloatMemory(count: Frame.sampleCount + 1)
  private var bandOf = InlineArray<161, Int>(repeating: 0)

  init() {
    for index in 0..<(2 * Frame.sampleCount) {
      window[index] = Float(Turn.of((Double(index) + 0.5) / Double(4 * Frame.sampleCount)).sine)
    }
    let edges = BandLayout.edges
    var band = 0
    for bin in 0...Frame.sampleCount {
      let frequency = Float(bin) * BandLayout.binWidth
      while band < 24 && frequency >= edges[band + 1] { band += 1 }
      // Between the middles of band - 1 and band.
      bandOf[bin] = band
      share[bin] = (frequency - edges[band]) / (edges[band + 1] - edges[band])
    }
  }

  mutating func hear(_ frame: UnsafeMutablePointer<Float>) -> Bands {
    let count = Frame.sampleCount
    block.start.update(from: block.start + count, count: count)
    (block.start + count).update(from: frame, count: count)
    for index in 0..<(2 * count) { windowed[index] = block[index] * window[index] }
    fft.forward(windowed.start, real: real.start, imaginary: imaginary.start)
    var bands = Bands(repeating: 0)
    for bin in 1...count {
      let power = real[bin] * real[bin] + imaginary[bin] * imaginary[bin]
      let upper = bandOf[bin]
      let part = power * share[bin]
      if upper < 24 { bands[upper] += part }
      if upper > 0 { bands[upper - 1] += power - part }
    }
    return bands
  }
}
