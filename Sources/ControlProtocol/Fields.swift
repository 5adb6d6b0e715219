/// What auricle and auricled say to each other: lines of `key=value`, in order, ended by a blank
/// line. A request, a reply and an event each are one such block.
public struct Fields: Equatable, Sendable {
  public struct Field: Equatable, Sendable {
    public let key: String
    public let value: String
  }

  /// All settings with their origins need a hundred and fifty, a machine full of sound cards five
  /// hundred.
  public static let mostFields = 640
  public static let longestKey = 64
  /// Of a whole block; a longer one ends the conversation.
  public static let largestBlock = 64 << 10

  public private(set) var all: [Field] = []

  public init() {}

  public var isEmpty: Bool { all.isEmpty }
  public var count: Int { all.count }

  public mutating func add(_ key: String, _ value: String) {
    precondition(Fields.isKey(Array(key.utf8)[...]), "not a key")
    all.append(Field(key: key, value: value))
  }
  public mutating func add(_ key: String, _ value: some FixedWidthInteger) {
    add(key, String(value))
  }
  public mutating func add(_ key: String, _ isSo: Bool) { add(key, isSo ? "yes" : "no") }

  public subscript(key: String) -> String? {
    for field in all where field.key.isSame(as: key) { return field.value }
    return nil
  }

  /// Nil when it is missing or no number.
  public func number(_ key: String) -> Int64? { self[key].flatMap { Int64($0) } }

  /// Nil when it is missing or neither yes nor no.
  public func flag(_ key: String) -> Bool? {
    guard let value = self[key] else { return nil }
    if value.isSame(as: "yes") { return true }
    return value.isSame(as: "no") ? false : nil
  }

  /// The bytes to send, with the blank line that ends them.
  public func encode() -> [UInt8] {
    var bytes: [UInt8] = []
    for field in all {
      bytes += field.key.utf8
      bytes.append(UInt8(ascii: "="))
      Fields.escape(field.value, into: &bytes)
      bytes.append(0x0A)
    }
    bytes.append(0x0A)
    return bytes
  }

  /// Reads a block without the blank line that ended it.
  public static func parse(_ block: ArraySlice<UInt8>) throws(ControlError) -> Fields {
    guard block.count <= largestBlock else { throw .blockTooLong(limit: largestBlock) }
    var fields = Fields()
    for line in block.split(separator: 0x0A) {
      guard fields.count < mostFields else { throw .tooManyFields(limit: mostFields) }
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")), isKey(line[..<equals]) else {
        throw .notAField(String(printing: line))
      }
      let key = String(decoding: line[..<equals], as: UTF8.self)
      guard fields[key] == nil else { throw .fieldTwice(key) }
      fields.all.append(Field(key: key, value: try unescape(line[(equals + 1)...], of: key)))
    }
    return fields
  }

  private static func isKey(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.count <= longestKey
      && bytes.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  private static let backslash = UInt8(ascii: "\\")

  private static func escape(_ value: String, into bytes: inout [UInt8]) {
    for byte in value.utf8 {
      let letter =
        switch byte {
        case backslash: backslash
        case 0x0A: UInt8(ascii: "n")
        case 0x0D: UInt8(ascii: "r")
        case 0: UInt8(ascii: "0")
        default: UInt8(0)
        }
      bytes.append(letter == 0 ? byte : backslash)
      if letter != 0 { bytes.append(letter) }
    }
  }

  private static func unescape(_ value: ArraySlice<UInt8>, of key: String) throws(ControlError)
    -> String
  {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(value.count)
    var isEscaped = false
    for byte in value {
      if isEscaped {
        switch byte {
        case backslash: bytes.append(backslash)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "0"): bytes.append(0)
        default: throw .badEscape(key)
        }
        isEscaped = false
      } else if byte == backslash {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    guard !isEscaped else { throw .badEscape(key) }
    let text = String(decoding: bytes, as: UTF8.self)
    // Replaced characters would be somebody else's words.
    guard text.utf8.elementsEqual(bytes) else { throw .notUTF8(key) }
    return text
  }
}

extension String {
  /// Compares bytes: equality of characters needs 50 KB of tables in a device program.
  public func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// What the other side wrote, fit for an error sentence.
  init(printing bytes: ArraySlice<UInt8>, limit: Int = 40) {
    let text = bytes.prefix(limit).map { $0 < 0x20 || $0 > 0x7E ? UInt8(ascii: "?") : $0 }
    self = String(decoding: text, as: UTF8.self) + (bytes.count > limit ? "..." : "")
  }
}
