internal import WireProtocols

/// What a broken machine does to one of its messages. TCP does none of it.
enum Tampering: Int, CaseIterable {
  case lose, double
  /// It changes places with the next.
  case delay
  case damage
}

/// Makes a message that no honest side sends: always one that must be refused, never one that says
/// something else.
enum Damage {
  static func done(to message: WireMessage, _ dice: inout Dice) -> WireMessage {
    switch message {
    case .text(let bytes): .text(text(bytes, &dice))
    case .binary(let bytes): sound(bytes, &dice)
    }
  }

  private static func text(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
    switch dice.below(8) {
    case 0: return Array(bytes.prefix(dice.below(bytes.count)))
    case 1: return inserting([0xFF], into: bytes, &dice)
    case 2: return inserting([0x01], into: bytes, &dice)
    case 3: return bytes + bytes
    case 4: return [UInt8](repeating: UInt8(ascii: "["), count: 100) + bytes
    // Without its type, with a type for a number, with a number of no size.
    case 5: return replacing("\"type\"", by: "\"tyqe\"", in: bytes)
    case 6: return replacing("\"type\":", by: "\"type\":7,\"x\":", in: bytes)
    default: return replacing("{", by: "{\"n\":99999999999999999999,", in: bytes)
    }
  }

  private static func sound(_ bytes: [UInt8], _ dice: inout Dice) -> WireMessage {
    var bytes = bytes
    switch dice.below(5) {
    case 0: return .binary(Array(bytes.prefix(dice.below(17))))
    case 1: bytes[0] ^= 0x30
    case 2: bytes[0] ^= 0x03
    case 3: bytes[1] = 7
    // The header says what it is.
    default: return .text(bytes)
    }
    return .binary(bytes)
  }

  private static func inserting(
    _ piece: [UInt8], into bytes: [UInt8], _ dice: inout Dice
  ) -> [UInt8] {
    var bytes = bytes
    bytes.insert(contentsOf: piece, at: dice.below(bytes.count + 1))
    return bytes
  }

  private static func replacing(_ old: String, by new: String, in bytes: [UInt8]) -> [UInt8] {
    guard let place = bytes.firstRange(of: Array(old.utf8)) else { return [] }
    return bytes[..<place.lowerBound] + Array(new.utf8) + bytes[place.upperBound...]
  }
}
