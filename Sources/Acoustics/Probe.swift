internal import VoiceCore

/// The sound that is played to find out about card and room, and when each part of it comes: quiet,
/// two sweeps, something like speech, and a third sweep seconds after the first.
public enum Probe {
  // In frames of ten milliseconds.
  static let quiet = 0..<50
  static let sweeps = [50, 160, 470]
  /// After a sweep the room may answer for this long.
  static let answer = 45
  static let speech = 265..<425
  public static let frameCount = 585

  /// Below what most answers reach: a check must not frighten anybody.
  private static let sweepLevel: Float = 0.28
  private static let speechLevel: Float = 0.12

  /// At full volume.
  public static func sound() -> [Int16] {
    var sound = [Int16](repeating: 0, count: frameCount * Frame.sampleCount)
    for start in sweeps {
      for index in 0..<Sweep.length {
        sound[start * Frame.sampleCount + index] = sample(Sweep.sound[index] * sweepLevel)
      }
    }
    let noise = SpeechNoise.sound(count: speech.count * Frame.sampleCount)
    for index in 0..<noise.count {
      sound[speech.lowerBound * Frame.sampleCount + index] = sample(noise[index] * speechLevel)
    }
    return sound
  }

  private static func sample(_ value: Float) -> Int16 {
    Int16(max(-32_768, min(32_767, (value * 32_768).rounded())))
  }
}

/// Noise with the spectrum of speech and about four syllables a second: what the echo canceller
/// is made for.
enum SpeechNoise {
  /// A deviation of about 1.
  static func sound(count: Int) -> [Float] {
    var dice: UInt64 = 0x5EED
    var low: Float = 0
    var lower: Float = 0
    var sound: [Float] = []
    sound.reserveCapacity(count)
    for index in 0..<count {
      dice = dice &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let white = Float(Int32(truncatingIfNeeded: dice >> 32)) / 2_147_483_648
      // Falls by 6 dB an octave above 500 Hz, and by as much below 100 Hz.
      low += (white - low) * 0.18
      lower += (low - lower) * 0.04
      let shaped = (low - lower) * 5.2 + white * 0.15
      let syllable = Float(Turn.of(Double(index) / 4_000).cosine)
      let edge = min(1, Float(min(index, count - 1 - index)) / 320)
      sound.append(shaped * (0.65 - 0.35 * syllable) * 1.4 * edge)
    }
    return sound
  }
}
