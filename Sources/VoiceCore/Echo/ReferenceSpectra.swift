/// The spectra of what the loudspeaker played lately, one partition for each frame of the past.
struct ReferenceSpectra: ~Copyable {
  /// Frames of echo that can be modelled: 200 ms behind the aligned reference.
  static let partitions = 20
  /// One frame and the one before it: the block of overlap-save.
  static let blockSize = 2 * Frame.sampleCount
  /// Bins of a block's spectrum, rounded up to whole vectors.
  static let row = FloatMemory.padded(Frame.sampleCount + 1)

  let real = FloatMemory(count: partitions * row)
  let imaginary = FloatMemory(count: partitions * row)
  let power = FloatMemory(count: partitions * row)
  /// Newest first, as places in the three above.
  private var newest = 0
  private let block = FloatMemory(count: blockSize)

  /// Where the spectrum of `partition` frames ago begins.
  @inline(__always)
  func place(_ partition: Int) -> Int {
    let index = newest + partition
    let wrapped = index >= ReferenceSpectra.partitions ? index - ReferenceSpectra.partitions : index
    return wrapped * ReferenceSpectra.row
  }

  mutating func hear(_ frame: UnsafeMutablePointer<Float>, _ fft: borrowing RealFFT) {
    step(by: -1)
    let count = Frame.sampleCount
    block.start.copy(from: block.start + count, count: count)
    (block.start + count).copy(from: frame, count: count)
    let place = place(0)
    fft.forward(block.start, real: real.start + place, imaginary: imaginary.start + place)
    var bin = place
    while bin < place + ReferenceSpectra.row {
      let re = real.start.vector(bin)
      let im = imaginary.start.vector(bin)
      power.start.store(re * re + im * im, at: bin)
      bin += 4
    }
  }

  /// The reference will come `frames` later from now on (earlier when negative): what is missing in
  /// the past is silence.
  mutating func shift(by frames: Int) {
    let count = min(abs(frames), ReferenceSpectra.partitions)
    if frames > 0 {
      step(by: count)
      for partition in (ReferenceSpectra.partitions - count)..<ReferenceSpectra.partitions {
        silence(partition)
      }
    } else {
      for _ in 0..<count {
        step(by: -1)
        silence(0)
      }
    }
  }

  private mutating func step(by places: Int) {
    newest = (newest + places + ReferenceSpectra.partitions) % ReferenceSpectra.partitions
  }

  private func silence(_ partition: Int) {
    let place = place(partition)
    (real.start + place).update(repeating: 0, count: ReferenceSpectra.row)
    (imaginary.start + place).update(repeating: 0, count: ReferenceSpectra.row)
    (power.start + place).update(repeating: 0, count: ReferenceSpectra.row)
  }
}
