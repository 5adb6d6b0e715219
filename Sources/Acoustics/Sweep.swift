internal import VoiceCore

/// A tone that rises through all of hearing's octaves in equal times. Its spectrum is known, so
/// what a room did to it can be taken apart again, and what a loudspeaker adds of its own comes out
/// apart from the room: its harmonics arrive early (Farina, "Simultaneous measurement of impulse
/// response and distortion with a swept-sine technique", 2000).
enum Sweep {
  static let lowest = 120.0
  static let highest = 7_300.0
  /// 600 ms: short enough for people, long enough to stand 35 dB out of steady noise.
  static let length = 9_600
  /// A tone that begins or ends at once clicks.
  private static let fade = 320

  /// In samples: by this times the logarithm of its number a harmonic comes before the tone.
  static var harmonicLead: Double { Double(length) / Logarithm.of(highest / lowest) }

  /// Full scale is 1.
  static let sound: [Float] = {
    let ratio = Logarithm.inverse(1 / harmonicLead)
    var turns = 0.0
    var step = lowest / 16_000
    var sound: [Float] = []
    sound.reserveCapacity(length)
    for index in 0..<length {
      let edge = Double(min(index, length - 1 - index, fade)) / Double(fade)
      let smooth = edge * edge * (3 - 2 * edge)
      sound.append(Float(Turn.of(turns).sine * smooth))
      turns += step
      turns -= turns.rounded(.down)
      step *= ratio
    }
    return sound
  }()
}
