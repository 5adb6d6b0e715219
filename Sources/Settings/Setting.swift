internal import VoiceCore

/// One row of the table: a key, what it may be, and where its value lives.
public struct Setting: Sendable {
  public let section: String
  public let key: String
  public let kind: SettingKind
  /// One or two sentences for the technician.
  public let help: String
  /// The command that changes it at once; the file is read at every start only.
  public let command: String?
  private let carry: @Sendable (inout Carrier, inout DeviceSettings) -> Void

  init(
    _ section: String, _ key: String, _ kind: SettingKind, _ help: String, command: String? = nil,
    carry: @escaping @Sendable (inout Carrier, inout DeviceSettings) -> Void
  ) {
    self.section = section
    self.key = key
    self.kind = kind
    self.help = help
    self.command = command
    self.carry = carry
  }

  /// `turn.end_silence`
  public var name: String { "\(section).\(key)" }

  // Copying all settings is code we want once only.
  @inline(never)
  public func value(in settings: DeviceSettings) -> SettingValue {
    var carrier = Carrier(load: nil)
    var copy = settings
    carry(&carrier, &copy)
    guard let value = carrier.load else { preconditionFailure("a row that carries nothing") }
    return value
  }

  public func store(_ value: SettingValue, in settings: inout DeviceSettings) {
    var carrier = Carrier(load: value)
    carry(&carrier, &settings)
  }

  /// As it would stand in a file: `700 ms`.
  @inline(never)
  public func text(in settings: DeviceSettings) -> String { kind.text(value(in: settings)) }

  /// Reads such a text back; nil when it is not fit.
  public func read(_ text: String) -> SettingValue? {
    do throws(ValueFault) { return try kind.parse(Array(text.utf8)[...]) } catch { return nil }
  }

  public var defaultText: String { text(in: DeviceSettings()) }
}

/// Brings a value to its field, or, arriving empty, back from it: one closure per row says both.
struct Carrier {
  var load: SettingValue?

  mutating func carry(_ field: inout SampleSpan) {
    if case .number(let milliseconds) = load { field = .milliseconds(milliseconds) }
    load = .number(field.milliseconds)
  }

  mutating func carry(_ field: inout Int) {
    // Ranges of such rows fit 32 bits; the tests walk all of them.
    if case .number(let number) = load { field = Int(truncatingIfNeeded: number) }
    load = .number(Int64(field))
  }

  mutating func carry(_ field: inout UInt64) {
    if case .number(let number) = load { field = UInt64(bitPattern: number) }
    load = .number(Int64(bitPattern: field))
  }

  mutating func carry(_ field: inout Bool) {
    if case .flag(let isOn) = load { field = isOn }
    load = .flag(field)
  }

  mutating func carry(_ field: inout String) {
    if case .text(let text) = load { field = text }
    load = .text(field)
  }

  mutating func carry<W: SettingWord>(_ field: inout W) {
    var place = 0
    for (index, word) in W.allCases.enumerated() {
      if case .word(let wanted) = load, wanted == index { field = word }
      if word == field { place = index }
    }
    load = .word(place)
  }
}
