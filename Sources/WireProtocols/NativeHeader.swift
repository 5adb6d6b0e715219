/// The sixteen bytes before each packet of sound; all numbers big-endian.
public struct NativeHeader: Equatable, Sendable {
  public static let size = 16
  public static let version: UInt8 = 1

  public enum Kind: UInt8, Sendable { case uplink = 1, downlink = 2 }

  /// Bits of the third byte. Receivers ignore those they do not know.
  public enum Flag {
    public static let first: UInt8 = 1
    public static let last: UInt8 = 2
    public static let preRoll: UInt8 = 4
    public static let gap: UInt8 = 8
    public static let discontinuity: UInt8 = 16
  }

  static let opus: UInt8 = 1

  public var kind: Kind
  public var flags: UInt8
  /// Counts interrupts modulo 256: sound of an old epoch is not played.
  public var epoch: UInt8
  /// The turn's number upwards, the response's downwards.
  public var reference: UInt32
  public var sequence: UInt32
  /// From the start of the turn or response.
  public var milliseconds: UInt32

  public init(
    kind: Kind, flags: UInt8, epoch: UInt8, reference: UInt32, sequence: UInt32,
    milliseconds: UInt32
  ) {
    self.kind = kind
    self.flags = flags
    self.epoch = epoch
    self.reference = reference
    self.sequence = sequence
    self.milliseconds = milliseconds
  }

  /// The message: header, then the packet.
  public func message(_ packet: [UInt8]) -> [UInt8] {
    precondition(!packet.isEmpty && packet.count <= WireLimits.largestPacket)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(NativeHeader.size + packet.count)
    bytes += [NativeHeader.version << 4 | kind.rawValue, NativeHeader.opus, flags, epoch]
    for number in [reference, sequence, milliseconds] {
      for shift in [24, 16, 8, 0] {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
      }
    }
    bytes += packet
    return bytes
  }

  /// A message made for another session: all but the session's own numbers stays.
  static func readdress(_ message: [UInt8], epoch: UInt8, sequence: UInt32) -> [UInt8] {
    precondition(message.count > size)
    var message = message
    message[3] = epoch
    for index in 0..<4 {
      message[8 + index] = UInt8(truncatingIfNeeded: sequence >> UInt32(24 - 8 * index))
    }
    return message
  }

  /// Takes a message of `kind` apart.
  public static func parse(_ message: [UInt8], expecting kind: Kind) throws(WireError) -> (
    header: NativeHeader, packet: [UInt8]
  ) {
    guard message.count > size else {
      throw .badHeader("\(message.count) bytes are too few for a header and a packet")
    }
    guard message.count <= size + WireLimits.largestPacket else {
      throw .tooLarge(bytes: message.count, allowed: size + WireLimits.largestPacket)
    }
    guard message[0] >> 4 == version else { throw .badHeader("unknown version \(message[0] >> 4)") }
    guard message[0] & 15 == kind.rawValue else {
      throw .badHeader("kind \(message[0] & 15) instead of \(kind.rawValue)")
    }
    guard message[1] == opus else { throw .badHeader("codec \(message[1]) was not agreed on") }
    let time = number(message, at: 12)
    guard Int64(time) <= WireLimits.longestMilliseconds else {
      throw .badHeader("time \(time) ms is beyond \(WireLimits.longestMilliseconds)")
    }
    let header = NativeHeader(
      kind: kind, flags: message[2], epoch: message[3], reference: number(message, at: 4),
      sequence: number(message, at: 8), milliseconds: time)
    return (header, Array(message[size...]))
  }

  /// Only for offsets within the header, whose presence was checked.
  private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    var number: UInt32 = 0
    for index in offset..<offset + 4 { number = number << 8 | UInt32(bytes[index]) }
    return number
  }
}

/// Checks that the numbers of one direction only go up. Gaps are allowed, the count may wrap.
struct SequenceCheck: Sendable {
  private var last: UInt32 = 0

  mutating func take(_ sequence: UInt32) throws(WireError) {
    guard Int32(bitPattern: sequence &- last) > 0 else {
      throw .outOfOrder("audio message \(sequence) came after \(last)")
    }
    last = sequence
  }
}
