/// Takes out of a text what opens doors: passwords in urls, what follows a question mark in them,
/// and whatever is called a token, a secret, a key or a password. Better a harmless word too many
/// than a secret too few.
public enum Redactor {
  public static let mark = "(left out)"

  public static func redact(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if let end = secretAfterName(text, at: index, kept: &result) {
        index = end
      } else if let end = basic(text, at: index, kept: &result) {
        index = end
      } else if let end = url(text, at: index, kept: &result) {
        index = end
      } else if let end = longSecret(text, at: index) {
        result += mark.utf8
        index = end
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  public static func redact(_ text: String) -> String {
    String(decoding: redact(Array(text.utf8)), as: UTF8.self)
  }

  // MARK: token=abc, "password": "abc", Authorization: Bearer abc

  private static let names = [
    "token", "secret", "password", "passwd", "apikey", "api_key", "api-key", "authorization",
    "bearer", "credential", "passphrase", "private_key", "private-key", "cookie", "pwd", "psk",
  ]
  /// What follows these may be many words: a scheme, then all of it is secret.
  private static let headers = ["authorization", "cookie"]

  /// Where the secret ends that follows a name at this place; the name is kept.
  private static func secretAfterName(_ text: [UInt8], at start: Int, kept: inout [UInt8]) -> Int? {
    guard start == 0 || !isWord(text[start - 1]) else { return nil }
    for name in names where matches(text, start, name) {
      var index = start + name.utf8.count
      // "Bearer abc" has nothing but a blank between.
      let needsSign = !name.utf8.elementsEqual("bearer".utf8)
      while index < text.count, isQuote(text[index]) { index += 1 }
      var hasSign = false
      while index < text.count,
        text[index] == UInt8(ascii: "=") || text[index] == UInt8(ascii: ":")
          || text[index] == UInt8(ascii: " ")
      {
        if text[index] != UInt8(ascii: " ") { hasSign = true }
        index += 1
      }
      var quote: UInt8?
      while index < text.count, isQuote(text[index]) {
        quote = text[index]
        index += 1
      }
      guard hasSign || !needsSign, index < text.count else { return nil }
      let isHeader = headers.contains { $0.utf8.elementsEqual(name.utf8) }
      if isHeader { index = afterScheme(text, at: index) }
      var end = index
      while end < text.count, isHeader ? isInLine(text[end], quote) : isInWord(text[end]) {
        end += 1
      }
      guard end > index else { return nil }
      // Paths are where a secret is, not what it is.
      if text[index] == UInt8(ascii: "/") { return nil }
      kept += text[start..<index]
      kept += mark.utf8
      return end
    }
    return nil
  }

  /// Behind `Basic ` and the like, if something follows; that is worth knowing, and no secret.
  private static func afterScheme(_ text: [UInt8], at start: Int) -> Int {
    var end = start
    while end < text.count, isLetter(text[end]) { end += 1 }
    guard end > start, end + 1 < text.count, text[end] == 0x20, text[end + 1] > 0x20 else {
      return start
    }
    return end + 1
  }

  private static func isInWord(_ byte: UInt8) -> Bool {
    byte > 0x20 && !isQuote(byte) && byte != UInt8(ascii: ",") && byte != UInt8(ascii: "&")
  }
  private static func isInLine(_ byte: UInt8, _ quote: UInt8?) -> Bool {
    byte != 0x0A && byte != 0x0D && byte != quote
  }

  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
  }

  // MARK: Basic am9lOnBhc3M=

  /// Where it ends. The word alone is one that people use: what follows must look like no word of theirs.
  private static func basic(_ text: [UInt8], at start: Int, kept: inout [UInt8]) -> Int? {
    guard start == 0 || !isWord(text[start - 1]), matches(text, start, "basic ") else { return nil }
    let from = start + 6
    var end = from
    var isOdd = false
    while end < text.count,
      isSecretByte(text[end]) || text[end] == UInt8(ascii: "/")
        || text[end] == UInt8(ascii: "=")
    {
      isOdd = isOdd || !(UInt8(ascii: "a")...UInt8(ascii: "z") ~= text[end])
      end += 1
    }
    guard isOdd, end - from >= shortestBasic else { return nil }
    kept += text[start..<from]
    kept += mark.utf8
    return end
  }
  private static let shortestBasic = 6

  // MARK: wss://user:password@host/path?token=abc

  private static func url(_ text: [UInt8], at start: Int, kept: inout [UInt8]) -> Int? {
    guard matches(text, start, "://") else { return nil }
    var end = start + 3
    while end < text.count, text[end] > 0x20, text[end] != UInt8(ascii: "\""),
      text[end] != UInt8(ascii: "<"), text[end] != UInt8(ascii: ">")
    { end += 1 }
    var from = start + 3
    kept += text[start..<from]
    let authority = text[from..<end].firstIndex {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?")
    }
    if let at = text[from..<(authority ?? end)].lastIndex(of: UInt8(ascii: "@")) {
      kept += mark.utf8
      from = at
    }
    if let question = text[from..<end].firstIndex(where: {
      $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
    }) {
      kept += text[from...question]
      kept += mark.utf8
    } else {
      kept += text[from..<end]
    }
    return end
  }

  // MARK: sk-3kTq0..., eyJhbGciOi..., 64 digits of hex

  /// Longer than any name of ours, of letters and digits mixed: nobody writes that by hand.
  private static let longestWord = 32

  private static func longSecret(_ text: [UInt8], at start: Int) -> Int? {
    guard start == 0 || !isSecretByte(text[start - 1]) else { return nil }
    var end = start
    var digits = 0
    var letters = 0
    while end < text.count, isSecretByte(text[end]) {
      if UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[end] { digits += 1 }
      if isLetter(text[end]) { letters += 1 }
      end += 1
    }
    let isLong = end - start >= longestWord && digits >= 4 && letters >= 4
    return isLong ? end : nil
  }

  private static func isSecretByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    isLetter(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  /// In any case of letters.
  private static func matches(_ text: [UInt8], _ start: Int, _ word: String) -> Bool {
    let bytes = word.utf8
    guard start + bytes.count <= text.count else { return false }
    var index = start
    for byte in bytes {
      let given = isLetter(text[index]) ? text[index] | 0x20 : text[index]
      if given != byte { return false }
      index += 1
    }
    return true
  }
}
