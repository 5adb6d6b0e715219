internal import VoiceCore

/// A loudspeaker whose clock is not the microphone's: what it is given waits in a queue, out of which
/// it plays a little faster or slower than it is given. As a card does, it runs dry now and then, or
/// has no room for a frame, and then its sound is later or earlier than before.
struct DriftingLoudspeaker {
  /// What stands in front of the next frame at the beginning, and again after it ran dry.
  static let headStart = 2 * Frame.sampleCount
  /// With a frame more in front of it there is no room for the next.
  static let longest = 3 * Frame.sampleCount
  /// Samples that one between them takes from each side.
  private static let reach = 12
  private static let taps = 2 * reach
  private static let phases = 128
  /// Holds the longest queue, a frame and the samples of before; a power of two.
  private static let capacity = 2_048

  /// How much further than a sample each sample goes, in 2^-32.
  private let stretch: Int64
  private let kernels: [Float]
  private var queue = [Float](repeating: 0, count: capacity)
  private var written: Int64 = 0
  /// Where the next frame that is heard begins: whole samples and 2^-32 parts of one.
  private var whole: Int64
  private var part: Int64 = 0
  /// Times it ran dry or had no room.
  private(set) var stumbles = 0

  /// - Parameter ppm: by how many millionths it is faster than the microphone.
  init(ppm: Int) {
    stretch = Int64(ppm) * 4_294_967_296 / 1_000_000
    whole = -Int64(DriftingLoudspeaker.headStart)
    let count = (DriftingLoudspeaker.phases + 1) * DriftingLoudspeaker.taps
    kernels = [Float](unsafeUninitializedCapacity: count) { rows, made in
      InterpolationKernel.fill(
        rows.baseAddress!, reach: DriftingLoudspeaker.reach, phases: DriftingLoudspeaker.phases)
      made = count
    }
  }

  /// Samples by which what is heard now is later than what is given now.
  var lag: Double {
    Double(written - whole) - Double(part) / 4_294_967_296
  }

  /// The next ten milliseconds of the microphone's clock: what is given, and what is heard of what was
  /// given before.
  mutating func pass(_ given: borrowing Frame, into heard: inout Frame) {
    if lag < Double(DriftingLoudspeaker.reach + 1) {
      stumbles += 1
      for _ in 0..<DriftingLoudspeaker.headStart / Frame.sampleCount { write(.silence) }
    }
    if lag > Double(DriftingLoudspeaker.longest) {
      stumbles += 1
    } else {
      write(given)
    }
    let mask = Int64(DriftingLoudspeaker.capacity - 1)
    for index in 0..<Frame.sampleCount {
      let phase = Int(part >> 25)
      let between = Float(part & 0x1FF_FFFF) / 33_554_432
      let near = phase * DriftingLoudspeaker.taps
      let first = whole - Int64(DriftingLoudspeaker.reach - 1)
      var sum: Float = 0
      for tap in 0..<DriftingLoudspeaker.taps {
        let low = kernels[near + tap]
        let weight = low + (kernels[near + DriftingLoudspeaker.taps + tap] - low) * between
        sum += queue[Int((first + Int64(tap)) & mask)] * weight
      }
      heard[index] = Int16(max(-32_768, min(32_767, sum + (sum < 0 ? -0.5 : 0.5))))
      part += 4_294_967_296 + stretch
      whole += part >> 32
      part &= 0xFFFF_FFFF
    }
  }

  private mutating func write(_ frame: borrowing Frame) {
    for index in 0..<Frame.sampleCount {
      queue[Int(written) & (DriftingLoudspeaker.capacity - 1)] = Float(frame.samples[index])
      written += 1
    }
  }
}
