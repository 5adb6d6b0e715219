/// Sound as a WAV file held it: 16-bit samples, channels taking turns.
public struct WaveSound: Equatable, Sendable {
  public var rate: Int
  public var channels: Int
  public var samples: [Int16]

  public init(rate: Int, channels: Int, samples: [Int16]) {
    self.rate = rate
    self.channels = channels
    self.samples = samples
  }

  /// One channel by itself; a channel that is not there is empty.
  public func channel(_ number: Int) -> [Int16] {
    guard channels > 0, number >= 0, number < channels else { return [] }
    var alone: [Int16] = []
    alone.reserveCapacity(samples.count / channels)
    var index = number
    while index < samples.count {
      alone.append(samples[index])
      index += channels
    }
    return alone
  }

  /// The samples, when they are what the room and the core work with: 16 kHz mono.
  public func mono16kHz() throws(WaveError) -> [Int16] {
    guard rate == 16_000, channels == 1 else {
      throw .wrongShape(rate: rate, channels: channels)
    }
    return samples
  }
}

/// Reads and writes WAV files of 16-bit PCM. What the file says about itself is believed only as
/// far as its bytes reach.
public enum WaveFile {
  /// Size of the header that `header` writes; the samples follow it directly.
  public static let headerSize = 44
  public static let mostChannels = 8
  public static let rates = 1...384_000

  public static func decode(_ bytes: [UInt8]) throws(WaveError) -> WaveSound {
    guard bytes.count >= 12 else { throw .tooShort(bytes: bytes.count) }
    guard tag("RIFF", at: 0, in: bytes), tag("WAVE", at: 8, in: bytes) else { throw .notWave }
    let end = 8 + size(at: 4, in: bytes)
    guard end <= bytes.count else { throw .cut(part: "file", says: end, has: bytes.count) }

    var format: (rate: Int, channels: Int)?
    var start = 12
    // Chunks begin at even places; each step moves on by at least a chunk header, so this ends.
    while start + 8 <= end {
      let length = size(at: start + 4, in: bytes)
      let body = start + 8
      guard body + length <= end else {
        throw .cut(part: name(at: start, in: bytes), says: length, has: end - body)
      }
      if tag("fmt ", at: start, in: bytes), format == nil {
        format = try readFormat(at: body, length: length, in: bytes)
      } else if tag("data", at: start, in: bytes) {
        guard let format else { throw .missing(part: "fmt ") }
        guard length % (2 * format.channels) == 0 else {
          throw .uneven(bytes: length, frame: 2 * format.channels)
        }
        var samples = [Int16](repeating: 0, count: length / 2)
        for index in 0..<samples.count {
          samples[index] = Int16(bitPattern: UInt16(pair(at: body + 2 * index, in: bytes)))
        }
        return WaveSound(rate: format.rate, channels: format.channels, samples: samples)
      }
      start = body + length + length % 2
    }
    throw .missing(part: format == nil ? "fmt " : "data")
  }

  public static func encode(_ sound: WaveSound) -> [UInt8] {
    var bytes = header(
      rate: sound.rate, channels: sound.channels,
      frames: sound.samples.count / max(1, sound.channels))
    bytes.reserveCapacity(headerSize + 2 * sound.samples.count)
    for sample in sound.samples {
      bytes.append(UInt8(truncatingIfNeeded: sample))
      bytes.append(UInt8(truncatingIfNeeded: sample >> 8))
    }
    return bytes
  }

  /// A header for `frames` samples per channel. A sound too long for the format's 32 bits is
  /// declared as long as they can say.
  public static func header(rate: Int, channels: Int, frames: Int) -> [UInt8] {
    let frameBytes = 2 * max(1, channels)
    let most = (Int(UInt32.max) - 36) / frameBytes
    let data = max(0, min(frames, most)) * frameBytes
    var header: [UInt8] = []
    header.reserveCapacity(headerSize)
    func text(_ word: StaticString) { for index in 0..<4 { header.append(word.utf8Start[index]) } }
    func number(_ value: Int, bytes: Int) {
      for index in 0..<bytes { header.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
    text("RIFF")
    number(36 + data, bytes: 4)
    text("WAVE")
    text("fmt ")
    number(16, bytes: 4)
    number(1, bytes: 2)
    number(channels, bytes: 2)
    number(rate, bytes: 4)
    number(rate &* frameBytes, bytes: 4)
    number(frameBytes, bytes: 2)
    number(16, bytes: 2)
    text("data")
    number(data, bytes: 4)
    return header
  }

  private static func readFormat(at body: Int, length: Int, in bytes: [UInt8])
    throws(WaveError) -> (rate: Int, channels: Int)
  {
    guard length >= 16 else { throw .cut(part: "fmt ", says: length, has: 16) }
    let coding = pair(at: body, in: bytes)
    let channels = pair(at: body + 2, in: bytes)
    let rate = size(at: body + 4, in: bytes)
    let frame = pair(at: body + 12, in: bytes)
    let bits = pair(at: body + 14, in: bytes)
    // 0xFFFE is "see the extension", whose first two bytes are the real coding.
    let isPCM =
      coding == 1 || (coding == 0xFFFE && length >= 26 && pair(at: body + 24, in: bytes) == 1)
    guard isPCM, bits == 16 else { throw .notPCM16(coding: coding, bits: bits) }
    guard channels >= 1, channels <= mostChannels else { throw .channels(channels) }
    guard rates.lowerBound <= rate, rate <= rates.upperBound else { throw .rate(rate) }
    // The byte rate, which some writers get wrong, says nothing we need.
    guard frame == 2 * channels else { throw .frameSize(says: frame, channels: channels) }
    return (rate, channels)
  }

  private static func pair(at index: Int, in bytes: [UInt8]) -> Int {
    Int(bytes[index]) | Int(bytes[index + 1]) << 8
  }

  /// 32 bits, as an Int that cannot become negative on a 32-bit board.
  private static func size(at index: Int, in bytes: [UInt8]) -> Int {
    let value = UInt32(pair(at: index, in: bytes)) | UInt32(pair(at: index + 2, in: bytes)) << 16
    // Half of the largest Int leaves room for adding places to it.
    return Int(min(value, UInt32(Int32.max / 2)))
  }

  private static func tag(_ word: StaticString, at index: Int, in bytes: [UInt8]) -> Bool {
    for place in 0..<4 where bytes[index + place] != word.utf8Start[place] { return false }
    return true
  }

  private static func name(at index: Int, in bytes: [UInt8]) -> String {
    var name = ""
    for place in 0..<4 {
      let byte = bytes[index + place]
      name.unicodeScalars.append(byte >= 0x20 && byte < 0x7F ? Unicode.Scalar(byte) : "?")
    }
    return name
  }
}
