import ESpeak
import Linux
import Opus
import Testing
import VoiceCore

@testable import CloudAgent

/// A person at the kiosk: a voice of espeak-ng, through the same codec a device uses.
struct Visitor {
  var voice = "en-us"
  var rate = 160
  /// Of full scale, in thousandths: people stand near and far.
  var loudness = 400

  /// What the device would send: 600 ms before the first word, and 60 ms packets up to the last.
  func packets(_ words: String) throws -> [[UInt8]] {
    var sound = [Int16](repeating: 0, count: 9_600)
    let synthesizer = try Synthesizer(voice: voice, wordsPerMinute: rate)
    try synthesizer.say(words) { piece in
      if case .sound(let more) = piece { sound += more }
      return true
    }
    var noise = Noise(seed: 7)
    for index in sound.indices {
      sound[index] = Int16(Int(sound[index]) * loudness / 1_000 + noise.next())
    }
    var encoder = try SpeechEncoder.open(bitsPerSecond: 16_000, packet: .milliseconds(60))
    let size = encoder.samplesPerPacket
    var packets: [[UInt8]] = []
    for start in stride(from: 0, to: sound.count - size, by: size) {
      packets.append(try encoder.encode(Array(sound[start..<start + size])))
    }
    return packets
  }
}

/// A quiet room: about -60 dB, the same every time.
struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(Int32(truncatingIfNeeded: state >> 32) >> 26)
  }
}
