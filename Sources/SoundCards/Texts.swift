// Names of cards are bytes to us: comparing characters needs 50 KB of tables in a device program.

extension String {
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// The same but for the case of ASCII letters.
  func isAlike(_ other: String) -> Bool {
    utf8.count == other.utf8.count && starts(ignoringCase: other)
  }

  func starts(ignoringCase prefix: String) -> Bool {
    guard prefix.utf8.count <= utf8.count else { return false }
    for (ours, theirs) in zip(utf8, prefix.utf8) where ours.lowercase != theirs.lowercase {
      return false
    }
    return true
  }

  func contains(ignoringCase part: String) -> Bool {
    let (whole, part) = (utf8.map { $0.lowercase }, part.utf8.map { $0.lowercase })
    guard !part.isEmpty, part.count <= whole.count else { return false }
    for start in 0...(whole.count - part.count)
    where whole[start..<(start + part.count)].elementsEqual(part) { return true }
    return false
  }

  /// The rest behind a prefix, or nil.
  func rest(after prefix: String) -> String? {
    guard utf8.starts(with: prefix.utf8) else { return nil }
    return String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }

  /// Parts between separators, empty ones too.
  func parts(by separator: Character, atMost most: Int = .max) -> [String] {
    let byte = separator.asciiValue ?? 0
    return utf8.split(
      separator: byte, maxSplits: most - 1, omittingEmptySubsequences: false
    ).map { String(decoding: $0, as: UTF8.self) }
  }
}

extension UInt8 {
  var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

  var lowercase: UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self
  }

  /// What needs no quoting anywhere.
  var isPlain: Bool {
    isDigit || UInt8(ascii: "a")...UInt8(ascii: "z") ~= lowercase || self == UInt8(ascii: "_")
      || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
  }
}

extension UInt16 {
  var fourHexDigits: String {
    let text = String(self, radix: 16)
    return String(repeating: "0", count: 4 - text.utf8.count) + text
  }
}
