import Testing
import VoiceCore

@Suite struct LoudnessTests {
  @Test func aFullScaleSquareWaveIsZeroDecibels() {
    #expect(abs(Loudness(of: Frame(repeating: 32_767)).decibelTenths) <= 1)
  }

  @Test func halvingTheAmplitudeTakesSixDecibels() {
    let loud = Loudness(of: Frame(repeating: 8_000)).decibelTenths
    let quiet = Loudness(of: Frame(repeating: 4_000)).decibelTenths
    #expect(abs(loud - quiet - 60) <= 1)
  }

  @Test func silenceHasALevelToo() {
    #expect(Loudness(of: .silence).decibelTenths == -960)
  }

  @Test func logarithmAndExponentialUndoEachOther() {
    for exponent in stride(from: Float(-20), through: 30, by: 0.37) {
      #expect(abs(log2(exp2(exponent)) - exponent) < 0.002)
    }
  }
}

@Suite struct PacketCodingTests {
  @Test func theDurationIsReadFromTheFirstByte() {
    // SILK wide-band 20 ms, one frame; CELT 10 ms, two frames; SILK 60 ms; three frames of 20 ms.
    #expect(PacketCoding.duration(of: [9 << 3]) == .milliseconds(20))
    #expect(PacketCoding.duration(of: [30 << 3 | 1]) == .milliseconds(20))
    #expect(PacketCoding.duration(of: [11 << 3]) == .milliseconds(60))
    #expect(PacketCoding.duration(of: [9 << 3 | 3, 3]) == .milliseconds(60))
  }

  @Test func whatIsNoPacketHasNoDuration() {
    #expect(PacketCoding.duration(of: []) == nil)
    #expect(PacketCoding.duration(of: [3]) == nil)
    #expect(PacketCoding.duration(of: [3, 0]) == nil)
    // 48 frames of 20 ms would be almost a second.
    #expect(PacketCoding.duration(of: [9 << 3 | 3, 48]) == nil)
  }
}

@Suite struct UtteranceBufferTests {
  private func frame(_ number: Int) -> Frame { Frame(repeating: Int16(number)) }

  @Test func theNewestComeOutOldestFirst() {
    var buffer = UtteranceBuffer(capacity: .milliseconds(50))
    for number in 1...12 { buffer.keep(frame(number)) }
    #expect(buffer.take(newest: 3).map { $0[0] } == [10, 11, 12])
    #expect(buffer.count == 0)
  }

  @Test func moreThanThereIsGivesWhatThereIs() {
    var buffer = UtteranceBuffer(capacity: .milliseconds(50))
    buffer.keep(frame(1))
    #expect(buffer.take(newest: 100).count == 1)
    #expect(buffer.take(newest: 100).isEmpty)
    #expect(buffer.take(newest: -5).isEmpty)
  }
}

@Suite struct JitterBufferTests {
  @Test func whatWaitsIsBoundedInBytes() {
    var buffer = JitterBuffer()
    let packet = [UInt8](repeating: 0, count: 4_000)
    for _ in 0..<1_000 { buffer.add(.packet(ReplyID(1), packet)) }
    #expect(buffer.count == JitterBuffer.mostBytes / 4_000)
    #expect(buffer.refused == 1_000 - buffer.count)
    // Room again once some of it was played.
    _ = buffer.next()
    let before = buffer.count
    buffer.add(.packet(ReplyID(1), packet))
    #expect(buffer.count == before + 1)
  }

  @Test func stepsComeOutInOrderAndOnce() {
    var buffer = JitterBuffer()
    for number in 0..<200 { buffer.add(.packet(ReplyID(1), [UInt8(number)])) }
    buffer.add(.end(ReplyID(1)))
    for number in 0..<200 { #expect(buffer.next() == .packet(ReplyID(1), [UInt8(number)])) }
    #expect(buffer.next() == .end(ReplyID(1)))
    #expect(buffer.next() == nil)
  }
}
