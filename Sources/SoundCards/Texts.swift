// Names of cards are bytes to us: comparing characters needs 50 KB of tables in a device program.
// For the same reason of size most of this is called, not copied to wherever it is used.

extension String {
  @inline(never)
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// The same but for the case of ASCII letters.
  func isAlike(_ other: String) -> Bool {
    utf8.count == other.utf8.count && starts(ignoringCase: other)
  }

  func starts(ignoringCase prefix: String) -> Bool {
    common(with: prefix) == prefix.utf8.count
  }

  @inline(never)
  func contains(ignoringCase part: String) -> Bool {
    let (whole, part) = (Array(utf8), Array(part.utf8))
    guard !part.isEmpty, part.count <= whole.count else { return false }
    for start in 0...(whole.count - part.count) {
      var length = 0
      while length < part.count, whole[start + length].lowercase == part[length].lowercase {
        length += 1
      }
      if length == part.count { return true }
    }
    return false
  }

  /// How many bytes are the same from the start, but for the case of letters.
  @inline(never)
  func common(with other: String) -> Int {
    let (ours, theirs) = (Array(utf8), Array(other.utf8))
    var count = 0
    while count < min(ours.count, theirs.count), ours[count].lowercase == theirs[count].lowercase {
      count += 1
    }
    return count
  }

  /// The rest behind a prefix, or nil.
  @inline(never)
  func rest(after prefix: String) -> String? {
    let (bytes, count) = (Array(utf8), prefix.utf8.count)
    guard bytes.count >= count, bytes[..<count].elementsEqual(prefix.utf8) else { return nil }
    return String(decoding: bytes[count...], as: UTF8.self)
  }

  /// Parts between separators, empty ones too; the last one holds what there is beyond `most`.
  @inline(never)
  public func parts(by separator: UInt8, atMost most: Int = .max) -> [String] {
    let bytes = Array(utf8)
    var parts: [String] = []
    var start = 0
    for place in bytes.indices where bytes[place] == separator && parts.count < most - 1 {
      parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place + 1
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts
  }

  /// Whole numbers in it, as far as they are small enough for one.
  @inline(never)
  var numbers: [Int] {
    var numbers: [Int] = []
    var isInside = false
    for byte in utf8 {
      if byte.isDigit {
        let digit = Int(byte - UInt8(ascii: "0"))
        if isInside {
          let last = numbers[numbers.count - 1]
          numbers[numbers.count - 1] = last < Int.max / 100 ? last * 10 + digit : last
        } else {
          numbers.append(digit)
        }
      }
      isInside = byte.isDigit
    }
    return numbers
  }

  /// Digits, and not too many of them.
  var number: Int? {
    utf8.count <= 9 && !utf8.isEmpty && utf8.allSatisfy { $0.isDigit } ? numbers.first : nil
  }

  /// Four hexadecimal digits, as USB ids are written.
  @inline(never)
  public var hexID: UInt16? {
    guard utf8.count == 4 else { return nil }
    var value: UInt16 = 0
    for byte in utf8 {
      guard let digit = byte.hexDigit else { return nil }
      value = value << 4 | digit
    }
    return value
  }
}

extension Array where Element == String {
  /// Sentences are put together like this, because an interpolation is three times as large.
  @inline(never)
  func joined(by separator: String = "") -> String {
    var text = ""
    for (place, part) in enumerated() {
      if place > 0 { text += separator }
      text += part
    }
    return text
  }
}

extension UInt8 {
  var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

  var lowercase: UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self
  }

  private var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= lowercase }

  fileprivate var hexDigit: UInt16? {
    if isDigit { return UInt16(self - UInt8(ascii: "0")) }
    let letter = lowercase
    return UInt8(ascii: "a")...UInt8(ascii: "f") ~= letter
      ? UInt16(letter - UInt8(ascii: "a") + 10) : nil
  }

  /// What needs no quoting anywhere.
  var isPlain: Bool {
    isDigit || isLetter || self == UInt8(ascii: "_")
      || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
  }
}

extension UInt16 {
  @inline(never)
  var fourHexDigits: String {
    var digits: [UInt8] = []
    for shift in [12, 8, 4, 0] {
      let digit = UInt8(truncatingIfNeeded: self >> UInt16(shift) & 0xF)
      digits.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
    return String(decoding: digits, as: UTF8.self)
  }
}
