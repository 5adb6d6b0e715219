internal import CESpeak

/// Brings the synthesizer's sound to our 16 kHz: a windowed sinc for every fraction of a sample that
/// can occur. Takes sound in pieces and keeps what the next piece needs.
struct Resampler {
  /// Input samples each side of an output sample: a transition band of 1.2 kHz at 70 dB.
  private static let reach = 24
  /// Kaiser's window for 70 dB.
  private static let beta = 7.0

  private let step: Int
  private let phases: Int
  private let filters: [Float]
  private var sound: [Float]
  /// Where the next output sample lies in `sound`, in units of 1/phases.
  private var position: Int

  init(from inputRate: Int, to outputRate: Int) {
    let divisor = Resampler.greatestCommonDivisor(inputRate, outputRate)
    step = inputRate / divisor
    phases = outputRate / divisor
    let reach = Resampler.reach
    // Half a transition band below the lower of the two Nyquist rates, in cycles per input sample.
    let cutoff = 0.5 * min(1, Double(outputRate) / Double(inputRate)) - 0.5 * 0.055
    var filters: [Float] = []
    filters.reserveCapacity(phases * 2 * reach)
    for phase in 0..<phases {
      let fraction = Double(phase) / Double(phases)
      var taps: [Double] = []
      for tap in 0..<(2 * reach) {
        let distance = Double(tap - reach + 1) - fraction
        let angle = 2 * Double.pi * cutoff * distance
        let sinc = abs(angle) < 1e-9 ? 1 : sin(angle) / angle
        taps.append(sinc * Resampler.window(distance / Double(reach)))
      }
      // Each phase passes a constant unchanged, else the steps between phases are heard as a whistle.
      let gain = taps.reduce(0, +)
      for tap in taps { filters.append(Float(tap / gain)) }
    }
    self.filters = filters
    sound = [Float](repeating: 0, count: reach - 1)
    position = 0
  }

  /// What can be told of the output so far.
  mutating func process(_ input: UnsafeBufferPointer<Int16>) -> [Int16] {
    sound.reserveCapacity(sound.count + input.count)
    for sample in input { sound.append(Float(sample)) }
    return drain()
  }

  /// The last samples, and a fresh start.
  mutating func finish() -> [Int16] {
    for _ in 0..<Resampler.reach { sound.append(0) }
    let rest = drain()
    sound = [Float](repeating: 0, count: Resampler.reach - 1)
    position = 0
    return rest
  }

  private mutating func drain() -> [Int16] {
    let width = 2 * Resampler.reach
    var output: [Int16] = []
    sound.withUnsafeBufferPointer { sound in
      filters.withUnsafeBufferPointer { filters in
        while position / phases + width <= sound.count {
          let start = position / phases
          let filter = position % phases * width
          var sum: Float = 0
          for tap in 0..<width { sum += sound[start + tap] * filters[filter + tap] }
          output.append(Int16(max(-32_768, min(32_767, sum.rounded()))))
          position += step
        }
      }
    }
    let done = min(position / phases, sound.count)
    sound.removeFirst(done)
    position -= done * phases
    return output
  }

  private static func window(_ place: Double) -> Double {
    guard abs(place) < 1 else { return 0 }
    return bessel(beta * (1 - place * place).squareRoot()) / bessel(beta)
  }

  /// The modified Bessel function of order zero, by its power series.
  private static func bessel(_ x: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    for index in 1...30 {
      term *= (x / 2) / Double(index)
      sum += term * term
    }
    return sum
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
