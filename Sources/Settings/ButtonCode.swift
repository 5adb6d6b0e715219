/// A key or a switch of an input device, as the kernel numbers them (linux/input-event-codes.h).
public struct ButtonCode: Equatable, Sendable {
  public let isSwitch: Bool
  public let number: UInt16

  public init(isSwitch: Bool = false, number: UInt16) {
    self.isSwitch = isSwitch
    self.number = number
  }

  /// KEY_MAX and SW_MAX.
  static let lastKey: UInt16 = 0x2FF
  static let lastSwitch: UInt16 = 0x10

  /// `KEY_MICMUTE`, or a number for a key that has no name here.
  static func named(_ word: ArraySlice<UInt8>) -> ButtonCode? {
    if let number = number(in: word) {
      return number <= lastKey ? ButtonCode(number: number) : nil
    }
    for (name, number) in switches where name.spells(word) {
      return ButtonCode(isSwitch: true, number: number)
    }
    for (name, number) in keys where name.spells(word) { return ButtonCode(number: number) }
    for (prefix, zero, range) in families where word.starts(with: prefix.utf8) {
      if let number = number(in: word.dropFirst(prefix.utf8.count)), range.contains(number) {
        return ButtonCode(number: zero + number)
      }
    }
    return nil
  }

  /// All in a text that was checked, with blanks between.
  public static func all(in text: String) -> [ButtonCode] {
    var codes: [ButtonCode] = []
    for word in Array(text.utf8)[...].split(separator: UInt8(ascii: " ")) {
      if let code = named(word) { codes.append(code) }
    }
    return codes
  }

  private static func number(in digits: ArraySlice<UInt8>) -> UInt16? {
    guard !digits.isEmpty, digits.count <= 4 else { return nil }
    var number: UInt16 = 0
    for digit in digits {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
      number = number * 10 + UInt16(digit - UInt8(ascii: "0"))
    }
    return number
  }

  private static let switches: [(name: String, number: UInt16)] = [
    ("SW_LID", 0), ("SW_TABLET_MODE", 1), ("SW_HEADPHONE_INSERT", 2), ("SW_RFKILL_ALL", 3),
    ("SW_MICROPHONE_INSERT", 4), ("SW_DOCK", 5), ("SW_CAMERA_LENS_COVER", 9),
    ("SW_KEYPAD_SLIDE", 10), ("SW_FRONT_PROXIMITY", 11), ("SW_ROTATE_LOCK", 12),
    ("SW_MUTE_DEVICE", 14),
  ]

  /// Those of telephones, remote controls and boards. Letters are left to keyboards.
  private static let keys: [(name: String, number: UInt16)] = [
    ("KEY_ESC", 1), ("KEY_ENTER", 28), ("KEY_SPACE", 57), ("KEY_F11", 87), ("KEY_F12", 88),
    ("KEY_MUTE", 113), ("KEY_VOLUMEDOWN", 114), ("KEY_VOLUMEUP", 115), ("KEY_POWER", 116),
    ("KEY_PAUSE", 119), ("KEY_STOP", 128), ("KEY_MENU", 139), ("KEY_SETUP", 141),
    ("KEY_SLEEP", 142), ("KEY_WAKEUP", 143), ("KEY_PROG1", 148), ("KEY_PROG2", 149),
    ("KEY_BACK", 158), ("KEY_NEXTSONG", 163), ("KEY_PLAYPAUSE", 164), ("KEY_PREVIOUSSONG", 165),
    ("KEY_STOPCD", 166), ("KEY_RECORD", 167), ("KEY_REWIND", 168), ("KEY_PHONE", 169),
    ("KEY_HOMEPAGE", 172), ("KEY_REFRESH", 173), ("KEY_PLAYCD", 200), ("KEY_PAUSECD", 201),
    ("KEY_PROG3", 202), ("KEY_PROG4", 203), ("KEY_PLAY", 207), ("KEY_FASTFORWARD", 208),
    ("KEY_HP", 211), ("KEY_CAMERA", 212), ("KEY_SOUND", 213), ("KEY_QUESTION", 214),
    ("KEY_CHAT", 216), ("KEY_SEARCH", 217), ("KEY_CONNECT", 218), ("KEY_CANCEL", 223),
    ("KEY_MEDIA", 226), ("KEY_MICMUTE", 248), ("KEY_OK", 352), ("KEY_SELECT", 353),
    ("KEY_INFO", 358), ("KEY_PICKUP_PHONE", 445), ("KEY_HANGUP_PHONE", 446),
    ("KEY_VOICECOMMAND", 582), ("KEY_ASSISTANT", 583),
    ("BTN_TRIGGER", 288), ("BTN_THUMB", 289), ("BTN_TOP", 291), ("BTN_SOUTH", 304),
    ("BTN_EAST", 305), ("BTN_NORTH", 307), ("BTN_WEST", 308), ("BTN_SELECT", 314),
    ("BTN_START", 315), ("BTN_MODE", 316), ("BTN_MISC", 256),
  ]

  /// Names with a number at their end: the code that 0 would have, and which there are.
  private static let families: [(prefix: String, zero: UInt16, range: ClosedRange<UInt16>)] = [
    ("BTN_TRIGGER_HAPPY", 703, 1...40), ("BTN_", 256, 0...9), ("KEY_NUMERIC_", 512, 0...9),
    ("KEY_MACRO", 655, 1...30), ("KEY_F", 58, 1...10), ("KEY_F", 170, 13...24),
  ]
}
