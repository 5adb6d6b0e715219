/// How loud a frame is: its power, and the same in dB below full scale for people.
public struct Loudness: Equatable, Comparable, Sendable, BitwiseCopyable {
  /// Mean square of the samples, 0 to 2^30.
  public let power: Float

  public init(power: Float) { self.power = power }

  public init(of frame: borrowing Frame) {
    // Squares fill 31 bits, so the upper and the lower halves of them are added up by themselves:
    // exact, and eight samples at a time, which the device's -Osize does not find by itself.
    var upper = SIMD8<UInt32>()
    var lower = SIMD8<UInt32>()
    frame.eachEight { samples in
      let wide = SIMD8<Int32>(truncatingIfNeeded: samples)
      let squares = SIMD8<UInt32>(truncatingIfNeeded: wide &* wide)
      upper &+= squares &>> 16
      lower &+= squares & 0xFFFF
    }
    let sum = Int64(upper.wrappedSum()) << 16 + Int64(lower.wrappedSum())
    power = Float(sum) / Float(Frame.sampleCount)
  }

  public static func < (left: Loudness, right: Loudness) -> Bool { left.power < right.power }

  /// dB below a full-scale square wave, in tenths to keep one digit without printing floats;
  /// -960 (silence of 16 bits) at least.
  public var decibelTenths: Int {
    guard power > 0 else { return -960 }
    return max(-960, Int((100 * (log2(power) - 30) * 0.30103).rounded()))
  }

  /// The power of a level given in dB below full scale.
  public static func decibels(_ level: Float) -> Loudness {
    Loudness(power: exp2(30 + level / 3.0103))
  }
}

/// Base-2 logarithm good to 0.0003 (a fourth-degree fit between powers of two): enough for meters
/// and features, and the core links no C library.
@inline(__always)
public func log2(_ value: Float) -> Float {
  let bits = value.bitPattern
  let exponent = Float(Int((bits >> 23) & 0xFF) - 127)
  let m = Float(bitPattern: (bits & 0x7F_FFFF) | 0x3F80_0000)
  return exponent - 2.49684606
    + m * (4.02854794 + m * (-2.08121416 + m * (0.62887362 - m * 0.07915816)))
}

/// 2 to the power of `value`, good to 0.02 %.
@inline(__always)
public func exp2(_ value: Float) -> Float {
  let clamped = max(-126, min(127, value))
  let whole = clamped.rounded(.down)
  let part = clamped - whole
  let scale = Float(bitPattern: UInt32(Int(whole) + 127) << 23)
  return scale * (1 + part * (0.69583282 + part * (0.22606716 + part * 0.078024523)))
}
