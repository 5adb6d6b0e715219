/// Why a text is not JSON, or not JSON that we take; `at` counts bytes.
public enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLarge(bytes: Int, allowed: Int)
  case tooDeep(at: Int)
  case tooManyValues(at: Int)
  case unexpected(at: Int)
  /// The text ended inside a value.
  case incomplete
  /// Not UTF-8, a control character, or half of a surrogate pair.
  case badText(at: Int)
  case repeatedName(at: Int)

  public var description: String {
    switch self {
    case .tooLarge(let bytes, let allowed): return "\(bytes) bytes, allowed are \(allowed)"
    case .tooDeep(let at): return "nested too deeply at byte \(at)"
    case .tooManyValues(let at): return "too many values at byte \(at)"
    case .unexpected(let at): return "unexpected character at byte \(at)"
    case .incomplete: return "the text ends too early"
    case .badText(let at): return "bad text at byte \(at)"
    case .repeatedName(let at): return "a name is repeated at byte \(at)"
    }
  }
}

/// Reads JSON as RFC 8259 says, nothing more: no comments, no trailing commas, no NaN. It was
/// written for texts from strangers: every limit is checked before anything grows.
public struct JSONReader {
  public struct Limits: Sendable {
    public var bytes = WireLimits.largestText
    public var depth = WireLimits.deepestNesting
    public var values = WireLimits.mostValues
    public init() {}
  }

  private let bytes: [UInt8]
  private let limits: Limits
  private var position = 0
  private var values = 0

  public static func read(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONError)
    -> JSONValue
  {
    guard bytes.count <= limits.bytes else {
      throw .tooLarge(bytes: bytes.count, allowed: limits.bytes)
    }
    var reader = JSONReader(bytes: bytes, limits: limits)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw .unexpected(at: reader.position) }
    return value
  }

  private init(bytes: [UInt8], limits: Limits) {
    self.bytes = bytes
    self.limits = limits
  }

  // MARK: Characters

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take() throws(JSONError) -> UInt8 {
    guard let byte = next else { throw .incomplete }
    position += 1
    return byte
  }

  /// Takes `byte` if it comes next.
  private mutating func has(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard try take() == byte else { throw .unexpected(at: position - 1) }
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipSpace()
    values += 1
    guard values <= limits.values else { throw .tooManyValues(at: position) }
    guard let first = next else { throw .incomplete }
    switch first {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw .unexpected(at: position)
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for byte in word.utf8 { try expect(byte) }
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> [JSONField] {
    guard depth <= limits.depth else { throw .tooDeep(at: position) }
    try expect(UInt8(ascii: "{"))
    var fields: [JSONField] = []
    skipSpace()
    if has(UInt8(ascii: "}")) { return fields }
    while true {
      skipSpace()
      let start = position
      let name = try text()
      for field in fields where field.name.hasSameBytes(as: name) { throw .repeatedName(at: start) }
      skipSpace()
      try expect(UInt8(ascii: ":"))
      fields.append(JSONField(name, try value(depth: depth)))
      skipSpace()
      if has(UInt8(ascii: "}")) { return fields }
      try expect(UInt8(ascii: ","))
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    guard depth <= limits.depth else { throw .tooDeep(at: position) }
    try expect(UInt8(ascii: "["))
    var elements: [JSONValue] = []
    skipSpace()
    if has(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      if has(UInt8(ascii: "]")) { return elements }
      try expect(UInt8(ascii: ","))
    }
  }

  // MARK: Numbers

  private mutating func number() throws(JSONError) -> JSONValue {
    let isNegative = has(UInt8(ascii: "-"))
    let start = position
    // Counted down, because the smallest integer has no positive twin.
    var negated: Int64? = 0
    try digits { digit in
      guard let soFar = negated else { return }
      let (product, tooLong) = soFar.multipliedReportingOverflow(by: 10)
      let (sum, tooFar) = product.subtractingReportingOverflow(Int64(digit))
      negated = tooLong || tooFar ? nil : sum
    }
    if bytes[start] == UInt8(ascii: "0"), position - start > 1 { throw .unexpected(at: start + 1) }
    var isWhole = true
    if has(UInt8(ascii: ".")) {
      isWhole = false
      try digits { _ in }
    }
    if has(UInt8(ascii: "e")) || has(UInt8(ascii: "E")) {
      isWhole = false
      if !has(UInt8(ascii: "+")) { _ = has(UInt8(ascii: "-")) }
      try digits { _ in }
    }
    guard isWhole, let negated else { return .otherNumber }
    if isNegative { return .integer(negated) }
    let (value, tooFar) = Int64(0).subtractingReportingOverflow(negated)
    return tooFar ? .otherNumber : .integer(value)
  }

  /// One digit at least.
  private mutating func digits(_ each: (UInt8) -> Void) throws(JSONError) {
    let start = position
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      each(byte - UInt8(ascii: "0"))
      position += 1
    }
    if position == start {
      if next == nil { throw .incomplete }
      throw .unexpected(at: position)
    }
  }

  // MARK: Text

  private mutating func text() throws(JSONError) -> String {
    let start = position
    try expect(UInt8(ascii: "\""))
    var content: [UInt8] = []
    while true {
      let byte = try take()
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw .badText(at: start)
        }
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: try escaped())
      case 0..<0x20: throw .badText(at: position - 1)
      default: content.append(byte)
      }
    }
  }

  private mutating func escaped() throws(JSONError) -> [UInt8] {
    let byte = try take()
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try scalar()
    default: throw .unexpected(at: position - 1)
    }
  }

  /// The character of `\uXXXX`, or of two of them that form a surrogate pair.
  private mutating func scalar() throws(JSONError) -> [UInt8] {
    let start = position
    var code = try fourHexDigits()
    if code & 0xFC00 == 0xD800 {
      guard has(UInt8(ascii: "\\")), has(UInt8(ascii: "u")) else { throw .badText(at: start) }
      let low = try fourHexDigits()
      guard low & 0xFC00 == 0xDC00 else { throw .badText(at: start) }
      code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF))
    }
    guard let scalar = Unicode.Scalar(code) else { throw .badText(at: start) }
    return Array(String(scalar).utf8)
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let byte = try take()
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw .unexpected(at: position - 1)
      }
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}
