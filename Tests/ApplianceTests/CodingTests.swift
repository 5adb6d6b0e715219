import Opus
import Settings
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

@Suite struct UplinkTests {
  private func coding(packet: Int64) throws -> Coding {
    var settings = DeviceSettings()
    settings.link.packet = .milliseconds(packet)
    return try Coding(settings)
  }

  private func parts(_ message: Upstream?) -> (turn: TurnID, packet: [UInt8], at: SampleSpan)? {
    if case .turnAudio(let turn, let packet, let at)? = message { (turn, packet, at) } else { nil }
  }

  @Test(arguments: [20, 40, 60] as [Int64])
  func packetsHoldExactlyTheFramesAndEachSaysWhereItBegins(milliseconds: Int64) throws {
    let coding = try coding(packet: milliseconds)
    let sound = Voice(seed: 91).speak(seconds: 0.6)
    var packets: [[UInt8]] = []
    for frame in Frame.cut(sound) {
      guard let sent = parts(try coding.uplink.add(frame, of: TurnID(7))) else { continue }
      #expect(sent.turn == TurnID(7))
      #expect(sent.at == .milliseconds(Int64(packets.count) * milliseconds))
      #expect(PacketCoding.duration(of: sent.packet) == .milliseconds(milliseconds))
      packets.append(sent.packet)
    }
    // The same sound through a codec of our own gives the same bytes.
    var encoder = try SpeechEncoder.open(
      bitsPerSecond: 16_000, packet: .milliseconds(milliseconds))
    let size = encoder.samplesPerPacket
    for (number, packet) in packets.enumerated() {
      #expect(packet == (try encoder.encode(Array(sound[number * size..<(number + 1) * size]))))
    }
    #expect(packets.count == 600 / Int(milliseconds))
    #expect(parts(try coding.uplink.finish(TurnID(7))) == nil)
  }

  @Test func theLastPacketIsFilledUpWithSilence() throws {
    let coding = try coding(packet: 60)
    let frames = Frame.cut(Voice(seed: 92).speak(seconds: 0.08))
    var sent: [[UInt8]] = []
    for frame in frames {
      if let packet = parts(try coding.uplink.add(frame, of: TurnID(1)))?.packet {
        sent.append(packet)
      }
    }
    #expect(sent.count == 1)
    let last = try #require(parts(try coding.uplink.finish(TurnID(1))))
    #expect(last.at == .milliseconds(60))
    #expect(PacketCoding.duration(of: last.packet) == .milliseconds(60))
    var encoder = try SpeechEncoder.open(bitsPerSecond: 16_000, packet: .milliseconds(60))
    _ = try encoder.encode(frames[..<6].flatMap(\.all))
    let padded = frames[6...].flatMap(\.all) + [Int16](repeating: 0, count: 4 * 160)
    #expect(last.packet == (try encoder.encode(padded)))
  }

  @Test func theNextTurnBeginsAtZeroWithNothingOfTheLast() throws {
    let coding = try coding(packet: 20)
    for abandoned in [true, false] {
      for number in 0..<5 {
        _ = try coding.uplink.add(Frame(repeating: Int16(number * 100)), of: TurnID(1))
      }
      if abandoned { coding.uplink.abandon() } else { _ = try coding.uplink.finish(TurnID(1)) }
      #expect(parts(try coding.uplink.finish(TurnID(1))) == nil)
      #expect(parts(try coding.uplink.add(.silence, of: TurnID(2))) == nil)
      let first = try #require(parts(try coding.uplink.add(.silence, of: TurnID(2))))
      #expect(first.at == .zero && first.turn == TurnID(2))
      coding.uplink.abandon()
    }
  }
}

@Suite struct DownlinkTests {
  private let ring = Ring<PlayableFrame>(
    capacity: 16, filler: PlayableFrame(reply: ReplyID(0), kind: .end))

  private func packets(seed: UInt64, count: Int, milliseconds: Int64 = 20) throws -> [[UInt8]] {
    var encoder = try SpeechEncoder.open(
      bitsPerSecond: 24_000, packet: .milliseconds(milliseconds))
    let size = encoder.samplesPerPacket
    let sound = Voice(seed: seed).speak(seconds: Double(count * size) / 16_000)
    var packets: [[UInt8]] = []
    for number in 0..<count {
      packets.append(try encoder.encode(Array(sound[number * size..<(number + 1) * size])))
    }
    return packets
  }

  private func decoded(_ packets: [[UInt8]]) throws -> [Frame] {
    var decoder = try SpeechDecoder.open()
    var sound: [Int16] = []
    for packet in packets { sound += try decoder.decode(packet) }
    return Frame.cut(sound)
  }

  /// Everything that comes out of the ring, taken a few frames at a time.
  private func drain(_ steps: [JitterBuffer.Step], broken: inout Int) throws -> [PlayableFrame] {
    var downlink = Downlink(decoder: try SpeechDecoder.open())
    var rest = steps[...]
    var out: [PlayableFrame] = []
    while true {
      broken += downlink.pump(into: ring) { rest.popFirst() }
      guard ring.count > 0 else { return out }
      for _ in 0..<5 {
        if let frame = ring.pop() { out.append(frame) }
      }
    }
  }

  private func steps(_ reply: UInt32, _ packets: [[UInt8]], ends: Bool = true)
    -> [JitterBuffer.Step]
  {
    packets.map { .packet(ReplyID(reply), $0) } + (ends ? [.end(ReplyID(reply))] : [])
  }

  @Test func aReplyComesOutWholeAndInOrderAndThenItsEnd() throws {
    let packets = try packets(seed: 93, count: 40)
    var broken = 0
    let out = try drain(steps(3, packets), broken: &broken)
    #expect(broken == 0)
    #expect(out.allSatisfy { $0.reply == ReplyID(3) })
    #expect(out.dropLast().allSatisfy { $0.kind == .sound })
    #expect(out.last?.kind == .end)
    #expect(out.dropLast().map(\.frame) == (try decoded(packets)))
  }

  @Test func whatDoesNotFillAFrameIsFilledUpWithSilence() throws {
    // 3 packets of 5 ms are a frame and a half.
    let packets = try packets(seed: 94, count: 3, milliseconds: 5)
    var broken = 0
    let out = try drain(steps(1, packets), broken: &broken)
    #expect(out.map(\.kind) == [.sound, .sound, .end])
    #expect(out.dropLast().map(\.frame) == (try decoded(packets)))
    #expect(out[1].frame.all[80...].allSatisfy { $0 == 0 })
  }

  @Test func aBrokenPacketIsCountedAndTheOthersAreHeard() throws {
    let packets = try packets(seed: 95, count: 6)
    // Of code 3 with no frames in it, and without a byte.
    let bad: [[UInt8]] = [[0x0B, 0x00], []]
    var broken = 0
    let out = try drain(
      steps(1, Array(packets[..<3]) + bad + Array(packets[3...])), broken: &broken)
    #expect(broken == 2)
    #expect(out.count == 13 && out.last?.kind == .end)
    #expect(out[..<6].map(\.frame) == (try decoded(Array(packets[..<3]))))
  }

  @Test func aReplyOfNothingIsOnlyItsEnd() throws {
    var broken = 0
    let out = try drain([.end(ReplyID(9))], broken: &broken)
    #expect(out.map(\.kind) == [.end] && out[0].reply == ReplyID(9))
  }

  @Test func theNextReplyOwesNothingToTheOneThatWasCutOff() throws {
    let first = try packets(seed: 96, count: 4, milliseconds: 60)
    let second = try packets(seed: 97, count: 4)
    var broken = 0
    let out = try drain(steps(1, first, ends: false) + steps(2, second), broken: &broken)
    let late = out.filter { $0.reply == ReplyID(2) }
    #expect(late.dropLast().map(\.frame) == (try decoded(second)))
    #expect(late.last?.kind == .end)
    #expect(out.firstIndex { $0.reply == ReplyID(2) } == out.count - late.count)
  }

  @Test func onlyWhatTheRingHoldsIsDecodedAhead() throws {
    let packets = try packets(seed: 98, count: 50)
    var downlink = Downlink(decoder: try SpeechDecoder.open())
    var rest = steps(1, packets)[...]
    #expect(downlink.pump(into: ring) { rest.popFirst() } == 0)
    #expect(ring.isFull)
    // 16 frames of 10 ms are 8 packets of 20 ms.
    #expect(rest.count == 51 - 8)
    #expect(downlink.pump(into: ring) { rest.popFirst() } == 0)
    #expect(rest.count == 51 - 8)
  }

  @Test func noiseInsteadOfPacketsNeverTraps() throws {
    let seed: UInt64 = 4_711
    print("seed \(seed)")
    var dice = SeededRandom(seed: seed)
    let noise = (0..<500).map { _ in dice.bytes(Int.random(in: 0...120, using: &dice)) }
    var broken = 0
    let out = try drain(steps(1, noise), broken: &broken)
    #expect(broken > 0)
    #expect(out.last?.kind == .end)
  }
}
