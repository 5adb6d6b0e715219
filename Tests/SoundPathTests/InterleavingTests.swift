import SoundPath
import Testing

@Suite struct InterleavingTests {
  private func bytes(
    _ numbers: [Float], _ shape: CardShape, channel: Int = 0
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xAA, count: numbers.count * shape.bytesPerFrame)
    bytes.withUnsafeMutableBytes { room in
      Interleaving.write(
        numbers, frameCount: numbers.count, shape, channel: channel, into: room)
    }
    return bytes
  }

  private func numbers(
    _ bytes: [UInt8], _ shape: CardShape, channel: Int, except: Int = 0
  ) -> [Float] {
    let count = bytes.count / shape.bytesPerFrame
    return [Float](unsafeUninitializedCapacity: count) { room, filled in
      bytes.withUnsafeBytes {
        Interleaving.read(
          $0, shape, frameCount: count, channel: channel, except: except,
          into: room.baseAddress!)
      }
      filled = count
    }
  }

  private static let some: [Float] = [0, 1, -1, 77.25, -77.25, 12_345, -12_345.5, 32_767, -32_768]

  @Test(arguments: SampleFormat.allCases, 1...8)
  func whatIsWrittenIsReadAgain(format: SampleFormat, channels: Int) {
    let shape = CardShape(rate: 48_000, channels: channels, format: format)
    let written = bytes(InterleavingTests.some, shape)
    #expect(written.count == InterleavingTests.some.count * channels * format.byteCount)
    for channel in 0...channels {
      let back = numbers(written, shape, channel: channel)
      for (number, wanted) in zip(back, InterleavingTests.some) {
        #expect(abs(number - wanted) <= (format == .int16 ? 0.51 : 0.05))
      }
    }
  }

  @Test func theBytesAreThoseOfTheFormat() {
    func one(_ number: Float, _ format: SampleFormat) -> [UInt8] {
      bytes([number], CardShape(rate: 8_000, channels: 1, format: format))
    }
    #expect(one(258, .int16) == [0x02, 0x01])
    #expect(one(-2, .int16) == [0xFE, 0xFF])
    #expect(one(258, .int24Packed) == [0x00, 0x02, 0x01])
    #expect(one(-0.5, .int24Packed) == [0x80, 0xFF, 0xFF])
    #expect(one(258, .int24) == [0x00, 0x02, 0x01, 0x00])
    #expect(one(-0.5, .int24) == [0x80, 0xFF, 0xFF, 0xFF])
    #expect(one(258, .int32) == [0x00, 0x00, 0x02, 0x01])
    #expect(one(16_384, .float32) == [0x00, 0x00, 0x00, 0x3F])
  }

  @Test(arguments: SampleFormat.allCases)
  func whatIsTooLoudIsLimitedAndDoesNotTurnOver(format: SampleFormat) {
    let shape = CardShape(rate: 16_000, channels: 2, format: format)
    let back = numbers(bytes([1e9, -1e9, 40_000, -40_000], shape), shape, channel: 2)
    for index in [0, 2] { #expect(back[index] > 32_766 && back[index] <= 32_768) }
    for index in [1, 3] { #expect(back[index] < -32_766 && back[index] >= -32_768) }
  }

  @Test func oneChannelSpeaksAndTheOthersAreSilent() {
    let shape = CardShape(rate: 48_000, channels: 4, format: .int24Packed)
    let written = bytes([1_000, -1_000], shape, channel: 3)
    for channel in 1...4 {
      #expect(
        numbers(written, shape, channel: channel) == (channel == 3 ? [1_000, -1_000] : [0, 0]))
    }
    #expect(numbers(written, shape, channel: 0) == [250, -250])
  }

  @Test func theReferenceIsNotPartOfTheMean() {
    let shape = CardShape(rate: 16_000, channels: 3, format: .int16)
    let sound: [UInt8] = [100, 0, 200, 0, 0, 64]
    #expect(numbers(sound, shape, channel: 0) == [Float(100 + 200 + 16_384) / 3])
    #expect(numbers(sound, shape, channel: 0, except: 3) == [150])
    #expect(numbers(sound, shape, channel: 3) == [16_384])
    let mono = CardShape(rate: 16_000, channels: 1, format: .int16)
    #expect(numbers([100, 0], mono, channel: 0, except: 1) == [100])
  }

  @Test func theFourthByteOf24BitIsNobodysBusiness() {
    let shape = CardShape(rate: 16_000, channels: 1, format: .int24)
    #expect(numbers([0, 1, 0, 0x7F], shape, channel: 1) == [1])
    #expect(numbers([0, 0xFF, 0xFF, 0x00], shape, channel: 1) == [-1])
  }

  @Test func whatIsNoNumberIsSilence() {
    let shape = CardShape(rate: 16_000, channels: 1, format: .float32)
    for strange in [Float.nan, .infinity, -.infinity] {
      let bits = strange.bitPattern
      let sound = (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
      #expect(numbers(sound, shape, channel: 1) == [0])
    }
  }

  @Test func aShapeReadsLikeOneSaysIt() {
    func text(_ rate: Int, _ channels: Int, _ format: SampleFormat) -> String {
      CardShape(rate: rate, channels: channels, format: format).description
    }
    #expect(text(16_000, 1, .int16) == "16 kHz, mono, 16 bit")
    #expect(text(44_100, 2, .int24Packed) == "44.1 kHz, 2 channels, 24 bit")
    #expect(text(11_025, 8, .int32) == "11.025 kHz, 8 channels, 32 bit")
    #expect(text(22_050, 2, .float32) == "22.05 kHz, 2 channels, float")
  }
}
