import ESpeak
import Opus
import Testing
import VoiceCore

@testable import CloudAgent

/// Sound into packets that are as long as Opus allows.
@Suite struct PackerTests {
  private func decode(_ packets: [[UInt8]]) throws -> [Int16] {
    var decoder = try SpeechDecoder.open()
    var sound: [Int16] = []
    for packet in packets { sound += try decoder.decode(packet) }
    return sound
  }

  private func packets(_ sound: [Int16], bitsPerSecond: Int32 = 24_000) throws -> [[UInt8]] {
    var encoder = try SpeechEncoder.open(bitsPerSecond: bitsPerSecond, packet: Packer.frame)
    return try stride(from: 0, to: sound.count, by: encoder.samplesPerPacket).map {
      try encoder.encode(Array(sound[$0..<$0 + encoder.samplesPerPacket]))
    }
  }

  /// Loud noise takes the most bytes: lengths of one and of two bytes are both met.
  @Test(arguments: [Int32(8_000), 24_000, 40_000])
  func twoPacketsInOneSoundLikeTwo(bitsPerSecond: Int32) throws {
    var noise = Noise(seed: 3)
    let sound = (0..<16 * 1_200).map { _ in Int16(noise.next() * 300) }
    let single = try packets(sound, bitsPerSecond: bitsPerSecond)
    var joined: [[UInt8]] = []
    for index in stride(from: 0, to: single.count, by: 2) {
      guard let both = Packer.join(single[index], single[index + 1]) else {
        joined += single[index...index + 1]
        continue
      }
      #expect(PacketCoding.duration(of: both) == .milliseconds(120))
      joined.append(both)
    }
    #expect(joined.count < single.count)
    #expect(try decode(joined) == decode(single))
  }

  @Test func packetsOfDifferentKindsStayApart() {
    #expect(Packer.join([0x58, 1], [0x48, 1]) == nil)
    #expect(Packer.join([0x5B, 1], [0x5B, 1]) == nil, "more than one frame already")
    #expect(Packer.join([], []) == nil)
    #expect(Packer.join([0x58], [0x58, 7]) == [0x5A, 0, 7], "a frame of silence has no bytes")
  }

  @Test(arguments: [1, 960, 961, 2_880, 2_881, 16_000])
  func theFirstIsShortTheOthersLongAndNothingIsLost(samples: Int) throws {
    let sound = (0..<samples).map { Int16(truncatingIfNeeded: $0 * 37 % 2_000) }
    var packer = try Packer()
    var speech: [Speech] = []
    for start in stride(from: 0, to: samples, by: 700) {
      if let more = try packer.add(Array(sound[start..<min(samples, start + 700)])) {
        speech.append(more)
      }
    }
    speech.append(try packer.finish())
    let packets = speech.flatMap(\.packets)
    let lengths = packets.map { Speech.sound(in: $0).milliseconds }
    #expect(lengths.first == 60)
    #expect(lengths.dropFirst().dropLast().allSatisfy { $0 == 120 })
    let whole = (samples + 959) / 960 * 960
    #expect(lengths.reduce(0, +) == Int64(whole / 16))
    #expect(try decode(packets).count == whole)
    #expect(speech.dropLast().allSatisfy { !$0.isEndOfSentence })
    #expect(speech.reduce(.zero) { $0 + $1.length }.samples == Int64(whole))
  }

  @Test func whatTheVoiceSaysIsPackedToo() throws {
    let voice = try Synthesizer(voice: "en-us", wordsPerMinute: 170)
    for text in Persona.answer(.history, isAudible: true, memory: Memory()).sentences {
      var packer = try Packer()
      var speech: [Speech] = []
      try voice.say(text) { piece in
        if case .sound(let sound) = piece {
          do throws(OpusError) {
            if let more = try packer.add(sound) { speech.append(more) }
          } catch {
            Issue.record("\(error)")
          }
        }
        return true
      }
      speech.append(try packer.finish())
      let lengths = speech.flatMap(\.packets).map { Speech.sound(in: $0).milliseconds }
      #expect(lengths.dropFirst().dropLast().allSatisfy { $0 == 120 }, "\(lengths)")
    }
  }
}
