internal import Settings
package import VoiceCore

/// What the file of an `EchoMemory` looks like: a magic word with a version, the card it was learned
/// on, the memory, and a sum over all of it. Numbers are little-endian.
package enum EchoFile {
  package enum Damage: Error {
    case size, kind, sum, numbers
    /// Not damaged, but learned somewhere else.
    case otherCard

    var reason: String {
      switch self {
      case .size: "it has not the size of one"
      case .kind: "it is not one, or of another version"
      case .sum: "its sum is wrong"
      case .numbers: "its numbers are impossible"
      case .otherCard: "it was learned on another sound card"
      }
    }
  }

  private static let magic: [UInt8] = Array("AurEcho1".utf8)
  static let size = 8 + 8 + 4 * 4 + 4 * EchoMemory.tapCount + 8

  /// Another card, another buffer or another simulated room: another echo.
  static func card(of settings: DeviceSettings) -> UInt64 {
    var sum = Sum()
    sum.add(settings.sound.card.word)
    switch settings.sound.card {
    case .alsa:
      sum.add(settings.alsa.microphone)
      sum.add(settings.alsa.loudspeaker)
      sum.add(UInt64(bitPattern: settings.alsa.period.samples))
      sum.add(UInt64(bitPattern: settings.alsa.buffer.samples))
    case .room:
      sum.add(UInt64(bitPattern: settings.room.echoDelay.samples))
      sum.add(UInt64(bitPattern: Int64(settings.room.echoGainDecibels)))
      sum.add(UInt64(bitPattern: Int64(settings.room.driftPPM)))
    case .wav:
      sum.add(settings.wav.microphone)
    }
    return sum.value
  }

  package static func encode(_ memory: borrowing EchoMemory, card: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    bytes += magic
    add(card, to: &bytes)
    add(UInt32(truncatingIfNeeded: memory.placement), to: &bytes)
    add(memory.delay.bitPattern, to: &bytes)
    add(memory.driftPPM.bitPattern, to: &bytes)
    add(memory.driftDeviationPPM.bitPattern, to: &bytes)
    withUnsafeBytes(of: memory.taps) {
      let taps = $0.assumingMemoryBound(to: Float.self)
      for index in 0..<EchoMemory.tapCount { add(taps[index].bitPattern, to: &bytes) }
    }
    add(Sum(of: bytes[...]).value, to: &bytes)
    return bytes
  }

  /// - Parameter memory: not to be used if this throws.
  package static func decode(_ bytes: [UInt8], card: UInt64, into memory: inout EchoMemory)
    throws(Damage)
  {
    guard bytes.count == size else { throw .size }
    guard bytes.starts(with: magic) else { throw .kind }
    var sum = bytes[(size - 8)...]
    guard long(&sum) == Sum(of: bytes.dropLast(8)).value else { throw .sum }
    var rest = bytes[magic.count...]
    guard long(&rest) == card else { throw .otherCard }
    memory.placement = Int(Int32(bitPattern: word(&rest)))
    memory.delay = Float(bitPattern: word(&rest))
    memory.driftPPM = Float(bitPattern: word(&rest))
    memory.driftDeviationPPM = Float(bitPattern: word(&rest))
    withUnsafeMutableBytes(of: &memory.taps) {
      let taps = $0.assumingMemoryBound(to: Float.self)
      for index in 0..<EchoMemory.tapCount { taps[index] = Float(bitPattern: word(&rest)) }
    }
    guard memory.isPlausible else { throw .numbers }
  }

  private static func add<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
    for byte in 0..<(Number.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> (8 * byte)))
    }
  }

  private static func word(_ rest: inout ArraySlice<UInt8>) -> UInt32 {
    var number: UInt32 = 0
    for byte in 0..<4 { number |= UInt32(rest.removeFirst()) << (8 * byte) }
    return number
  }

  private static func long(_ rest: inout ArraySlice<UInt8>) -> UInt64 {
    let low = UInt64(word(&rest))
    return low | UInt64(word(&rest)) << 32
  }

  /// FNV-1a: no single byte can change without changing it.
  private struct Sum {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}
    init(of bytes: ArraySlice<UInt8>) { for byte in bytes { add(byte: byte) } }

    mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    /// With an end, so that two names side by side are not one.
    mutating func add(_ text: String) {
      for byte in text.utf8 { add(byte: byte) }
      add(byte: 0)
    }
    mutating func add(_ number: UInt64) {
      for byte in 0..<8 { add(byte: UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }
  }
}
