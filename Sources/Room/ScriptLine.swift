internal import VoiceCore

/// One line of a script, cut into words; a quoted part at its end stands by itself.
struct ScriptLine {
  let number: Int
  let parts: [String]
  let quoted: String?
  private let text: String

  init(_ bytes: ArraySlice<UInt8>, number: Int) {
    var rest = bytes
    // Files written elsewhere may end their lines with a carriage return.
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    while let first = rest.first, first <= 0x20 { rest.removeFirst() }
    text = String(decoding: rest.prefix(60), as: UTF8.self)
    var quoted: String?
    if let open = rest.firstIndex(of: UInt8(ascii: "\"")), rest.first != UInt8(ascii: "#") {
      let inner = rest[(open + 1)...]
      if inner.last == UInt8(ascii: "\"") {
        quoted = String(decoding: inner.dropLast(), as: UTF8.self)
        rest = rest[..<open]
      }
    }
    if let comment = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<comment] }
    var parts: [String] = []
    for part in rest.split(whereSeparator: { $0 <= 0x20 }) {
      parts.append(String(decoding: part, as: UTF8.self))
    }
    self.parts = parts
    self.quoted = quoted
    self.number = number
  }

  func error(_ wanted: String) -> ScriptError {
    ScriptError(line: number, given: text, wanted: wanted)
  }

  func expect(parts count: Int, _ wanted: String) throws(ScriptError) {
    guard parts.count == count, quoted == nil || parts[0].isSame(as: "say") else {
      throw error(wanted)
    }
  }

  /// A time that ends the line: `800 ms`, `2 s` or, written together, `800ms`.
  func time(from index: Int, _ wanted: String) throws(ScriptError) -> SampleSpan {
    var bytes: [UInt8] = []
    for part in parts.dropFirst(index) { bytes += Array(part.utf8) }
    let digits = bytes.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    let unit = String(decoding: bytes[digits.count...], as: UTF8.self)
    guard quoted == nil, digits.count >= 1, digits.count <= 6,
      let value = Int64(String(decoding: digits, as: UTF8.self))
    else { throw error(wanted) }
    guard unit.isSame(as: "ms") || unit.isSame(as: "s") else { throw error(wanted) }
    let span: SampleSpan = unit.isSame(as: "s") ? .seconds(value) : .milliseconds(value)
    guard span <= TalkerScript.longestWait else {
      throw error("at most \(TalkerScript.longestWait.milliseconds / 1_000) s")
    }
    return span
  }
}

extension String {
  /// Compares bytes: equality of characters needs 50 KB of tables in a device program.
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
