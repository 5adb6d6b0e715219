import Linux
import Opus
import Room
import VoiceCore

/// What the devices say, as a device would send it.
enum Speech {
  /// As large as speech at 16 kbit/s. The echo does not look into it.
  static let noise: [[UInt8]] = (0..<20).map { packet in
    [0x58] + (0..<119).map { UInt8(truncatingIfNeeded: ($0 &+ packet) &* 31) }
  }

  static func packets(in file: String) throws -> [[UInt8]] {
    let sound = try WaveFile.decode(try Files.read(file))
    guard sound.rate == Frame.sampleRate, sound.channels == 1 else {
      throw LoadOptions.Mistake(
        description: "\(file) has \(sound.channels) channels of \(sound.rate) Hz, but must be "
          + "mono with \(Frame.sampleRate) Hz")
    }
    var encoder = try SpeechEncoder.open(bitsPerSecond: 16_000, packet: LoadDevice.packet)
    let size = encoder.samplesPerPacket
    var packets: [[UInt8]] = []
    for start in stride(from: 0, through: sound.samples.count - size, by: size) {
      packets.append(try encoder.encode(Array(sound.samples[start..<start + size])))
    }
    guard !packets.isEmpty else {
      throw LoadOptions.Mistake(description: "\(file) holds less than 60 ms of sound")
    }
    return packets
  }
}
