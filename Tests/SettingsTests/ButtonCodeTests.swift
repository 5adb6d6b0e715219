import Linux
import Settings
import Testing

@Suite struct ButtonCodeTests {
  @Test(arguments: [
    ("KEY_MICMUTE", 248), ("KEY_F1", 59), ("KEY_F10", 68), ("KEY_F11", 87), ("KEY_F13", 183),
    ("KEY_F24", 194), ("BTN_0", 256), ("BTN_TRIGGER_HAPPY40", 743), ("KEY_MACRO30", 685),
    ("KEY_VOICECOMMAND", 582), ("30", 30),
  ])
  func aNameIsTheKernelsNumber(name: String, number: UInt16) {
    #expect(ButtonCode.all(in: name) == [ButtonCode(number: number)])
  }

  @Test func severalAreTakenAndASwitchIsNoKey() {
    #expect(
      ButtonCode.all(in: "KEY_STOP  SW_MUTE_DEVICE BTN_1") == [
        ButtonCode(number: 128), ButtonCode(isSwitch: true, number: 14), ButtonCode(number: 257),
      ])
  }

  @Test(arguments: ["KEY_F0", "KEY_F25", "BTN_10", "KEY_", "key_micmute", "768", "-1", "KEY_A"])
  func whatIsNoButtonIsNone(name: String) { #expect(ButtonCode.all(in: name).isEmpty) }

  /// Against the kernel's own list, where it is installed.
  @Test func everyNameOfTheKernelsHasTheKernelsNumberOrNone() throws {
    let path = "/usr/include/linux/input-event-codes.h"
    guard Files.exists(path) else { return }
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    var known = 0
    for line in text.split(separator: "\n") where line.hasPrefix("#define ") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count >= 3, let code = ButtonCode.all(in: String(words[1])).first else {
        continue
      }
      let digits = words[2]
      let number = digits.hasPrefix("0x") ? UInt16(digits.dropFirst(2), radix: 16) : UInt16(digits)
      // BTN_GAMEPAD is named as BTN_SOUTH is numbered.
      guard let number else { continue }
      #expect(code.number == number, "\(words[1])")
      known += 1
    }
    #expect(known > 130)
  }
}
