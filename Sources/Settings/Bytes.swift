// Files are bytes to us until a value is taken. Comparing bytes also keeps the tables for Unicode
// normalisation, 50 KB, out of the device programs.

extension String {
  /// Whether these bytes are exactly this text.
  func spells(_ bytes: ArraySlice<UInt8>) -> Bool { utf8.elementsEqual(bytes) }

  /// What somebody wrote, fit for an error message: one line, no control characters, not too long.
  init(printing bytes: ArraySlice<UInt8>, limit: Int = 60) {
    var shown = bytes.prefix(limit)
    // Not through the middle of a character.
    while shown.count < bytes.count, let last = shown.last, last >= 0x80 {
      shown = shown.dropLast()
    }
    let text = shown.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
    self = String(decoding: text, as: UTF8.self) + (shown.count < bytes.count ? "..." : "")
  }
}

extension UInt8 {
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}

extension ArraySlice<UInt8> {
  /// Without the blanks (and a carriage return) around it.
  var trimmed: ArraySlice<UInt8> {
    var rest = self
    while let first = rest.first, first.isBlank || first == 0x0D { rest = rest.dropFirst() }
    while let last = rest.last, last.isBlank || last == 0x0D { rest = rest.dropLast() }
    return rest
  }
}
