import Opus
import TestSupport
import Testing
import VoiceCore

@Suite struct OpusTests {
  static let packets: [Int64] = [10, 20, 40, 60]

  private func encode(_ sound: [Int16], packet: SampleSpan, bitsPerSecond: Int32 = 16_000) throws
    -> [[UInt8]]
  {
    var encoder = try SpeechEncoder.open(bitsPerSecond: bitsPerSecond, packet: packet)
    var packets: [[UInt8]] = []
    var start = 0
    while start + encoder.samplesPerPacket <= sound.count {
      packets.append(try encoder.encode(Array(sound[start..<start + encoder.samplesPerPacket])))
      start += encoder.samplesPerPacket
    }
    return packets
  }

  private func decode(_ packets: [[UInt8]]) throws -> [Int16] {
    var decoder = try SpeechDecoder.open()
    var sound: [Int16] = []
    for packet in packets { sound += try decoder.decode(packet) }
    return sound
  }

  /// The best likeness, 0 to 1, over all delays a codec may have.
  private func likeness(_ original: [Int16], _ copy: [Int16]) -> (best: Double, delay: Int) {
    var best = (0.0, 0)
    for delay in 0..<320 {
      var cross = 0.0
      var one = 0.0
      var other = 0.0
      // Every third sample says as much.
      for index in stride(from: 0, to: min(original.count, copy.count) - delay, by: 3) {
        let left = Double(original[index])
        let right = Double(copy[index + delay])
        cross += left * right
        one += left * left
        other += right * right
      }
      let likeness = one > 0 && other > 0 ? cross / (one * other).squareRoot() : 0
      if likeness > best.0 { best = (likeness, delay) }
    }
    return best
  }

  @Test(arguments: packets, [(16_000, 0.65), (32_000, 0.8)] as [(Int32, Double)])
  func speechSurvivesTheRoundTrip(milliseconds: Int64, wanted: (rate: Int32, likeness: Double))
    throws
  {
    let sound = Voice(seed: 11).speak(seconds: 1.2)
    let heard = try decode(
      try encode(sound, packet: .milliseconds(milliseconds), bitsPerSecond: wanted.rate))
    #expect(heard.count == sound.count)
    let found = likeness(sound, heard)
    print("opus: \(milliseconds) ms at \(wanted.rate) bit/s, likeness \(found.best)")
    #expect(found.best > wanted.likeness, "after \(found.delay) samples")
    #expect(abs(level(of: heard) - level(of: sound)) < 2)
  }

  @Test(arguments: packets)
  func aPacketLastsAsLongAsTheCoreThinks(milliseconds: Int64) throws {
    let span = SampleSpan.milliseconds(milliseconds)
    var decoder = try SpeechDecoder.open()
    for packet in try encode(Voice(seed: 12).speak(seconds: 0.6), packet: span) {
      #expect(PacketCoding.duration(of: packet) == span)
      #expect(SpeechDecoder.duration(of: packet) == span)
      #expect(try decoder.decode(packet).count == Int(span.samples))
    }
  }

  /// The core counts a reply's sound without the library; every first and second byte there is.
  @Test func theCoreAndTheLibraryAgreeOnEveryPossibleBeginning() {
    #expect(PacketCoding.duration(of: []) == nil)
    #expect(SpeechDecoder.duration(of: []) == nil)
    var differences = 0
    for first in UInt8.min...UInt8.max {
      if PacketCoding.duration(of: [first]) != SpeechDecoder.duration(of: [first]) {
        differences += 1
      }
      for second in UInt8.min...UInt8.max {
        let packet = [first, second, 0, 0]
        if PacketCoding.duration(of: packet) != SpeechDecoder.duration(of: packet) {
          differences += 1
        }
      }
    }
    #expect(differences == 0)
  }

  @Test func anEmptyPacketIsAnError() throws {
    var decoder = try SpeechDecoder.open()
    #expect(throws: OpusError.self) { try decoder.decode([]) }
  }

  @Test(arguments: packets)
  func everyShorterPacketIsSoundOrAnErrorAndTheNextOneIsFine(milliseconds: Int64) throws {
    let packets = try encode(
      Voice(seed: 13).speak(seconds: 0.3), packet: .milliseconds(milliseconds))
    let whole = packets[packets.count / 2]
    var decoder = try SpeechDecoder.open()
    for length in 0..<whole.count { try decodeAnything(Array(whole[..<length]), with: &decoder) }
    #expect(try decoder.decode(whole).count == Int(milliseconds * 16))
  }

  @Test func noiseIsSoundOrAnErrorAndTheNextPacketIsFine() throws {
    let seed: UInt64 = 20_240_611
    print("seed \(seed)")
    var dice = SeededRandom(seed: seed)
    let good = try encode(Voice(seed: 14).speak(seconds: 0.1), packet: .milliseconds(20))[2]
    var decoder = try SpeechDecoder.open()
    var refused = 0
    for _ in 0..<2_000 {
      let packet = dice.bytes(Int.random(in: 0...300, using: &dice))
      if try !decodeAnything(packet, with: &decoder) { refused += 1 }
    }
    #expect(refused > 0)
    #expect(try decoder.decode(good).count == 320)
  }

  /// - Returns: whether it was taken for sound, which then is as long as it says.
  @discardableResult
  private func decodeAnything(_ packet: [UInt8], with decoder: inout SpeechDecoder) throws -> Bool {
    do throws(OpusError) {
      let sound = try decoder.decode(packet)
      #expect(SpeechDecoder.duration(of: packet)?.samples == Int64(sound.count))
      #expect(sound.count <= Int(SpeechDecoder.longestPacket.samples))
      return true
    } catch {
      #expect(error.description.hasPrefix("opus cannot decode a packet of \(packet.count) bytes: "))
      return false
    }
  }

  @Test func silenceCostsNextToNothing() throws {
    let seconds = 10
    let span = SampleSpan.milliseconds(60)
    let silence = try encode([Int16](repeating: 0, count: seconds * 16_000), packet: span)
    let speech = try encode(Voice(seed: 15).speak(seconds: Double(seconds)), packet: span)
    let quiet = silence.reduce(0) { $0 + $1.count }
    let loud = speech.reduce(0) { $0 + $1.count }
    print("opus: \(seconds) s of silence \(quiet) bytes, of speech \(loud) bytes")
    #expect(quiet * 5 < loud)
    // 16 kbit/s are 20,000 bytes in ten seconds; the codec may wander a little around it.
    #expect(loud < 26_000)
  }

  @Test func afterAResetADecoderIsAsNew() throws {
    let packets = try encode(Voice(seed: 16).speak(seconds: 0.5), packet: .milliseconds(20))
    let others = try encode(Voice(seed: 17).speak(seconds: 0.5), packet: .milliseconds(20))
    var decoder = try SpeechDecoder.open()
    for packet in others { _ = try decoder.decode(packet) }
    decoder.reset()
    var sound: [Int16] = []
    for packet in packets { sound += try decoder.decode(packet) }
    #expect(sound == (try decode(packets)))
  }

  @Test func anImpossiblePacketLengthIsAnErrorThatSaysSo() throws {
    var encoder = try SpeechEncoder.open(bitsPerSecond: 16_000, packet: .milliseconds(30))
    let error = #expect(throws: OpusError.self) {
      try encoder.encode([Int16](repeating: 0, count: 480))
    }
    #expect(error?.description == "opus cannot encode 480 samples: invalid argument")
  }
}
