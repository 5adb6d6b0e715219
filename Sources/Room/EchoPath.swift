internal import VoiceCore

/// The way from the loudspeaker to the microphone: a delay, then the straight sound and a few
/// reflections that die away within 60 ms.
struct EchoPath {
  /// Holds the longest delay, the reflections and a frame; a power of two.
  private static let capacity = 8_192
  private static let reflections = 14
  /// 60 ms.
  private static let tail = 960

  private struct Tap {
    let delay: Int
    let gain: Float
  }

  private let taps: [Tap]
  private let bends: Bool
  private var past = [Float](repeating: 0, count: capacity)
  private var now = 0

  init(_ acoustics: RoomAcoustics) {
    let delay = Int(
      max(0, min(acoustics.delay.samples, RoomAcoustics.longestDelay.samples)))
    let gain = RoomAcoustics.amplitude(decibels: acoustics.gainDecibels)
    var dice = RoomDice(seed: acoustics.seed)
    var taps = [Tap(delay: delay, gain: gain)]
    for _ in 0..<Self.reflections {
      // Not before 1.5 ms: nearer surfaces belong to the loudspeaker's own sound.
      let later = 24 + Int(dice.fraction() * Float(Self.tail - 24))
      // 8 dB below the straight sound at once, 30 dB more at the end of the tail.
      let fall = exp2(-(8 + 30 * Float(later) / Float(Self.tail)) / 6.0206)
      let sign: Float = dice.roll() & 1 == 0 ? 1 : -1
      taps.append(
        Tap(delay: delay + later, gain: sign * gain * fall * (0.5 + 0.5 * dice.fraction())))
    }
    self.taps = taps
    bends = acoustics.bendsLoudSamples
  }

  /// Adds what the microphone hears of the loudspeaker to `mix`.
  mutating func add(_ loudspeaker: borrowing Frame, to mix: inout InlineArray<160, Float>) {
    for index in 0..<Frame.sampleCount {
      var sample = Float(loudspeaker.samples[index])
      if bends {
        let part = sample / 32_768
        // A third of the cube: 3.5 dB down at full scale, nothing at low levels.
        sample -= sample * part * part / 3
      }
      past[(now + index) & (Self.capacity - 1)] = sample
    }
    for tap in taps {
      let start = now &- tap.delay
      for index in 0..<Frame.sampleCount {
        mix[index] += tap.gain * past[(start &+ index) & (Self.capacity - 1)]
      }
    }
    now = (now + Frame.sampleCount) & (Self.capacity - 1)
  }
}

/// Steady noise, a little stronger below than above, as fans and streets are.
struct RoomNoise {
  private static let colour: Float = 0.5
  private let scale: Float
  private var dice: RoomDice
  private var last: Float = 0

  init(_ acoustics: RoomAcoustics) {
    // Four numbers of 16 bits add up to a deviation of 2^16 / sqrt(3); the filter then raises the
    // power by 1 / (1 - colour squared).
    let level = 32_768 * RoomAcoustics.amplitude(decibels: acoustics.noiseDecibels)
    scale = level * (1 - Self.colour * Self.colour).squareRoot() * Float(3).squareRoot() / 65_536
    // Not the reflections' numbers.
    dice = RoomDice(seed: ~acoustics.seed)
  }

  mutating func add(to mix: inout InlineArray<160, Float>) {
    for index in 0..<Frame.sampleCount {
      let bits = dice.roll()
      let sum =
        Int32(bits & 0xFFFF) + Int32((bits >> 16) & 0xFFFF) + Int32((bits >> 32) & 0xFFFF)
        + Int32(bits >> 48) - 131_070
      last = Self.colour * last + scale * Float(sum)
      mix[index] += last
    }
  }
}
