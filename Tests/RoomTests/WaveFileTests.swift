import TestSupport
import Testing

@testable import Room

@Suite struct WaveFileTests {
  private let sound = WaveSound(
    rate: 16_000, channels: 1, samples: [0, 1, -1, 32_767, -32_768, 256])

  private func error(_ bytes: [UInt8]) -> WaveError? {
    do throws(WaveError) {
      _ = try WaveFile.decode(bytes)
      return nil
    } catch {
      return error
    }
  }

  /// The file with some bytes written over.
  private func file(_ sound: WaveSound, patching place: Int, with bytes: [UInt8]) -> [UInt8] {
    var file = WaveFile.encode(sound)
    file.replaceSubrange(place..<(place + bytes.count), with: bytes)
    return file
  }

  @Test func whatIsWrittenIsReadBack() throws {
    #expect(try WaveFile.decode(WaveFile.encode(sound)) == sound)
    let stereo = WaveSound(rate: 48_000, channels: 2, samples: [1, -1, 2, -2])
    #expect(try WaveFile.decode(WaveFile.encode(stereo)) == stereo)
    #expect(stereo.channel(0) == [1, 2])
    #expect(stereo.channel(1) == [-1, -2])
    #expect(stereo.channel(2) == [])
  }

  @Test func anEmptySoundIsASound() throws {
    let empty = WaveSound(rate: 16_000, channels: 1, samples: [])
    #expect(try WaveFile.decode(WaveFile.encode(empty)) == empty)
  }

  @Test func chunksOfOthersAreSteppedOver() throws {
    var bytes = WaveFile.encode(sound)
    // Odd length: a byte of padding follows.
    let other: [UInt8] = Array("LIST".utf8) + [3, 0, 0, 0, 9, 9, 9, 0]
    bytes.insert(contentsOf: other, at: 12)
    bytes[4] += UInt8(other.count)
    #expect(try WaveFile.decode(bytes) == sound)
    // What comes after the samples does not matter either.
    bytes += other
    bytes[4] += UInt8(other.count)
    #expect(try WaveFile.decode(bytes) == sound)
  }

  @Test func theExtendedHeaderOfPCMIsPCM() throws {
    var bytes = WaveFile.encode(sound)
    bytes.insert(
      contentsOf: [22, 0, 16, 0, 4, 0, 0, 0, 1, 0] + [UInt8](repeating: 0, count: 14), at: 36)
    bytes[16] = 40
    bytes[20] = 0xFE
    bytes[21] = 0xFF
    bytes[4] += 24
    #expect(try WaveFile.decode(bytes) == sound)
    bytes[44] = 3
    #expect(error(bytes) == .notPCM16(coding: 0xFFFE, bits: 16))
  }

  @Test func everyShorterLengthIsRefused() {
    let whole = WaveFile.encode(sound)
    for length in 0..<whole.count { #expect(error(Array(whole[..<length])) != nil) }
  }

  @Test func everyByteMayBeAnyOther() {
    let whole = WaveFile.encode(sound)
    // Nothing to expect but that it answers.
    for place in 0..<whole.count {
      for value in [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[place] = value
        _ = error(bytes)
      }
    }
  }

  @Test func liesOfTheHeaderAreNamed() {
    #expect(error([]) == .tooShort(bytes: 0))
    #expect(error([UInt8](repeating: 65, count: 50)) == .notWave)
    #expect(
      error(file(sound, patching: 40, with: [255, 255, 255, 0x60]))
        == .cut(part: "data", says: 0x60FF_FFFF, has: 12))
    #expect(error(file(sound, patching: 4, with: [49])) == .cut(part: "file", says: 57, has: 56))
    #expect(error(file(sound, patching: 20, with: [3])) == .notPCM16(coding: 3, bits: 16))
    #expect(error(file(sound, patching: 34, with: [24])) == .notPCM16(coding: 1, bits: 24))
    #expect(error(file(sound, patching: 22, with: [0])) == .channels(0))
    #expect(error(file(sound, patching: 22, with: [9])) == .channels(9))
    #expect(error(file(sound, patching: 24, with: [0, 0, 0, 0])) == .rate(0))
    #expect(error(file(sound, patching: 32, with: [4])) == .frameSize(says: 4, channels: 1))
    #expect(error(file(sound, patching: 40, with: [11])) == .uneven(bytes: 11, frame: 2))
    #expect(error(file(sound, patching: 36, with: Array("junk".utf8))) == .missing(part: "data"))
    #expect(error(file(sound, patching: 12, with: Array("junk".utf8))) == .missing(part: "fmt "))
  }

  /// Who writes into a pipe cannot go back to the header, nor could who lost power.
  @Test(arguments: [0xFFFF_FFFF, 0x7FFF_F000, 0x8000_0000, 0] as [UInt32])
  func aHeaderThatWasNeverFinishedGoesOnToTheEndOfTheFile(size: UInt32) throws {
    let size = (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
    var bytes = file(sound, patching: 40, with: size)
    bytes.replaceSubrange(4..<8, with: size)
    #expect(try WaveFile.decode(bytes) == sound)
    // The last sample was cut in the middle.
    bytes.append(7)
    #expect(try WaveFile.decode(bytes) == sound)
    // Some writers know the size of the header and nothing else.
    if size == [0, 0, 0, 0] {
      bytes.replaceSubrange(4..<8, with: [36, 0, 0, 0])
      #expect(try WaveFile.decode(bytes) == sound)
    }
  }

  @Test func anEmptyPartBeforeAnotherIsEmpty() throws {
    var bytes = WaveFile.encode(WaveSound(rate: 16_000, channels: 1, samples: []))
    bytes += Array("LIST".utf8) + [2, 0, 0, 0, 9, 9]
    bytes[4] += 10
    #expect(try WaveFile.decode(bytes).samples.isEmpty)
  }

  /// Whatever is written over the header: an error, or a sound that lies within the file.
  @Test func aMutatedHeaderIsRefusedOrReadWithinTheFile() throws {
    let seed: UInt64 = 20_261_121
    print("seed \(seed)")
    var dice = SeededRandom(seed: seed)
    var whole = WaveFile.encode(
      WaveSound(rate: 16_000, channels: 1, samples: (0..<200).map { Int16($0) }))
    whole.insert(contentsOf: Array("LIST".utf8) + [4, 0, 0, 0, 1, 2, 3, 4], at: 12)
    whole[4] += 12
    var good = 0
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...Int.random(in: 0..<6, using: &dice) {
        let place = Int.random(in: 0..<60, using: &dice)
        // Mostly the values at which numbers change their meaning.
        bytes[place] =
          [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, .random(in: 0...255, using: &dice)].randomElement(
            using: &dice)!
      }
      bytes.removeLast(
        Int.random(in: 0..<8, using: &dice) == 0 ? .random(in: 0..<440, using: &dice) : 0)
      do throws(WaveError) {
        let sound = try WaveFile.decode(bytes)
        #expect(2 * sound.samples.count <= bytes.count - WaveFile.headerSize)
        #expect(sound.samples.count % sound.channels == 0)
        good += 1
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    // Neither all nor nothing, else this looks at nothing.
    #expect((500..<19_500).contains(good))
  }

  @Test func theRoomWantsSixteenKilohertzMono() throws {
    #expect(try sound.mono16kHz() == sound.samples)
    let error = WaveError.wrongShape(rate: 44_100, channels: 2)
    #expect(throws: error) {
      try WaveSound(rate: 44_100, channels: 2, samples: [1, 1]).mono16kHz()
    }
    #expect("\(error)".hasPrefix("44100 Hz with 2 channels; needed is 16000 Hz mono"))
  }

  @Test func aHeaderNeverSaysMoreThanItsFieldsHold() throws {
    let header = WaveFile.header(rate: 16_000, channels: 2, frames: .max)
    #expect(header.count == WaveFile.headerSize)
    #expect(Array(header[40..<44]) == [0xD8, 0xFF, 0xFF, 0xFF])
  }
}
