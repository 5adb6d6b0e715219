internal import VoiceCore

/// What happened in a simulation: always as a number, as text when somebody wants to read it.
package final class Timeline {
  /// Two runs with the same hash did the same things at the same times.
  package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  package private(set) var lines: [String] = []
  let isKept: Bool
  /// In frames since the start.
  var now = 0

  init(isKept: Bool) { self.isKept = isKept }

  /// - Parameters:
  ///   - number: whatever tells this event from others of its kind.
  ///   - text: only put together when it is kept.
  func add(_ who: StaticString, _ number: Int, _ text: @autoclosure () -> String) {
    mix(UInt64(truncatingIfNeeded: now) << 32 ^ UInt64(truncatingIfNeeded: number))
    guard isKept else { return }
    let time = String(now * 10)
    let padding = String(repeating: " ", count: max(0, 7 - time.utf8.count))
    let name = "\(who)"
    let gap = String(repeating: " ", count: max(1, 8 - name.utf8.count))
    lines.append("\(padding)\(time) \(name)\(gap)\(Timeline.plain(text()))")
  }

  /// Swift's own descriptions of values, as one would write them: `TurnID(number: 3)` is `3`.
  private static func plain(_ text: String) -> String {
    var plain: [UInt8] = []
    var rest = Array(text.utf8)[...]
    var closing: [Bool] = []
    scan: while let byte = rest.first {
      for word in noise where rest.starts(with: word.utf8) {
        rest = rest.dropFirst(word.utf8.count)
        // Its bracket goes with it.
        if word.hasSuffix(": ") { closing.append(true) }
        if word.hasSuffix("(samples: ") {
          let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D }
          rest = rest.dropFirst(digits.count)
          let samples = Int(String(decoding: digits, as: UTF8.self)) ?? 0
          plain += Array("\(samples / 16) ms".utf8)
        }
        continue scan
      }
      rest = rest.dropFirst()
      if byte == 0x28 { closing.append(false) }
      if byte == 0x29, closing.popLast() == true { continue }
      plain.append(byte)
    }
    return String(decoding: plain, as: UTF8.self)
  }

  private static let noise = [
    "VoiceCore.", "DeviceLink.", "CloudAgent.", "Conversation.", "LinkChange.", "LinkMachine.",
    "SampleSpan(samples: ", "SampleTime(samples: ", "TurnID(number: ", "ReplyID(number: ",
    "ConnectionID(number: ", "Note.Reason.", "Shown.", "TurnCause.", "TurnEnd.", "TurnCancel.",
    "PlaybackState.", "ReplyStatus.", "Capture.",
  ]

  func mix(_ number: UInt64) { hash = (hash ^ number) &* 0x100_0000_01B3 }

  func mix(_ bytes: [UInt8]) {
    for byte in bytes { mix(UInt64(byte)) }
  }
}

extension Int {
  /// In frames.
  static func seconds(_ count: Int) -> Int { count * 100 }
  /// Rounded up to whole frames.
  static func milliseconds(_ count: Int) -> Int { (count + 9) / 10 }
}

extension SampleSpan {
  var steps: Int { frames }
}
