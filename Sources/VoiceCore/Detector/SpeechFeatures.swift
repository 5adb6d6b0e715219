/// What the network is told about a frame: 120 numbers, none of which knows how loud the
/// microphone is set.
///
/// Everything is in doublings of power or between 0 and 1; training writes down how to bring them
/// to the same scale.
struct SpeechFeatures: ~Copyable {
  static let count = 120

  /// Where each group begins. `tools/soundlab/features.py` knows them too.
  enum Place {
    /// 24: the error against its own slow level, the shape of the sound.
    static let shape = 0
    /// 24: the error against the noise floor.
    static let overNoise = 24
    /// 24: the error against noise and expected echo.
    static let overExpected = 48
    /// 12: what the canceller took away, in pairs of bands.
    static let removed = 72
    /// 12: the echo against the noise floor, in pairs of bands.
    static let echo = 84
    /// 6: the reference against its own slow level, in fours of bands.
    static let reference = 96
    /// 18 single ones, in the order of `fillSingles`.
    static let singles = 102
  }

  let values = FloatMemory(count: count)

  private var pitch = PitchTracker()
  private var floor = NoiseFloor()
  private var level = SlowLevel()
  private var referenceLevel = SlowLevel()
  private var before = Bands(repeating: 0)
  private var modulation = InlineArray<4, Modulation>(repeating: Modulation())
  private var slowStrength: Float = 0
  private var slowChange: Float = 0
  private var slowFlux: Float = 0
  private var isFirst = true

  init() {}

  /// 16 bits' own rounding, in a band: nothing below it means anything. Full scale is 1.
  static let dust: Float = 1e-11
  /// More than any 16-bit sound has in a band.
  private static let mostPower: Float = 16

  /// - Parameters:
  ///   - error: the frame of which `spectra.error` is the spectrum.
  ///   - hint: speexdsp's probability of speech.
  mutating func hear(
    _ spectra: borrowing HearingSpectra, error: UnsafeMutablePointer<Float>, hint: Float
  ) {
    let now = SpeechFeatures.doublings(spectra.error)
    floor.hear(now)
    let loudness = level.hear(SpeechFeatures.mean(now))
    var positiveFlux: Float = 0
    var flux: Float = 0
    for band in 0..<Bands.count {
      let here = now[band]
      values[Place.shape + band] = here - loudness
      values[Place.overNoise + band] = here - floor.level[band]
      let expected = exp2(floor.level[band]) + SpeechFeatures.bounded(spectra.residual[band])
      values[Place.overExpected + band] = here - log2(expected + SpeechFeatures.dust)
      let step = isFirst ? 0 : here - before[band]
      positiveFlux += max(0, step)
      flux += abs(step)
    }
    fillEcho(spectra)
    pitch.hear(error)
    let share = 1 / Float(Bands.count)
    slowFlux += (flux * share - slowFlux) * 0.05
    fillSingles(
      flux: positiveFlux * share, shock: SpeechFeatures.shock(error),
      loudness: SpeechFeatures.mean(now) - loudness, hint: hint, isFar: spectra.isFar,
      leak: spectra.isFar ? SpeechFeatures.leak(spectra) : 0)
    before = now
    isFirst = false
  }

  private mutating func fillEcho(_ spectra: borrowing HearingSpectra) {
    // Most of a device's life: there is no logarithm to be taken of nothing.
    guard spectra.isFar else {
      for pair in 0..<12 {
        values[Place.removed + pair] = 0
        values[Place.echo + pair] = -8
      }
      for group in 0..<6 { values[Place.reference + group] = -10 }
      return
    }
    let played = SpeechFeatures.doublings(spectra.reference)
    let referenceLoudness = referenceLevel.hear(SpeechFeatures.mean(played))
    for pair in 0..<12 {
      let error = SpeechFeatures.pair(spectra.error, pair)
      let mic = SpeechFeatures.pair(spectra.mic, pair)
      let echo = SpeechFeatures.pair(spectra.echo, pair)
      let noise = 0.5 * (floor.level[2 * pair] + floor.level[2 * pair + 1])
      values[Place.removed + pair] = log2(error / mic)
      values[Place.echo + pair] = max(-8, log2(echo) - noise)
    }
    for group in 0..<6 {
      var sum: Float = 0
      for band in 0..<4 { sum += played[4 * group + band] }
      values[Place.reference + group] = max(-10, 0.25 * sum - referenceLoudness)
    }
  }

  private mutating func fillSingles(
    flux: Float, shock: (peak: Float, part: Float), loudness: Float, hint: Float, isFar: Bool,
    leak: Float
  ) {
    slowStrength += (pitch.strength - slowStrength) * 0.08
    slowChange += (abs(pitch.change) - slowChange) * 0.08
    let all = Place.singles
    values[all] = pitch.strength
    values[all + 1] = (pitch.octaves - 1.3) * pitch.strength
    values[all + 2] = abs(pitch.change)
    values[all + 3] = slowStrength
    values[all + 4] = slowChange
    values[all + 5] = flux
    values[all + 6] = slowFlux
    for group in 0..<4 {
      var sum: Float = 0
      for band in 0..<6 { sum += max(0, values[Place.overNoise + 6 * group + band]) }
      values[all + 7 + group] = modulation[group].hear(sum / 6)
    }
    values[all + 11] = shock.peak
    values[all + 12] = shock.part
    values[all + 13] = loudness
    values[all + 14] = hint
    values[all + 15] = isFar ? 1 : 0
    values[all + 16] = leak
    values[all + 17] = pitch.change
  }

  /// NaN and infinity become the most there is: a broken canceller must not break its listener.
  @inline(__always)
  private static func bounded(_ power: Float) -> Float {
    power < mostPower ? max(0, power) : mostPower
  }

  private static func doublings(_ bands: borrowing Bands) -> Bands {
    var result = Bands(repeating: 0)
    for band in 0..<Bands.count { result[band] = log2(bounded(bands[band]) + dust) }
    return result
  }

  private static func mean(_ bands: borrowing Bands) -> Float {
    var sum: Float = 0
    for band in 0..<Bands.count { sum += bands[band] }
    return sum / Float(Bands.count)
  }

  @inline(__always)
  private static func pair(_ bands: borrowing Bands, _ pair: Int) -> Float {
    bounded(bands[2 * pair]) + bounded(bands[2 * pair + 1]) + dust
  }

  /// How much of the echo is expected to be left, on average over the bands.
  private static func leak(_ spectra: borrowing HearingSpectra) -> Float {
    var sum: Float = 0
    for pair in 0..<12 {
      sum += log2(
        SpeechFeatures.pair(spectra.residual, pair) / SpeechFeatures.pair(spectra.echo, pair))
    }
    return sum / 12
  }

  /// How much of a frame is in its largest sample and in its loudest 2.5 ms, in doublings over the
  /// mean: high for clicks.
  private static func shock(_ frame: UnsafeMutablePointer<Float>) -> (peak: Float, part: Float) {
    let parts = 4
    let size = Frame.sampleCount / parts
    var peak: Float = 0
    var loudest: Float = 0
    var sum: Float = 0
    for part in 0..<parts {
      var energy: Float = 0
      for index in (part * size)..<((part + 1) * size) {
        let square = frame[index] * frame[index]
        energy += square
        peak = max(peak, square)
      }
      sum += energy
      loudest = max(loudest, energy)
    }
    let least: Float = 1e-10
    let mean = bounded(sum) / Float(Frame.sampleCount) + least
    return (
      log2((bounded(peak) + least) / mean),
      log2((bounded(loudest) / Float(size) + least) / mean)
    )
  }
}

/// How loud it has been lately, in doublings: up within a word, down within ten seconds.
private struct SlowLevel: Sendable {
  private var level: Float = 0
  private var isNew = true

  mutating func hear(_ now: Float) -> Float {
    if isNew {
      isNew = false
      level = now
    }
    level += (now - level) * (now > level ? 0.05 : 0.002)
    return level
  }
}

/// How strongly a level swings three to eight times a second, as speech does with its syllables.
private struct Modulation: Sendable {
  private var fast: Float = 0
  private var slow: Float = 0
  private var energy: Float = 0

  /// - Returns: about how far it swings, over the last half second.
  mutating func hear(_ level: Float) -> Float {
    // Low-passes at 8 and at 3 Hz; what is between them is their difference.
    fast += (level - fast) * 0.4
    slow += (fast - slow) * 0.17
    let swing = fast - slow
    energy += (swing * swing - energy) * 0.02
    return energy.squareRoot()
  }
}
