/// Where in the past of the loudspeaker the microphone's sound is found, 0 to 310 ms back.
///
/// For each whole frame of lag the cross spectrum of both whitened sounds is summed up; back in
/// time, each gives the correlation around its lag, to the sample. What stands out of the mass of
/// all lags, and goes on standing out, is the echo.
struct DelayEstimator: ~Copyable {
  static let lags = 32
  /// More than `lags`: a lag keeps its place while the window over them moves with the drift.
  private static let slots = 64
  /// Samples of correlation that one lag answers for.
  private static let half = Frame.sampleCount / 2

  struct Peak: Sendable {
    /// Samples from the reference to its echo.
    var delay = 0
    /// Over the root mean square of the correlation at all lags.
    var height: Float = 0
  }

  /// What one look at all lags gave.
  struct Look: Sendable {
    var best = Peak()
    /// The best that is too far from it to be the room's.
    var rival = Peak()
    /// The first that is not much lower: the direct sound, if a reflection is louder.
    var first = Peak()
    /// What is at the delay in use.
    var held = Peak()
  }

  private let sumsReal = FloatMemory(count: slots * EchoBins.searched)
  private let sumsImaginary = FloatMemory(count: slots * EchoBins.searched)
  private let fft = RealFFT(size: EchoBins.fftSize)
  private let binsReal = FloatMemory(count: EchoBins.fftSize / 2 + 1)
  private let binsImaginary = FloatMemory(count: EchoBins.fftSize / 2 + 1)
  private let correlation = FloatMemory(count: EchoBins.fftSize)
  // Of each lag's correlation: the highest, how far from the lag it is, and the whole.
  private let peaks = FloatMemory(count: slots)
  private let places = FloatMemory(count: slots)
  private let energies = FloatMemory(count: slots)
  private var firstLag: Int64 = 0
  private var nextLag = 0
  private var heldPeak = Peak()
  /// Frames summed up, as far as it matters.
  private var evidence = 0

  /// A second of echo decides: long enough to be sure, short enough for drift not to blur it.
  private static let forgetting: Float = 0.99
  /// Before there are as many frames as lags, some sums hold nothing and the mass is no measure.
  private static let leastEvidence = 40
  /// Samples around the delay in use that count as it.
  static let sameDelay = 24

  init() {}

  private static func slot(_ lag: Int64) -> Int { Int(lag & Int64(slots - 1)) }

  /// - Returns: once in `lags / 2` frames what a whole look gave.
  mutating func hear(
    micReal: UnsafeMutablePointer<Float>, micImaginary: UnsafeMutablePointer<Float>,
    tick: Int64, history: borrowing ReferenceHistory, held: Int?
  ) -> Look? {
    move(to: tick - history.newest)
    for index in 0..<DelayEstimator.lags {
      let lag = firstLag + Int64(index)
      add(micReal, micImaginary, history, tick - lag, DelayEstimator.slot(lag))
    }
    evidence = min(evidence + 1, DelayEstimator.leastEvidence)
    for _ in 0..<2 {
      look(at: firstLag + Int64(nextLag), held: held)
      nextLag += 1
    }
    guard nextLag >= DelayEstimator.lags else { return nil }
    nextLag = 0
    let look = judge(held: held)
    heldPeak = Peak()
    return evidence < DelayEstimator.leastEvidence ? nil : look
  }

  mutating func forget() {
    sumsReal.clear()
    sumsImaginary.clear()
    nextLag = 0
    evidence = 0
  }

  /// Drift moves the newest reference frame against the ticks: lags come and go at both ends.
  private mutating func move(to lag: Int64) {
    guard lag != firstLag else { return }
    let step: Int64 = lag > firstLag ? 1 : -1
    while firstLag != lag {
      let fresh = step > 0 ? firstLag + Int64(DelayEstimator.lags) : firstLag - 1
      let place = DelayEstimator.slot(fresh) * EchoBins.searched
      (sumsReal.start + place).update(repeating: 0, count: EchoBins.searched)
      (sumsImaginary.start + place).update(repeating: 0, count: EchoBins.searched)
      firstLag += step
    }
    nextLag = 0
  }

  private func add(
    _ micReal: UnsafeMutablePointer<Float>, _ micImaginary: UnsafeMutablePointer<Float>,
    _ history: borrowing ReferenceHistory, _ number: Int64, _ slot: Int
  ) {
    let place = slot * EchoBins.searched
    let keep = DelayEstimator.forgetting
    var bin = 0
    guard history.isAudible(number) else {
      while bin < EchoBins.searched {
        sumsReal.start.store(sumsReal.start.vector(place + bin) * keep, at: place + bin)
        sumsImaginary.start.store(sumsImaginary.start.vector(place + bin) * keep, at: place + bin)
        bin += 4
      }
      return
    }
    let real = history.real(number)
    let imaginary = history.imaginary(number)
    while bin < EchoBins.searched {
      let mr = micReal.vector(bin)
      let mi = micImaginary.vector(bin)
      let rr = real.vector(bin)
      let ri = imaginary.vector(bin)
      sumsReal.start.store(
        sumsReal.start.vector(place + bin) * keep + (mr * rr + mi * ri), at: place + bin)
      sumsImaginary.start.store(
        sumsImaginary.start.vector(place + bin) * keep + (mi * rr - mr * ri), at: place + bin)
      bin += 4
    }
  }

  /// The correlation around one lag.
  private mutating func look(at lag: Int64, held: Int?) {
    let slot = DelayEstimator.slot(lag)
    let start = slot * EchoBins.searched
    (binsReal.start + EchoBins.first).update(
      from: sumsReal.start + start, count: EchoBins.searched)
    (binsImaginary.start + EchoBins.first).update(
      from: sumsImaginary.start + start, count: EchoBins.searched)
    fft.inverse(real: binsReal.start, imaginary: binsImaginary.start, into: correlation.start)
    let half = DelayEstimator.half
    // Later than the lag at the beginning of the circle, earlier at its end.
    let later = highest(from: 0)
    let earlier = highest(from: EchoBins.fftSize - half)
    let peak = max(later.height, earlier.height)
    let side = later.height == peak ? 0 : EchoBins.fftSize - half
    var place = side
    for index in side..<(side + half) where correlation[index] * correlation[index] == peak {
      place = index
      break
    }
    if place >= half { place -= EchoBins.fftSize }
    if let held {
      let middle = held - Int(lag) * Frame.sampleCount
      if middle >= -half && middle < half {
        for shift in (middle - DelayEstimator.sameDelay)...(middle + DelayEstimator.sameDelay) {
          let value = abs(correlation[shift < 0 ? shift + EchoBins.fftSize : shift])
          if value > heldPeak.height {
            heldPeak = Peak(delay: held - middle + shift, height: value)
          }
        }
      }
    }
    peaks[slot] = peak.squareRoot()
    places[slot] = Float(place)
    energies[slot] = later.energy + earlier.energy
  }

  /// The largest amount and the energy of `half` values of the correlation.
  private func highest(from start: Int) -> (height: Float, energy: Float) {
    var height = Vector(repeating: 0)
    var energy = Vector(repeating: 0)
    var index = start
    while index < start + DelayEstimator.half {
      let value = correlation.start.vector(index)
      let square = value * value
      energy += square
      height.replace(with: square, where: square .> height)
      index += 4
    }
    return (height.max(), energy.sum())
  }

  private func judge(held: Int?) -> Look? {
    var energy: Float = 0
    var best: Int64 = 0
    var height: Float = -1
    for index in 0..<DelayEstimator.lags {
      let lag = firstLag + Int64(index)
      let slot = DelayEstimator.slot(lag)
      energy += energies[slot]
      if peaks[slot] > height {
        height = peaks[slot]
        best = lag
      }
    }
    guard energy > 0 else { return nil }
    let scale = 1 / (energy / Float(DelayEstimator.lags * Frame.sampleCount)).squareRoot()
    var look = Look()
    look.best = peak(best, scale)
    look.first = look.best
    look.held = Peak(delay: heldPeak.delay, height: heldPeak.height * scale)
    for index in 0..<DelayEstimator.lags {
      let lag = firstLag + Int64(index)
      let peak = peak(lag, scale)
      // The room's own echoes follow within a few frames, and what precedes is its blur.
      if abs(lag - best) > 4 {
        if peak.height > look.rival.height { look.rival = peak }
      } else if lag < best && lag >= best - 2 && peak.height > 0.6 * look.best.height
        && peak.delay < look.first.delay
      {
        look.first = peak
      }
    }
    return look
  }

  private func peak(_ lag: Int64, _ scale: Float) -> Peak {
    let slot = DelayEstimator.slot(lag)
    return Peak(
      delay: Int(lag) * Frame.sampleCount + Int(places[slot]), height: peaks[slot] * scale)
  }
}
