import Glibc

/// Somebody who speaks no language: pulses of a gliding pitch through three resonances that change
/// with every syllable, about four syllables a second, hisses in between. What detectors and codecs
/// go by in speech is there; each seed is another person saying something else.
public struct Voice {
  public let seed: UInt64

  public init(seed: UInt64) { self.seed = seed }

  private static let rate = 16_000.0
  /// First three resonances of five vowels, in Hz.
  private static let vowels: [[Double]] = [
    [730, 1_090, 2_440], [530, 1_840, 2_480], [270, 2_290, 3_010], [570, 840, 2_410],
    [300, 870, 2_240],
  ]

  /// - Parameter decibels: the level of the whole below full scale, pauses between syllables
  ///   included.
  public func speak(seconds: Double, decibels: Double = -22) -> [Int16] {
    var dice = SeededRandom(seed: seed)
    let pitch = Double.random(in: 95...220, using: &dice)
    let size = Double.random(in: 0.92...1.12, using: &dice)
    var sound = [Double](repeating: 0, count: Int(seconds * Voice.rate))
    var start = 0
    while start < sound.count {
      let length = Int(Double.random(in: 0.19...0.29, using: &dice) * Voice.rate)
      let end = min(start + length, sound.count)
      let vowel = Voice.vowels.randomElement(using: &dice)!.map { $0 * size }
      Voice.say(
        vowel, pitch: pitch * Double.random(in: 0.85...1.15, using: &dice),
        glide: Double.random(in: -0.2...0.15, using: &dice),
        hisses: Bool.random(using: &dice), into: &sound[start..<end], length: length, &dice)
      start += length
    }
    let power = sound.reduce(0) { $0 + $1 * $1 } / Double(max(1, sound.count))
    let gain = power > 0 ? 32_768 * pow(10, decibels / 20) / power.squareRoot() : 0
    return sound.map { Int16(max(-32_768, min(32_767, ($0 * gain).rounded()))) }
  }

  private static func say(
    _ vowel: [Double], pitch: Double, glide: Double, hisses: Bool,
    into sound: inout ArraySlice<Double>,
    length: Int, _ dice: inout SeededRandom
  ) {
    var resonances = vowel.map { Resonance($0, width: 60 + $0 / 20) }
    var phase = 0.0
    var breath = 0.0
    for index in sound.indices {
      let place = Double(index - sound.startIndex) / Double(length)
      phase += pitch * (1 + glide * place) / rate
      var pulse = 0.0
      if phase >= 1 {
        phase -= 1
        pulse = 1
      }
      // The glottis closes softly: the spectrum falls with frequency.
      breath += 0.25 * (pulse - breath)
      let noise = Double.random(in: -1...1, using: &dice)
      let excitation = breath + 0.002 * noise
      var value = 0.0
      for number in resonances.indices {
        value += resonances[number].pass(excitation) / Double(number + 1)
      }
      // Up within the first fifth, down in the last third.
      let loud = min(1, place * 5) * min(1, max(0, (0.93 - place) * 3))
      let hiss = hisses && place < 0.2 ? 0.05 * noise * min(1, (0.2 - place) * 10) : 0
      sound[index] = value * loud + hiss
    }
  }

  /// Two poles and gain 1 at their frequency.
  private struct Resonance {
    let first: Double
    let second: Double
    let gain: Double
    var last = 0.0
    var lastButOne = 0.0

    init(_ frequency: Double, width: Double) {
      let radius = exp(-Double.pi * width / rate)
      let angle = 2 * Double.pi * frequency / rate
      first = 2 * radius * cos(angle)
      second = -radius * radius
      gain = (1 - radius) * (1 - 2 * radius * cos(2 * angle) + radius * radius).squareRoot()
    }

    mutating func pass(_ input: Double) -> Double {
      let now = gain * input + first * last + second * lastButOne
      lastButOne = last
      last = now
      return now
    }
  }
}

/// dB below full scale of some sound.
public func level(of sound: some Sequence<Int16>) -> Double {
  var sum = 0.0
  var count = 0.0
  for sample in sound {
    sum += Double(sample) * Double(sample)
    count += 1
  }
  return 10 * log10(max(sum / max(count, 1), 1e-3)) - 20 * log10(32_768)
}
