public import VoiceCore

/// What went to the loudspeaker, so that what is in the air now can be read from it: the echo
/// canceller's reference. What was taken back was not heard, and is silence here too.
public struct PlayedTape: ~Copyable {
  /// A quarter of a second: more is never between us and the air.
  public static let capacity = 4_096
  private static let mask = Int64(capacity - 1)

  private let samples: UnsafeMutableBufferPointer<Int16>
  private var written: Int64 = 0

  public init() {
    samples = .allocate(capacity: PlayedTape.capacity)
    samples.initialize(repeating: 0)
  }
  deinit { samples.deallocate() }

  public mutating func write(_ frame: borrowing Frame) {
    for index in 0..<Frame.sampleCount { put(frame[index]) }
  }

  public mutating func writeSilence(_ count: Int) {
    for _ in 0..<min(count, PlayedTape.capacity) { put(0) }
  }

  private mutating func put(_ sample: Int16) {
    samples[Int(written & PlayedTape.mask)] = sample
    written += 1
  }

  /// The last `count` samples will not be heard after all, but for a fade in the first of them.
  public mutating func silence(last count: Int, fade: Int) {
    let count = min(count, PlayedTape.capacity)
    for index in 0..<count {
      let place = Int((written - Int64(count - index)) & PlayedTape.mask)
      let gain = index < fade ? 1 - Float(index + 1) / Float(fade) : 0
      samples[place] = Int16((Float(samples[place]) * gain).rounded())
    }
  }

  /// The frame that ends `behind` samples before the last that was written.
  public func read(behind: Int, into frame: inout Frame) {
    let behind = max(0, min(behind, PlayedTape.capacity - Frame.sampleCount))
    let first = written - Int64(behind + Frame.sampleCount)
    for index in 0..<Frame.sampleCount {
      let place = first + Int64(index)
      frame[index] = place < 0 ? 0 : samples[Int(place & PlayedTape.mask)]
    }
  }
}
