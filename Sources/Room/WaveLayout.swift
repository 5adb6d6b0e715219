/// What the header of a WAV file says, and where its samples are: enough to read them from the
/// file's bytes one by one, without a copy.
public struct WaveLayout: Equatable, Sendable {
  public let rate: Int
  public let channels: Int
  /// Of all channels together.
  public let samples: Int
  private let start: Int

  /// Sizes from here on are written by those who cannot know them yet: into a pipe, or before a
  /// power cut.
  static let unknownSize = 0x7FFF_0000

  public init(of bytes: [UInt8]) throws(WaveError) {
    guard bytes.count >= 12 else { throw .tooShort(bytes: bytes.count) }
    guard WaveLayout.tag("RIFF", at: 0, in: bytes), WaveLayout.tag("WAVE", at: 8, in: bytes) else {
      throw .notWave
    }
    let declared = WaveLayout.size(at: 4, in: bytes)
    let isUnfinished = declared == 0 || declared >= WaveLayout.unknownSize
    let end = isUnfinished ? bytes.count : 8 + declared
    guard end <= bytes.count else { throw .cut(part: "file", says: end, has: bytes.count) }

    var format: (rate: Int, channels: Int)?
    var place = 12
    // Chunks begin at even places; each step moves on by at least a chunk header, so this ends.
    while place + 8 <= end {
      let body = place + 8
      let says = WaveLayout.size(at: place + 4, in: bytes)
      if WaveLayout.tag("data", at: place, in: bytes) {
        guard let format else { throw .missing(part: "fmt ") }
        // Nothing in it, and yet more in the file than the header knows of: never finished.
        let isOpen = says >= WaveLayout.unknownSize || says == 0 && (isUnfinished || end <= body)
        let frameBytes = 2 * format.channels
        let length =
          isOpen ? (bytes.count - body) / frameBytes * frameBytes : says
        guard length <= (isOpen ? bytes.count : end) - body else {
          throw .cut(part: "data", says: length, has: end - body)
        }
        guard length % frameBytes == 0 else { throw .uneven(bytes: length, frame: frameBytes) }
        rate = format.rate
        channels = format.channels
        samples = length / 2
        start = body
        return
      }
      guard says <= end - body else {
        throw .cut(part: WaveLayout.name(at: place, in: bytes), says: says, has: end - body)
      }
      if WaveLayout.tag("fmt ", at: place, in: bytes), format == nil {
        format = try WaveLayout.readFormat(at: body, length: says, in: bytes)
      }
      place = body + says + says % 2
    }
    throw .missing(part: format == nil ? "fmt " : "data")
  }

  /// - Parameter bytes: those the layout was made of.
  public func sample(_ index: Int, in bytes: [UInt8]) -> Int16 {
    Int16(bitPattern: UInt16(WaveLayout.pair(at: start + 2 * index, in: bytes)))
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
    guard channels >= 1, channels <= WaveFile.mostChannels else { throw .channels(channels) }
    guard rate >= WaveFile.rates.lowerBound, rate <= WaveFile.rates.upperBound else {
      throw .rate(rate)
    }
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
    // A little below the largest Int leaves room for the RIFF header's eight bytes.
    return Int(min(value, UInt32(Int32.max - 16)))
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
