internal import SoundCards

/// What a setting's value may be: reads the words of a file and writes them back.
public enum SettingKind: Equatable, Sendable {
  case number(ClosedRange<Int64>, Unit)
  /// One of a few numbers.
  case numbers([Int64], Unit)
  case flag
  case words([String])
  case text(mayBeEmpty: Bool)
  case path(mayBeEmpty: Bool)
  /// `wss://host[:port][/path]`, or `ws://` for tests without encryption.
  case address
  /// Digests of public keys in base64, with blanks between; or nothing.
  case pins
  /// Keys and switches of input devices, with blanks between; or nothing.
  case buttons
  /// Which sound card: a wish of ours, or any name of ALSA's.
  case card

  /// Longer texts are refused: nothing we hand to the system or to an agent needs more.
  public static let longestText = 255
  /// One button in several places.
  public static let mostButtons = 8

  static func words<W: SettingWord>(of type: W.Type) -> SettingKind {
    .words(W.allCases.map { $0.word })
  }

  /// Of numbers.
  public var unit: Unit? {
    switch self {
    case .number(_, let unit), .numbers(_, let unit): unit
    case .flag, .words, .text, .path, .address, .pins, .buttons, .card: nil
    }
  }

  public enum Unit: Equatable, Sendable {
    case plain, time, decibels, bitrate, percent

    /// Names with what each counts in the first one's terms.
    public var names: [(name: String, factor: Int64)] {
      switch self {
      case .plain: []
      case .time: Unit.times
      case .decibels: Unit.levels
      case .bitrate: Unit.rates
      case .percent: Unit.shares
      }
    }

    // One array to a function: Embedded Swift 6.3.1 numbers the constant arrays of a function anew
    // in every module that inlines it, and the linker then takes one for the other.
    private static let times: [(name: String, factor: Int64)] = [("ms", 1), ("s", 1_000)]
    private static let levels: [(name: String, factor: Int64)] = [("dB", 1)]
    private static let rates: [(name: String, factor: Int64)] = [("bit/s", 1), ("kbit/s", 1_000)]
    private static let shares: [(name: String, factor: Int64)] = [("%", 1)]

    /// A number with its unit: the largest that leaves it whole for times, the first for others.
    public func text(_ number: Int64) -> String {
      if self == .time, number != 0, number % 1_000 == 0 { return "\(number / 1_000) s" }
      guard let first = names.first else { return "\(number)" }
      return "\(number) \(first.name)"
    }

    /// `ms or s`
    var choice: String {
      var text = ""
      for (name, _) in names { text += text.isEmpty ? name : " or \(name)" }
      return text
    }
  }
}

/// A value as the file gives it, checked. Times are in milliseconds.
public enum SettingValue: Equatable, Sendable {
  case number(Int64)
  case flag(Bool)
  /// The place in the list of words.
  case word(Int)
  case text(String)
}

/// Why a value cannot be taken.
public enum ValueFault: Error, Equatable, Sendable {
  case empty
  case notANumber
  /// A unit is needed; `better` is the value with the one that was probably meant.
  case missingUnit(better: String)
  case wrongUnit(given: String, allowed: String)
  case outOfRange
  case notAllowed
  case tooLong(limit: Int)
  case badAddress
  case badPin
  case badButton(String)
  case badCard(right: String)
  case commentAfterValue
}

extension SettingKind {
  public func parse(_ given: ArraySlice<UInt8>) throws(ValueFault) -> SettingValue {
    switch self {
    case .number(let range, let unit):
      let number = try number(in: given, unit)
      guard range.contains(number) else { throw .outOfRange }
      return .number(number)
    case .numbers(let allowed, let unit):
      let number = try number(in: given, unit)
      guard allowed.contains(number) else { throw .notAllowed }
      return .number(number)
    case .flag:
      guard !given.isEmpty else { throw .empty }
      for word in ["yes", "on", "true"] where word.spells(given) { return .flag(true) }
      for word in ["no", "off", "false"] where word.spells(given) { return .flag(false) }
      throw .notAllowed
    case .words(let words):
      guard !given.isEmpty else { throw .empty }
      guard let place = words.firstIndex(where: { $0.spells(given) }) else { throw .notAllowed }
      return .word(place)
    case .text(let mayBeEmpty), .path(let mayBeEmpty):
      return .text(try text(in: given, mayBeEmpty: mayBeEmpty))
    case .address:
      let address = try text(in: given, mayBeEmpty: false)
      guard SettingKind.isAddress(Array(address.utf8)) else { throw .badAddress }
      return .text(address)
    case .card:
      let card = try text(in: given, mayBeEmpty: false)
      do throws(CardWish.Malformed) { _ = try CardWish.parse(card) } catch {
        throw .badCard(right: error.right)
      }
      return .text(card)
    case .pins:
      let pins = try text(in: given, mayBeEmpty: true)
      guard Array(pins.utf8)[...].split(separator: UInt8(ascii: " ")).allSatisfy(SettingKind.isPin)
      else {
        throw .badPin
      }
      return .text(pins)
    case .buttons:
      let names = try text(in: given, mayBeEmpty: true)
      let words = Array(names.utf8)[...].split(separator: UInt8(ascii: " "))
      for word in words where ButtonCode.named(word) == nil {
        throw .badButton(String(printing: word))
      }
      guard words.count <= SettingKind.mostButtons else { throw .notAllowed }
      return .text(names)
    }
  }

  public func text(_ value: SettingValue) -> String {
    switch (self, value) {
    case (.number(_, let unit), .number(let number)), (.numbers(_, let unit), .number(let number)):
      return unit.text(number)
    case (.words(let words), .word(let place)) where words.indices.contains(place):
      return words[place]
    case (_, .flag(let isOn)): return isOn ? "yes" : "no"
    case (_, .text(let text)): return text
    // Only a row whose field has another type than its kind: the tests walk all rows.
    case (_, .number), (_, .word): preconditionFailure("a setting of the wrong type")
    }
  }

  /// What would be right, for people: `200 ms to 3 s`.
  public var allowed: String {
    switch self {
    case .number(let range, let unit):
      return "\(unit.text(range.lowerBound)) to \(unit.text(range.upperBound))"
    case .numbers(let numbers, let unit): return SettingKind.list(numbers.map { unit.text($0) })
    case .flag: return "yes or no"
    case .words(let words): return SettingKind.list(words)
    case .text(let mayBeEmpty): return mayBeEmpty ? "text or nothing" : "text"
    case .path(let mayBeEmpty): return mayBeEmpty ? "a path or nothing" : "a path"
    case .address: return "wss://host:port/path"
    case .buttons:
      return "up to \(SettingKind.mostButtons) names such as KEY_MICMUTE or BTN_0, or nothing"
    case .card: return CardWish.forms
    case .pins: return "up to five pins of 44 characters, or nothing"
    }
  }

  /// `alsa, room or wav`
  public static func list(_ words: [String]) -> String {
    var text = ""
    for (place, word) in words.enumerated() {
      if place > 0 { text += place == words.count - 1 ? " or " : ", " }
      text += word
    }
    return text
  }

  private func number(in given: ArraySlice<UInt8>, _ unit: Unit) throws(ValueFault) -> Int64 {
    guard !given.isEmpty else { throw .empty }
    var rest = given
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard !digits.isEmpty else { throw .notANumber }
    rest = rest.dropFirst(digits.count)
    // 0.7 and 1,5: the unit is small enough that nobody needs fractions.
    if rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") { throw .notANumber }
    // Beyond any range, and small enough that no factor overflows it.
    let ceiling: Int64 = 1 << 50
    var size: Int64 = 0
    for digit in digits { size = min(ceiling, size * 10 + Int64(digit - UInt8(ascii: "0"))) }
    let number = isNegative ? -size : size

    let name = rest.trimmed
    if unit.names.isEmpty {
      guard name.isEmpty else { throw .notANumber }
      return number
    }
    if name.isEmpty { throw .missingUnit(better: withUnit(number, unit)) }
    for (known, factor) in unit.names where known.spells(name) { return number * factor }
    throw .wrongUnit(given: String(printing: name), allowed: unit.choice)
  }

  /// The number with the first unit that puts it into the range.
  private func withUnit(_ number: Int64, _ unit: Unit) -> String {
    for (name, factor) in unit.names {
      switch self {
      case .number(let range, _) where range.contains(number * factor): return "\(number) \(name)"
      case .numbers(let all, _) where all.contains(number * factor): return "\(number) \(name)"
      default: continue
      }
    }
    return "\(number) \(unit.names.first?.name ?? "")"
  }

  private func text(in given: ArraySlice<UInt8>, mayBeEmpty: Bool) throws(ValueFault) -> String {
    var text = given
    let quote = UInt8(ascii: "\"")
    if text.count >= 2, text.first == quote, text.last == quote {
      text = text.dropFirst().dropLast()
    } else {
      var before = UInt8(ascii: " ")
      for byte in text {
        let opensComment = byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";")
        // Whoever means it writes the value in quotes.
        if opensComment, before.isBlank { throw .commentAfterValue }
        before = byte
      }
    }
    guard mayBeEmpty || !text.isEmpty else { throw .empty }
    guard text.count <= SettingKind.longestText else {
      throw .tooLong(limit: SettingKind.longestText)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Scheme and host are there and nothing in it is blank. The link reads the rest.
  private static func isAddress(_ text: [UInt8]) -> Bool {
    for scheme in ["wss://", "ws://"] where text.starts(with: scheme.utf8) {
      let rest = text.dropFirst(scheme.utf8.count)
      let host = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
      return !host.isEmpty && !rest.contains { $0.isBlank }
    }
    return false
  }

  /// 32 bytes in base64: 43 digits, of which the last has two bits to spare, and a filler.
  private static func isPin(_ text: ArraySlice<UInt8>) -> Bool {
    text.count == 44 && text.last == UInt8(ascii: "=")
      && text.dropLast().allSatisfy { digit(of: $0) != nil }
      && (digit(of: text[text.startIndex + 42]) ?? 1) & 3 == 0
  }

  private static func digit(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): return byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): return 62
    case UInt8(ascii: "/"): return 63
    default: return nil
    }
  }
}
