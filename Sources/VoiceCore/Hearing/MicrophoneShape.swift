/// What ten milliseconds show of the microphone itself, before anything was done to them.
public struct MicrophoneShape: Equatable, Sendable, BitwiseCopyable {
  public var lowest: Int16
  public var highest: Int16
  /// Samples at the very top or bottom.
  public var clipped: UInt8

  /// Nobody records on purpose what reaches this, and a clipped sound that was resampled has no
  /// flatter tops.
  public static let full: Int16 = 32_300

  public init(lowest: Int16 = 0, highest: Int16 = 0, clipped: UInt8 = 0) {
    self.lowest = lowest
    self.highest = highest
    self.clipped = clipped
  }

  public init(of frame: borrowing Frame) {
    var low = SIMD8<Int16>(repeating: .max)
    var high = SIMD8<Int16>(repeating: .min)
    var counts = SIMD8<Int16>()
    let top = SIMD8<Int16>(repeating: MicrophoneShape.full)
    let bottom = SIMD8<Int16>(repeating: -MicrophoneShape.full)
    frame.eachEight { samples in
      low = pointwiseMin(low, samples)
      high = pointwiseMax(high, samples)
      let isFull = (samples .>= top) .| (samples .<= bottom)
      counts.replace(with: counts &+ 1, where: isFull)
    }
    lowest = low.min()
    highest = high.max()
    clipped = UInt8(truncatingIfNeeded: counts.wrappedSum())
  }
}
