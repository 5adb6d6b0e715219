/// How fast the echo's place wanders: the difference of the loudspeaker's clock and the
/// microphone's.
///
/// The path from loudspeaker to microphone is learned as a spectrum; each half second of echo is
/// held against it, and the slope of the phase between the two says by which part of a sample the
/// echo has moved. That cancels the room out: only movement is left. A Kalman filter draws the line
/// through the movements.
struct DriftTracker: ~Copyable {
  /// Frames of echo in one measurement: short while a drift not yet undone would blur it.
  /// Doubled where noise leaves too little of it.
  private var blockFrames: Int {
    ppmDeviation < DriftTracker.roughPPM ? 50 : 25 << min(misses, 2)
  }
  private static let roughPPM: Float = 20
  private static let heldPPM: Float = 3
  /// A block that took longer than this was torn by pauses.
  private static let longestBlock: Int64 = 120
  private static let samplesPerPPM = Double(Frame.sampleCount) * 1e-6

  private let blockReal = FloatMemory(count: EchoBins.count)
  private let blockImaginary = FloatMemory(count: EchoBins.count)
  private let pathReal = FloatMemory(count: EchoBins.count)
  private let pathImaginary = FloatMemory(count: EchoBins.count)
  private let turnReal = FloatMemory(count: EchoBins.count)
  private let turnImaginary = FloatMemory(count: EchoBins.count)
  private let fft = RealFFT(size: EchoBins.fftSize)
  private let binsReal = FloatMemory(count: EchoBins.fftSize / 2 + 1)
  private let binsImaginary = FloatMemory(count: EchoBins.fftSize / 2 + 1)
  private let correlation = FloatMemory(count: EchoBins.fftSize)

  private var frames = 0
  private var tellingFrames = 0
  private var blockStart: Int64 = 0
  private var lagSum = 0.0
  private var timeSum: Int64 = 0
  private var hasPath = false
  private var misses = 0
  private var lastLag = 0.0
  /// Samples between the echo and where the reference was put, when the drift was settled.
  private var held: Double?
  private var line = DriftLine()

  init() {}

  /// Millionths by which the echo comes later and later.
  var ppm: Float { Float(line.slope / DriftTracker.samplesPerPPM) }
  /// How unsure that is.
  var ppmDeviation: Float {
    Float(line.slopeVariance.squareRoot() / DriftTracker.samplesPerPPM)
  }

  /// Millionths to add for a while so that the echo stays where it was when the drift was settled:
  /// without it what is left of the drift would add up over hours.
  var holdingPPM: Float {
    guard let held, hasPath else { return 0 }
    let moved = (line.place - lastLag - held) / DriftTracker.samplesPerPPM
    return Float(max(-3, min(3, moved / DriftTracker.holdFrames)))
  }
  /// Twenty seconds to bring it back.
  private static let holdFrames = 2_000.0

  mutating func expect(ppm: Float, deviation: Float) {
    line.expect(
      slope: Double(ppm) * DriftTracker.samplesPerPPM,
      deviation: Double(deviation) * DriftTracker.samplesPerPPM)
  }

  /// The echo is somewhere else: the path is learned anew, the drift stays what it is.
  mutating func restart() {
    frames = 0
    hasPath = false
    held = nil
    misses = 0
    line.lift()
  }

  /// One frame of echo.
  /// - Parameters:
  ///   - isTelling: not a lone tone.
  ///   - lag: where the resampler has moved the reference, in samples.
  mutating func hear(
    micReal: UnsafeMutablePointer<Float>, micImaginary: UnsafeMutablePointer<Float>,
    real: UnsafeMutablePointer<Float>, imaginary: UnsafeMutablePointer<Float>,
    isTelling: Bool, tick: Int64, lag: Double
  ) {
    if frames > 0 && tick - blockStart > DriftTracker.longestBlock { frames = 0 }
    if frames == 0 {
      blockStart = tick
      tellingFrames = 0
      lagSum = 0
      timeSum = 0
      blockReal.clear()
      blockImaginary.clear()
    }
    var bin = 0
    while bin < EchoBins.count {
      let mr = micReal.vector(bin)
      let mi = micImaginary.vector(bin)
      let rr = real.vector(bin)
      let ri = imaginary.vector(bin)
      blockReal.start.store(blockReal.start.vector(bin) + (mr * rr + mi * ri), at: bin)
      blockImaginary.start.store(blockImaginary.start.vector(bin) + (mi * rr - mr * ri), at: bin)
      bin += 4
    }
    frames += 1
    if isTelling { tellingFrames += 1 }
    lagSum += lag
    timeSum += tick - blockStart
    guard frames >= blockFrames else { return }
    let count = Double(frames)
    frames = 0
    guard tellingFrames * 2 > Int(count) else { return }
    measure(at: Double(blockStart) + Double(timeSum) / count, lag: lagSum / count)
  }

  private mutating func measure(at time: Double, lag: Double) {
    guard hasPath else {
      begin(at: time, lag: lag)
      return
    }
    compare()
    let movement = refine(Double(coarseMovement(near: line.offset(at: time) - lag)))
    let isRough = ppmDeviation > DriftTracker.roughPPM
    guard movement.agreement > (isRough ? DriftTracker.firstAgreement : DriftTracker.leastAgreement)
    else {
      miss()
      // With nothing settled the newer block is as good a path as the older.
      if isRough && misses > 1 { begin(at: time, lag: lag) }
      return
    }
    guard
      line.hear(
        offset: movement.samples + lag, deviation: movement.deviation,
        blur: Double(blockFrames), at: time)
    else {
      miss()
      return
    }
    misses = 0
    lastLag = lag
    if held == nil && ppmDeviation < DriftTracker.heldPPM { held = line.place - lag }
    learn(movement.samples)
  }

  private mutating func begin(at time: Double, lag: Double) {
    pathReal.start.copy(from: blockReal.start, count: EchoBins.count)
    pathImaginary.start.copy(from: blockImaginary.start, count: EchoBins.count)
    hasPath = true
    line.start(at: time, offset: lag, deviation: 0.1)
  }

  /// Either the path has changed or the drift is not what it was thought to be.
  private mutating func miss() {
    misses += 1
    guard misses >= DriftTracker.mostMisses else { return }
    restart()
    line.doubt()
  }

  /// Noise alone agrees to 0.35 by chance; a quarter of a second of echo has little to lose.
  private static let firstAgreement = 0.45
  private static let leastAgreement = 0.4
  private static let mostMisses = 5

  /// The block against the path: what is left is the movement's turn of each bin.
  private func compare() {
    for bin in 0..<EchoBins.count {
      let re = blockReal[bin] * pathReal[bin] + blockImaginary[bin] * pathImaginary[bin]
      let im = blockImaginary[bin] * pathReal[bin] - blockReal[bin] * pathImaginary[bin]
      // The root of the strength: strong bins count more, but none decides alone.
      let scale = 1 / (re * re + im * im + 1e-20).squareRoot().squareRoot()
      turnReal[bin] = re * scale
      turnImaginary[bin] = im * scale
    }
  }

  /// To the sample, near what is expected.
  private func coarseMovement(near expected: Double) -> Int {
    (binsReal.start + EchoBins.first).copy(from: turnReal.start, count: EchoBins.count)
    (binsImaginary.start + EchoBins.first).copy(from: turnImaginary.start, count: EchoBins.count)
    fft.inverse(real: binsReal.start, imaginary: binsImaginary.start, into: correlation.start)
    let middle = Int(max(-60, min(60, expected.rounded())))
    var best = middle
    for shift in (middle - DriftTracker.farthest)...(middle + DriftTracker.farthest) {
      let value = correlation[shift < 0 ? shift + EchoBins.fftSize : shift]
      if value > correlation[best < 0 ? best + EchoBins.fftSize : best] { best = shift }
    }
    return best
  }

  private static let farthest = 3

  private struct Movement {
    var samples = 0.0
    var deviation = 0.0
    /// 1 if all bins turn by the same time.
    var agreement = 0.0
  }

  /// To a hundredth of a sample: Newton's way to the top of the peak.
  private func refine(_ start: Double) -> Movement {
    var movement = Movement()
    movement.samples = start
    for _ in 0..<4 {
      let turn = Turn.of(movement.samples / Double(EchoBins.fftSize))
      let first = Turn.of(
        movement.samples * Double(EchoBins.first) / Double(EchoBins.fftSize))
      let stepReal = Float(turn.cosine)
      let stepImaginary = Float(turn.sine)
      var phaseReal = Float(first.cosine)
      var phaseImaginary = Float(first.sine)
      var sum: Float = 0
      var strength: Float = 0
      var slope: Float = 0
      var bend: Float = 0
      var noise: Float = 0
      for bin in 0..<EchoBins.count {
        let re = turnReal[bin] * phaseReal - turnImaginary[bin] * phaseImaginary
        let im = turnReal[bin] * phaseImaginary + turnImaginary[bin] * phaseReal
        let omega = Float(EchoBins.first + bin) * Float(2 * Double.pi / Double(EchoBins.fftSize))
        sum += re
        strength += (re * re + im * im).squareRoot()
        slope += omega * im
        bend += omega * omega * re
        noise += omega * omega * im * im
        let next = phaseReal * stepReal - phaseImaginary * stepImaginary
        phaseImaginary = phaseReal * stepImaginary + phaseImaginary * stepReal
        phaseReal = next
      }
      guard bend > 1e-12, strength > 1e-12 else { return Movement() }
      movement.agreement = Double(sum / strength)
      // Neighbouring bins share a window: half as many are independent.
      movement.deviation = Double((4 * noise).squareRoot() / bend)
      let step = Double(slope / bend)
      movement.samples -= max(-0.5, min(0.5, step))
    }
    if abs(movement.samples - start) > 1.5 { movement.agreement = 0 }
    return movement
  }

  /// The block, moved back to where the path was learned, becomes part of it.
  private func learn(_ movement: Double) {
    let turn = Turn.of(movement / Double(EchoBins.fftSize))
    let first = Turn.of(movement * Double(EchoBins.first) / Double(EchoBins.fftSize))
    let stepReal = Float(turn.cosine)
    let stepImaginary = Float(turn.sine)
    var phaseReal = Float(first.cosine)
    var phaseImaginary = Float(first.sine)
    for bin in 0..<EchoBins.count {
      let re = blockReal[bin] * phaseReal - blockImaginary[bin] * phaseImaginary
      let im = blockReal[bin] * phaseImaginary + blockImaginary[bin] * phaseReal
      pathReal[bin] = pathReal[bin] * 0.9 + re
      pathImaginary[bin] = pathImaginary[bin] * 0.9 + im
      let next = phaseReal * stepReal - phaseImaginary * stepImaginary
      phaseImaginary = phaseReal * stepImaginary + phaseImaginary * stepReal
      phaseReal = next
    }
  }
}
