internal import VoiceCore

/// A received control message: its type and checked access to its fields. Fields nobody asks for
/// are ignored, so later versions can add some.
struct NativeFields {
  /// The message's type, and below it the path of the object: "hello audio".
  let message: String
  private let object: JSONValue

  /// The other side allows us not to know this type.
  let isOptional: Bool

  init(_ bytes: [UInt8]) throws(WireError) {
    guard bytes.count <= WireLimits.largestText else {
      throw .tooLarge(bytes: bytes.count, allowed: WireLimits.largestText)
    }
    do throws(JSONError) { object = try JSONReader.read(bytes) } catch { throw .notJSON(error) }
    guard case .object = object else {
      throw .wrongKind(field: "the whole", message: "message", wanted: "an object")
    }
    guard let type = object.member("type") else {
      throw .missing(field: "type", message: "message")
    }
    guard case .text(let name) = type else {
      throw .wrongKind(field: "type", message: "message", wanted: "a string")
    }
    try NativeFields.checkName(name, field: "type", message: "message")
    message = name
    if case .bool(true) = object.member("opt") { isOptional = true } else { isOptional = false }
  }

  private init(message: String, object: JSONValue) {
    self.message = message
    self.object = object
    isOptional = false
  }

  func `is`(_ type: String) -> Bool { message.hasSameBytes(as: type) }

  private func value(_ field: String) throws(WireError) -> JSONValue {
    guard let value = object.member(field) else { throw .missing(field: field, message: message) }
    return value
  }

  func has(_ field: String) -> Bool { object.member(field) != nil }

  func inner(_ field: String) throws(WireError) -> NativeFields {
    let value = try value(field)
    guard case .object = value else {
      throw .wrongKind(field: field, message: message, wanted: "an object")
    }
    return NativeFields(message: "\(message) \(field)", object: value)
  }

  func number(_ field: String, in allowed: ClosedRange<Int64>) throws(WireError) -> Int64 {
    guard case .integer(let number) = try value(field) else {
      throw .wrongKind(field: field, message: message, wanted: "a whole number")
    }
    guard allowed.contains(number) else {
      throw .outOfRange(field: field, message: message, given: number, allowed: allowed)
    }
    return number
  }

  func flag(_ field: String) throws(WireError) -> Bool {
    guard case .bool(let flag) = try value(field) else {
      throw .wrongKind(field: field, message: message, wanted: "true or false")
    }
    return flag
  }

  func text(_ field: String, longest: Int) throws(WireError) -> String {
    guard case .text(let text) = try value(field) else {
      throw .wrongKind(field: field, message: message, wanted: "a string")
    }
    guard text.utf8.count <= longest else {
      throw .tooLong(field: field, message: message, bytes: text.utf8.count, allowed: longest)
    }
    return text
  }

  /// One line that can be shown and logged: not empty, no control characters.
  func name(_ field: String) throws(WireError) -> String {
    let name = try text(field, longest: WireLimits.longestName)
    try NativeFields.checkName(name, field: field, message: message)
    return name
  }

  private static func checkName(_ name: String, field: String, message: String) throws(WireError) {
    guard name.utf8.count <= WireLimits.longestName else {
      throw .tooLong(
        field: field, message: message, bytes: name.utf8.count, allowed: WireLimits.longestName)
    }
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw .badText(field: field, message: message, wanted: "a name of visible characters")
    }
  }

  /// Which of `choices` the field's word stands for.
  func choice<Value>(_ field: String, _ choices: [Value], word: (Value) -> String) throws(WireError)
    -> Value
  {
    let given = try text(field, longest: WireLimits.longestName)
    var wanted = "one of"
    for choice in choices {
      if word(choice).hasSameBytes(as: given) { return choice }
      wanted += " " + word(choice)
    }
    throw .badText(field: field, message: message, wanted: wanted)
  }

  /// Requires that Opus is what `field` names, or one of what it offers.
  func offersOpus(_ field: String) throws(WireError) {
    let offered = try value(field)
    let codecs: [JSONValue]
    if case .array(let several) = offered { codecs = several } else { codecs = [offered] }
    for codec in codecs {
      if case .text(let name) = codec, name.hasSameBytes(as: "opus") { return }
    }
    throw .badText(field: field, message: message, wanted: "opus")
  }

  func turn() throws(WireError) -> TurnID {
    TurnID(UInt32(try number("turn", in: 1...Int64(UInt32.max))))
  }

  func reply() throws(WireError) -> ReplyID {
    ReplyID(UInt32(try number("response", in: 0...Int64(UInt32.max))))
  }

  func span(_ field: String, from least: SampleSpan = .zero) throws(WireError) -> SampleSpan {
    .milliseconds(try number(field, in: least.milliseconds...WireLimits.longestMilliseconds))
  }

  /// For what may last longer than any sound: a session.
  func longSpan(_ field: String) throws(WireError) -> SampleSpan {
    .milliseconds(try number(field, in: 0...WireLimits.longestSessionMilliseconds))
  }

  func count(_ field: String) throws(WireError) -> Int {
    Int(try number(field, in: 0...WireLimits.mostMessages))
  }

  /// Milliseconds since 1970, up to the year 9999.
  func moment(_ field: String) throws(WireError) -> Int64 {
    try number(field, in: 0...WireLimits.lastMoment)
  }

  /// Those we know; the others are for later versions.
  func capabilities() throws(WireError) -> Capabilities {
    guard has("caps") else { return .beforeTheyWereListed }
    guard case .array(let names) = try value("caps") else {
      throw .wrongKind(field: "caps", message: message, wanted: "a list of names")
    }
    var capabilities: Capabilities = []
    for name in names {
      guard case .text(let name) = name else {
        throw .wrongKind(field: "caps", message: message, wanted: "a list of names")
      }
      for known in Capabilities.named where known.name.hasSameBytes(as: name) {
        capabilities.insert(known.capability)
      }
    }
    return capabilities
  }

  func revision() throws(WireError) -> Int { Int(try number("rev", in: 0...1_000_000)) }

  /// Messages of older versions do not name it: then it is the one that `turn` is known to have.
  func revision(or known: (turn: TurnID, revision: Int)?, of turn: TurnID) throws(WireError) -> Int
  {
    if has("rev") { return try revision() }
    guard let known, known.turn == turn else { return 0 }
    return known.revision
  }

  func epoch() throws(WireError) -> UInt8 { UInt8(try number("epoch", in: 0...255)) }

  /// Minor versions only add, so the part before the dot decides.
  func checkVersion() throws(WireError) {
    let version = try name("proto")
    guard version.hasSameBytes(as: "1") || version.utf8.starts(with: "1.".utf8) else {
      throw .unsupported("protocol version \(version)")
    }
  }
}
