/// What was learned of the way from the loudspeaker to the microphone, to be used by the next start:
/// where the echo begins, how fast it wanders, and its path. No sound can be had back from it.
public struct EchoMemory: Sendable, BitwiseCopyable {
  public static let tapCount = ReferenceSpectra.partitions * Frame.sampleCount

  /// Whole frames by which the reference is held back.
  public var placement = 0
  /// Samples from the reference to the direct sound.
  public var delay: Float = 0
  /// How much faster the loudspeaker's clock is.
  public var driftPPM: Float = 0
  public var driftDeviationPPM: Float = 0
  /// The path from the held back reference on.
  public var taps = InlineArray<3_200, Float>(repeating: 0)

  public init() {}

  /// Whether all of it is what a room and two clocks can be: what was not written here, or not read
  /// well, must never reach the canceller.
  public var isPlausible: Bool {
    let isPlaced =
      (0...EchoMemory.mostPlacement).contains(placement)
      && delay >= 0 && delay <= Float((EchoMemory.mostPlacement + 1) * Frame.sampleCount)
    // A comparison with what is not a number is false.
    let isSteady = abs(driftPPM) <= 300 && driftDeviationPPM >= 0 && driftDeviationPPM <= 1_000
    guard isPlaced && isSteady else { return false }
    var power: Float = 0
    return withUnsafeBytes(of: taps) { bytes in
      let taps = bytes.assumingMemoryBound(to: Float.self)
      for index in 0..<EchoMemory.tapCount {
        guard abs(taps[index]) <= EchoMemory.largestTap else { return false }
        power += taps[index] * taps[index]
      }
      return power > 0 && power < EchoMemory.largestTap * EchoMemory.largestTap
    }
  }

  /// As far as the delay estimator looks.
  private static let mostPlacement = DelayEstimator.lags
  /// An echo 18 dB louder than what was played is no echo.
  private static let largestTap: Float = 8
}

extension EchoPath {
  /// How far a remembered path is trusted: its error is expected this much below it, in power.
  /// The room is a little different every day, and no path was ever learned in full.
  private static let rememberedDoubt: Float = 0.02

  /// The model as an impulse response, `EchoMemory.tapCount` taps.
  func readTaps(into taps: UnsafeMutablePointer<Float>, _ fft: borrowing RealFFT) {
    let count = Frame.sampleCount
    for partition in 0..<ReferenceSpectra.partitions {
      let place = partition * ReferenceSpectra.row
      fft.inverse(real: real.start + place, imaginary: imaginary.start + place, into: block.start)
      (taps + partition * count).copy(from: block.start, count: count)
    }
  }

  /// Takes an impulse response over from an earlier start.
  mutating func recall(_ taps: UnsafePointer<Float>, _ fft: borrowing RealFFT) {
    let count = Frame.sampleCount
    let row = ReferenceSpectra.row
    for partition in 0..<ReferenceSpectra.partitions {
      let place = partition * row
      block.clear()
      block.start.copy(from: taps + partition * count, count: count)
      fft.forward(block.start, real: real.start + place, imaginary: imaginary.start + place)
      var power: Float = 0
      for bin in place..<(place + row) {
        power += real[bin] * real[bin] + imaginary[bin] * imaginary[bin]
      }
      let mean = power / Float(count + 1)
      for bin in place..<(place + row) {
        let here = real[bin] * real[bin] + imaginary[bin] * imaginary[bin]
        // A bin that happens to be weak is not the surer for it.
        variance[bin] = min(
          variance[bin], EchoPath.rememberedDoubt * (mean + here) + EchoPath.leastDoubt)
      }
    }
  }

  /// An echo 50 dB below what was played that the memory knows nothing of.
  private static let leastDoubt: Float = 1e-5
}

extension EchoCanceller {
  /// Echo in which a path can be learned well enough to be worth keeping.
  static let framesWorthKeeping = 300

  /// - Returns: false if there was too little to learn from.
  func read(into memory: inout EchoMemory) -> Bool {
    guard framesAtWork >= EchoCanceller.framesWorthKeeping else { return false }
    withUnsafeMutableBytes(of: &memory.taps) {
      patient.readTaps(into: $0.assumingMemoryBound(to: Float.self).baseAddress!, fft)
    }
    return true
  }

  /// A second of echo, in which a path is learned if there is one to learn.
  private static let trial = 100

  /// The patient model begins with what is remembered and the quick one with nothing: should the
  /// room be another, that is found out, and learned, nearly as fast as if nothing had been
  /// remembered. Without the trial the quick one would take over a wrong memory, too.
  mutating func recall(_ memory: borrowing EchoMemory) {
    framesOnTrial = EchoCanceller.trial
    withUnsafeBytes(of: memory.taps) {
      patient.recall($0.assumingMemoryBound(to: Float.self).baseAddress!, fft)
    }
  }
}

extension ReferenceAligner {
  /// - Returns: false while the sound has not said where its echo is.
  func read(into memory: inout EchoMemory) -> Bool {
    guard let delay = place.samples else { return false }
    // Where drift has carried the resampler since does not matter: streams begin anew, and none begins
    // ahead of the tick.
    let lift = max(0, -Int(placement))
    memory.placement = Int(placement) + lift
    memory.delay = delay + Float(lift * Frame.sampleCount)
    memory.driftPPM = driftPPM
    memory.driftDeviationPPM = driftDeviationPPM
    return true
  }

  /// Only before the first frame.
  mutating func recall(_ memory: borrowing EchoMemory) {
    place.expect(samples: memory.delay)
    // Crystals are a few millionths off from one day to the next.
    expect(driftPPM: memory.driftPPM, deviationPPM: memory.driftDeviationPPM + 3)
    let isSure = abs(memory.driftPPM) > 2 * memory.driftDeviationPPM + 1
    begin(placement: Int64(memory.placement), driftPPM: isSure ? memory.driftPPM : 0)
  }
}
