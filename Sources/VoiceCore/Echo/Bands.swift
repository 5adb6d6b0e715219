/// A number for each of 24 bands between 50 Hz and 8 kHz, narrow where voices have their pitch and
/// first formant, wide above: about how an ear divides them.
public struct Bands: Sendable, BitwiseCopyable {
  public static let count = 24
  public var values: InlineArray<24, Float>

  public init(repeating value: Float = 0) { values = InlineArray(repeating: value) }

  @inline(__always)
  public subscript(band: Int) -> Float {
    get { values[band] }
    set { values[band] = newValue }
  }

  public var sum: Float {
    var sum: Float = 0
    for band in 0..<Bands.count { sum += values[band] }
    return sum
  }
}

/// Where the bands lie in a spectrum of 20 ms: bins are 50 Hz apart, and each bin belongs to the two
/// bands whose middles it lies between, by its distance to them.
struct BandLayout: ~Copyable {
  /// The middle of each band, in bins.
  private static func middle(_ band: Int) -> Int {
    let middles: InlineArray<24, Int> = [
      2, 4, 6, 8, 10, 12, 14, 17, 20, 23, 27, 31, 36, 41, 47, 54, 62, 71, 81, 93, 106, 121, 139,
      158,
    ]
    return middles[band]
  }
  static let binCount = Frame.sampleCount + 1

  /// How much of each bin is the band's above it.
  private let shares = FloatMemory(count: BandLayout.binCount)

  init() {
    var band = 0
    for bin in 0..<BandLayout.binCount {
      while band < Bands.count - 1 && bin >= BandLayout.middle(band + 1) { band += 1 }
      guard band < Bands.count - 1, bin > BandLayout.middle(band) else { continue }
      let from = BandLayout.middle(band)
      shares[bin] = Float(bin - from) / Float(BandLayout.middle(band + 1) - from)
    }
  }

  /// The bins between the middle of a band and the next one's.
  @inline(__always)
  private static func bins(above band: Int) -> Range<Int> {
    (band == 0 ? 0 : middle(band))..<(band == Bands.count - 1 ? binCount : middle(band + 1))
  }

  /// Power by band. The lowest bin is no sound.
  func gather(_ power: UnsafeMutablePointer<Float>) -> Bands {
    var gathered = Bands()
    var below: Float = 0
    for band in 0..<Bands.count {
      var here = below
      var above: Float = 0
      for bin in BandLayout.bins(above: band) where bin > 0 {
        let next = power[bin] * shares[bin]
        here += power[bin] - next
        above += next
      }
      gathered.values[band] = here
      below = above
    }
    return gathered
  }

  /// A gain for each bin, without steps between the bands.
  func spread(_ gains: borrowing Bands, into bins: UnsafeMutablePointer<Float>) {
    for band in 0..<Bands.count {
      let here = gains[band]
      let above = gains[min(band + 1, Bands.count - 1)]
      for bin in BandLayout.bins(above: band) { bins[bin] = here + (above - here) * shares[bin] }
    }
  }
}
