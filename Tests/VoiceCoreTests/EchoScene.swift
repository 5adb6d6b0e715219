import Glibc
import TestSupport
import VoiceCore

/// A loudspeaker in a room, heard by a microphone with a clock of its own.
struct EchoScene {
  var seconds = 8.0
  /// Until the direct sound, in samples.
  var delay = 1_234.0
  /// Added to the delay from `jumpAt` on.
  var jump = 0.0
  var jumpAt = 0.0
  /// Millionths by which the echo comes later and later: a slower loudspeaker.
  var driftPPM = 0.0
  /// dB below the echo, of white noise.
  var noise = 20.0
  /// dB over the echo, of somebody speaking all the time.
  var talker: Double?
  var isHeard = true
  var seed: UInt64 = 1
  /// What the loudspeaker plays, if not a voice.
  var sound: [Int16]?

  func reference() -> [Int16] { sound ?? Voice(seed: seed).speak(seconds: seconds) }

  /// The direct sound and fifty reflections, 6 dB below it in all: as dense as a test has time for.
  private func path() -> [(delay: Int, gain: Float)] {
    var dice = SeededRandom(seed: seed &+ 99)
    var reflections = (0..<50).map { number in
      let delay = 30 + 50 * number + Int.random(in: 0..<50, using: &dice)
      let gain = Float.random(in: -1...1, using: &dice) * Float(exp(-Double(delay) / 700))
      return (delay: delay, gain: gain)
    }
    let power = reflections.reduce(0) { $0 + $1.gain * $1.gain }
    for index in reflections.indices { reflections[index].gain *= 0.5 / power.squareRoot() }
    return [(0, 1)] + reflections
  }

  func delay(at sample: Int) -> Double {
    delay + driftPPM * 1e-6 * Double(sample)
      + (Double(sample) >= jumpAt * 16_000 && jumpAt > 0 ? jump : 0)
  }

  func frames() -> (mic: [Frame], reference: [Frame]) {
    let reference = reference()
    var dice = SeededRandom(seed: seed &+ 7)
    var moved = [Float](repeating: 0, count: reference.count)
    if isHeard {
      for index in moved.indices {
        let place = Double(index) - delay(at: index)
        moved[index] = EchoScene.interpolate(reference, at: place)
      }
    }
    var mic = EchoScene.convolve(moved, path())
    let loudness = (mic.reduce(0) { $0 + Double($1 * $1) } / Double(mic.count)).squareRoot()
    let hiss = Float((isHeard ? loudness : 500) * pow(10, -noise / 20) * 3.0.squareRoot())
    for index in mic.indices { mic[index] += Float.random(in: -hiss...hiss, using: &dice) }
    if let talker {
      let other = Voice(seed: seed &+ 1_000).speak(
        seconds: seconds, decibels: 20 * log10(loudness / 32_768) + talker)
      for index in mic.indices where index < other.count { mic[index] += Float(other[index]) }
    }
    let sound = mic.map { Int16(max(-32_768, min(32_767, $0.rounded()))) }
    return (Frame.cut(sound), Frame.cut(reference))
  }

  private static func interpolate(_ sound: [Int16], at place: Double) -> Float {
    let whole = Int(place.rounded(.down))
    let part = place - Double(whole)
    if part == 0 { return sound.indices.contains(whole) ? Float(sound[whole]) : 0 }
    var sum = 0.0
    for tap in -11...12 where sound.indices.contains(whole + tap) {
      let distance = part - Double(tap)
      let window = 0.5 + 0.5 * cos(.pi * distance / 13)
      sum += Double(sound[whole + tap]) * sin(.pi * distance) / (.pi * distance) * window
    }
    return Float(sum)
  }

  private static func convolve(_ sound: [Float], _ path: [(delay: Int, gain: Float)]) -> [Float] {
    var out = [Float](repeating: 0, count: sound.count + 4_000)
    sound.withUnsafeBufferPointer { sound in
      out.withUnsafeMutableBufferPointer { out in
        for (delay, gain) in path {
          for index in 0..<sound.count { out[index + delay] += gain * sound[index] }
        }
      }
    }
    return Array(out[0..<sound.count])
  }
}
