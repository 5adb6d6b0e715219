/// Writes one JSON text from the left to the right, escaped as RFC 8259 says.
public struct JSONWriter {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  public init() {}

  public mutating func openObject(_ name: String? = nil) { open(UInt8(ascii: "{"), name) }
  public mutating func closeObject() { close(UInt8(ascii: "}")) }
  public mutating func openArray(_ name: String? = nil) { open(UInt8(ascii: "["), name) }
  public mutating func closeArray() { close(UInt8(ascii: "]")) }

  /// A member of the open object, or without a name an element of the open array.
  public mutating func add(_ name: String? = nil, _ value: String) {
    begin(name)
    quote(value)
  }

  public mutating func add(_ name: String? = nil, _ value: Int64) {
    begin(name)
    bytes.append(contentsOf: "\(value)".utf8)
  }

  /// A number that is written already.
  ///
  /// - Parameter figure: digits, perhaps with a sign and with a point between them.
  public mutating func add(figure: String, as name: String? = nil) {
    begin(name)
    bytes.append(contentsOf: figure.utf8)
  }

  public mutating func add(_ name: String? = nil, _ value: Bool) {
    begin(name)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  private mutating func open(_ bracket: UInt8, _ name: String?) {
    begin(name)
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func begin(_ name: String?) {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
    guard let name else { return }
    quote(name)
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
      case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes += [JSONWriter.hexDigit(byte >> 4), JSONWriter.hexDigit(byte & 15)]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
