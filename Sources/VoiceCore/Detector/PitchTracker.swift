/// The pitch of a voice, by how well the sound repeats itself: strength, and the period in octaves.
///
/// Works at 4 kHz, where pitch is as plain as at 16 and costs a sixteenth.
struct PitchTracker: ~Copyable {
  /// 62 to 400 Hz, in samples at 4 kHz.
  static let shortest = 10
  static let longest = 64
  /// 24 ms: two periods of a man's voice.
  static let window = 96
  private static let decimation = 4
  private static let samplesPerFrame = Frame.sampleCount / decimation
  private static let taps = 16
  private static let history = window + longest

  private let kernel = FloatMemory(count: taps)
  /// The end of the last frame, then this one: what the filter before decimation needs.
  private let input = FloatMemory(count: taps + Frame.sampleCount)
  private let sound = FloatMemory(count: history)
  private let likeness = FloatMemory(count: longest + 2)
  private var slow: Float = 0

  /// 0, noise, to 1, exactly periodic.
  private(set) var strength: Float = 0
  /// Octaves over the shortest period.
  private(set) var octaves: Float = 0
  /// By how many octaves the period moved since the last frame; no more than one.
  private(set) var change: Float = 0

  init() {
    // A Hann window: low-pass at about 1 kHz with its first zero at 2 kHz, where folding begins.
    for tap in 0..<PitchTracker.taps {
      let cosine = Turn.of((Double(tap) + 0.5) / Double(PitchTracker.taps)).cosine
      kernel[tap] = Float(1 - cosine) / Float(PitchTracker.taps)
    }
  }

  /// - Parameter frame: full scale is 1.
  mutating func hear(_ frame: UnsafeMutablePointer<Float>) {
    decimate(frame)
    let newest = PitchTracker.longest
    let now = PitchTracker.energy(sound.start + newest)
    var best: Float = 0
    var past = PitchTracker.energy(sound.start + newest - PitchTracker.shortest + 1)
    for lag in (PitchTracker.shortest - 1)...(PitchTracker.longest) {
      let start = newest - lag
      if lag >= PitchTracker.shortest {
        // The window moves back by one sample.
        let enters = sound[start]
        let leaves = sound[start + PitchTracker.window]
        past = max(0, past + enters * enters - leaves * leaves)
      }
      let product = PitchTracker.product(sound.start + newest, sound.start + start)
      let likeness = product / (now * past + PitchTracker.dust).squareRoot()
      self.likeness[lag] = likeness
      if lag >= PitchTracker.shortest { best = max(best, likeness) }
    }
    // Twice the period is as like as the period: the first peak that is nearly the best is it.
    var lag = PitchTracker.shortest
    while lag < PitchTracker.longest {
      let here = likeness[lag]
      if here >= 0.85 * best && here >= likeness[lag + 1] && here >= likeness[lag - 1] { break }
      lag += 1
    }
    let before = octaves
    let wasStrong = strength
    strength = min(1, max(0, likeness[min(lag, PitchTracker.longest)]))
    octaves = log2(period(near: lag) / Float(PitchTracker.shortest))
    change = min(strength, wasStrong) > 0.5 ? max(-1, min(1, octaves - before)) : 0
  }

  /// Full scale is 1; this is the energy of a window of 16-bit rounding.
  private static let dust: Float = 1e-12

  /// Between samples, by a parabola through the peak.
  private func period(near lag: Int) -> Float {
    guard lag < PitchTracker.longest else { return Float(lag) }
    let left = likeness[lag - 1]
    let peak = likeness[lag]
    let right = likeness[lag + 1]
    let bend = left - 2 * peak + right
    guard bend < -1e-6 else { return Float(lag) }
    return Float(lag) + max(-0.5, min(0.5, 0.5 * (left - right) / bend))
  }

  private mutating func decimate(_ frame: UnsafeMutablePointer<Float>) {
    let taps = PitchTracker.taps
    let count = PitchTracker.samplesPerFrame
    input.start.copy(from: input.start + Frame.sampleCount, count: taps)
    (input.start + taps).copy(from: frame, count: Frame.sampleCount)
    sound.start.copy(from: sound.start + count, count: PitchTracker.history - count)
    for index in 0..<count {
      let start = PitchTracker.decimation * (index + 1)
      var sum = Vector.zero
      var tap = 0
      while tap < taps {
        sum += input.start.vector(start + tap) * kernel.start.vector(tap)
        tap += 4
      }
      let low = sum[0] + sum[1] + (sum[2] + sum[3])
      // Against a constant offset, which repeats itself perfectly.
      slow += (low - slow) * 0.08
      sound[PitchTracker.history - count + index] = low - slow
    }
  }

  private static func energy(_ sound: UnsafeMutablePointer<Float>) -> Float {
    product(sound, sound)
  }

  @inline(__always)
  private static func product(
    _ left: UnsafeMutablePointer<Float>, _ right: UnsafeMutablePointer<Float>
  ) -> Float {
    var sum = Vector.zero
    var index = 0
    while index < window {
      sum += left.vector(index) * right.vector(index)
      index += 4
    }
    return sum[0] + sum[1] + (sum[2] + sum[3])
  }
}
