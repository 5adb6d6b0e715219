internal import Opus
internal import VoiceCore

/// What the echo persona says to everything: 420 ms (whole packets) of 440 Hz, faded in and out.
enum EchoTone {
  private static let samples = 6_720
  private static let fade: Float = 320
  /// 2 cos w and sin w for w = 2 pi 440 / 16000: the tone is a recurrence, which needs no sine.
  private static let turn: Float = 1.970_218_7
  private static let start: Float = 0.171_929_1

  static func packets() throws(OpusError) -> [[UInt8]] {
    var packer = try Packer()
    let first = try packer.add(sound())
    return (first?.packets ?? []) + (try packer.finish()).packets
  }

  static func sound() -> [Int16] {
    var now: Float = 0
    var before: Float = -start
    var sound: [Int16] = []
    for index in 0..<samples {
      let edge = min(1, Float(min(index, samples - index)) / fade)
      sound.append(Int16(8_000 * edge * max(-1, min(1, now))))
      (now, before) = (turn * now - before, now)
    }
    return sound
  }
}
