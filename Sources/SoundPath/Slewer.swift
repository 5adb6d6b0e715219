internal import VoiceCore

/// Makes sound a little longer or shorter, by millionths, so that a loudspeaker whose clock is not
/// the microphone's never runs dry nor over. Nobody hears it.
///
/// As long as nothing has been asked of it, what comes out is what went in, to the bit.
public struct Slewer: ~Copyable {
  /// Samples that an interpolated one takes from each side: 60 dB up to 6.5 kHz.
  static let reach = 12
  /// By how many samples what comes out is later than what went in.
  public static let delay = reach
  private static let taps = 2 * reach
  private static let phases = 128
  /// Nothing that we play for may be further off than this.
  public static let mostPPM = ClockDrift.most
  /// The most that goes in at once, and what may come of it.
  public static let mostSamples = 160
  public static let mostOutput = 164

  /// The last samples of before, and then those that came.
  private let source: UnsafeMutableBufferPointer<Float>
  private let kernels: UnsafeMutableBufferPointer<Float>
  /// Where the next sample is taken from, beyond `reach`: whole samples and 2^-32 parts of one.
  private var place: Int64 = 0
  private var stretch: Int64 = 0
  /// How many more came out than went in.
  private var surplus: Int64 = 0
  /// Samples since the last that was not zero.
  private var quiet = Slewer.taps

  public init() {
    source = .allocate(capacity: Slewer.taps + Slewer.mostSamples)
    source.initialize(repeating: 0)
    kernels = .allocate(capacity: (Slewer.phases + 1) * Slewer.taps)
    InterpolationKernel.fill(
      kernels.baseAddress!, reach: Slewer.reach, phases: Slewer.phases)
  }
  deinit {
    source.deallocate()
    kernels.deallocate()
  }

  /// How many samples more than went in have come out, with its fraction.
  public var moved: Double { Double(surplus) - Double(place) / 4_294_967_296 }

  /// Whether everything that is still in here is silence.
  public var isQuiet: Bool { quiet >= Slewer.taps }

  /// - Parameter ppm: by how much longer what comes out is than what goes in.
  public mutating func setStretch(ppm: Float) {
    let ppm = max(-Slewer.mostPPM, min(Slewer.mostPPM, ppm))
    stretch = -Int64((ppm * 4_294.967_3).rounded())
  }

  /// What is in here will not be heard.
  public mutating func forget() {
    for index in 0..<Slewer.taps { source[index] = 0 }
    quiet = Slewer.taps
  }

  /// - Returns: how many samples came out.
  public mutating func pass(
    _ input: UnsafePointer<Float>, count: Int, isSilent: Bool,
    into output: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    precondition(count <= Slewer.mostSamples && output.count >= Slewer.mostOutput)
    if isSilent && isQuiet { return passSilence(count, into: output) }
    quiet = isSilent ? min(Slewer.taps, quiet + count) : 0
    for index in 0..<count { source[Slewer.taps + index] = input[index] }
    var made = 0
    if place == 0 && stretch == 0 {
      for index in 0..<count { output[index] = source[Slewer.reach + index] }
      made = count
    } else {
      while place >> 32 < Int64(count) && made < output.count {
        output[made] = interpolate(Int(place >> 32), UInt32(truncatingIfNeeded: place))
        made += 1
        place += 4_294_967_296 + stretch
      }
      place -= Int64(count) << 32
      surplus += Int64(made - count)
    }
    for index in 0..<Slewer.taps { source[index] = source[count + index] }
    return made
  }

  private mutating func passSilence(
    _ count: Int, into output: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    var made = 0
    while place >> 32 < Int64(count) && made < output.count {
      output[made] = 0
      made += 1
      place += 4_294_967_296 + stretch
    }
    place -= Int64(count) << 32
    surplus += Int64(made - count)
    return made
  }

  @inline(__always)
  private func interpolate(_ whole: Int, _ fraction: UInt32) -> Float {
    let phase = Int(fraction >> 25)
    let between = Float(fraction & 0x1FF_FFFF) / 33_554_432
    let near = phase * Slewer.taps
    let far = near + Slewer.taps
    var sum: Float = 0
    for tap in 0..<Slewer.taps {
      let low = kernels[near + tap]
      sum += source[whole + 1 + tap] * (low + (kernels[far + tap] - low) * between)
    }
    return sum
  }
}
