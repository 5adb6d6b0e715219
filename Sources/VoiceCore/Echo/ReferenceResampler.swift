/// Plays the reference at the speed the microphone's clock gives it, in frames.
///
/// Frame `number` of what comes out covers the source from `position` on; at no drift that is the
/// source itself, `firstLag` samples later and to the bit.
struct ReferenceResampler: ~Copyable {
  /// Samples that an interpolated one takes from each side: 60 dB up to 7 kHz.
  static let reach = 16
  /// Where it begins: what is more than `reach` is for a loudspeaker that runs ahead.
  static let firstLag = 80
  private static let taps = 2 * reach
  private static let phases = 128
  private static let capacity = 1_024

  /// Where in the source the next frame begins: whole samples and 2^-32 parts of one. Never a
  /// Float: an hour has 57 600 000 samples.
  private var whole = -Int64(ReferenceResampler.firstLag)
  private var fraction: UInt32 = 0
  /// How much further than a sample each sample goes, in 2^-32.
  private var stretch: Int64 = 0
  /// The number of the next frame.
  private(set) var next: Int64 = 0
  private var received: Int64 = 0

  private let source = FloatMemory(count: capacity)
  private let kernels = FloatMemory(count: (phases + 1) * taps)
  private let kernel = FloatMemory(count: taps)

  init() {
    InterpolationKernel.fill(
      kernels.start, reach: ReferenceResampler.reach, phases: ReferenceResampler.phases)
  }

  /// Samples that the next frame begins later than it would have without drift, to about 2^-20.
  var lag: Double {
    Double(next * Int64(Frame.sampleCount) - Int64(ReferenceResampler.firstLag) - whole)
      - Double(fraction) / 4_294_967_296
  }

  /// - Parameter ppm: how much slower than the microphone the loudspeaker runs: by how much the
  ///   echo comes later and later.
  mutating func setDrift(ppm: Float) { stretch = -Int64((ppm * 4_294.967_3).rounded()) }

  mutating func receive(_ frame: borrowing Frame) {
    let start = Int(received & Int64(ReferenceResampler.capacity - 1))
    // The ring's size is no multiple of a frame's.
    let ring = source.start
    frame.read { samples in
      for index in 0..<Frame.sampleCount {
        ring[(start + index) & (ReferenceResampler.capacity - 1)] = Float(samples[index])
      }
    }
    received += Int64(Frame.sampleCount)
  }

  /// Whether the source has what the next frame needs.
  var isReady: Bool {
    let last = Int64(fraction) + Int64(Frame.sampleCount - 1) * stretch
    let end = whole + Int64(Frame.sampleCount) + (last >> 32)
    return end + Int64(ReferenceResampler.reach) <= received
  }

  /// Back to the latest place from which a frame can be made, and by `samples` more.
  mutating func stepBack(by samples: Int) {
    let reach = Int64(ReferenceResampler.reach)
    whole = min(whole, received - Int64(Frame.sampleCount) - reach - 1) - Int64(samples)
    fraction = 0
  }

  mutating func make(_ frame: inout Frame) {
    let mask = Int64(ReferenceResampler.capacity - 1)
    if fraction == 0 && stretch == 0 {
      for index in 0..<Frame.sampleCount {
        frame.samples[index] = Int16(source[Int((whole + Int64(index)) & mask)])
      }
    } else {
      var part = Int64(fraction)
      for index in 0..<Frame.sampleCount {
        let place = whole + Int64(index) + (part >> 32)
        let value = interpolate(at: place, UInt32(truncatingIfNeeded: part))
        // To the nearest, halves away from zero; the library's own rounding is a call.
        let nearest = value + (value < 0 ? -0.5 : 0.5)
        frame.samples[index] = Int16(max(-32_768, min(32_767, nearest)))
        part += stretch
      }
    }
    let end = Int64(fraction) + Int64(Frame.sampleCount) * stretch
    whole += Int64(Frame.sampleCount) + (end >> 32)
    fraction = UInt32(truncatingIfNeeded: end)
    next += 1
  }

  @inline(__always)
  private func interpolate(at place: Int64, _ fraction: UInt32) -> Float {
    let phase = Int(fraction >> 25)
    let between = Float(fraction & 0x1FF_FFFF) / 33_554_432
    let near = kernels.start + phase * ReferenceResampler.taps
    let far = near + ReferenceResampler.taps
    let first = Int(
      (place - Int64(ReferenceResampler.reach - 1)) & Int64(ReferenceResampler.capacity - 1))
    var sum = Vector(repeating: 0)
    if first + ReferenceResampler.taps <= ReferenceResampler.capacity {
      var tap = 0
      while tap < ReferenceResampler.taps {
        let low = near.vector(tap)
        sum += source.start.vector(first + tap) * (low + (far.vector(tap) - low) * between)
        tap += 4
      }
      return sum.sum()
    }
    var total: Float = 0
    for tap in 0..<ReferenceResampler.taps {
      let low = near[tap]
      total +=
        source[(first + tap) & (ReferenceResampler.capacity - 1)]
        * (low + (far[tap] - low) * between)
    }
    return total
  }
}
