/// Figures and foreign text as a person wants to read them.
public enum Words {
  /// `340 ms`, `12 s`, `3 min`, `2 h 5 min`, `4 days 2 h`
  public static func span(milliseconds: Int64) -> String {
    let seconds = milliseconds / 1_000
    switch seconds {
    case ..<1: return "\(max(0, milliseconds)) ms"
    case ..<60: return "\(seconds) s"
    case ..<600: return two(seconds / 60, "min", seconds % 60, "s")
    case ..<3_600: return "\(seconds / 60) min"
    case ..<86_400: return two(seconds / 3_600, "h", seconds / 60 % 60, "min")
    default:
      let days = seconds / 86_400
      return two(days, days == 1 ? "day" : "days", seconds / 3_600 % 24, "h")
    }
  }

  private static func two(_ large: Int64, _ unit: String, _ small: Int64, _ smaller: String)
    -> String
  {
    small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smaller)"
  }

  /// `1.2 s`
  public static func seconds(milliseconds: Int64) -> String {
    "\(fixed(milliseconds / 100, decimals: 1)) s"
  }

  /// A whole number of tenths or hundredths with its point.
  public static func fixed(_ number: Int64, decimals: Int) -> String {
    let base: UInt64 = decimals == 1 ? 10 : 100
    let size = number.magnitude
    let rest = size % base
    let zeros = decimals == 2 && rest < 10 ? "0" : ""
    return "\(number < 0 ? "-" : "")\(size / base).\(zeros)\(rest)"
  }

  /// `900 B`, `31 KB`, `1.2 MB`
  public static func bytes(_ count: Int64) -> String {
    switch count {
    case ..<1_000: "\(count) B"
    case ..<1_000_000: "\(count / 1_000) KB"
    case ..<1_000_000_000: "\(fixed(count / 100_000, decimals: 1)) MB"
    default: "\(fixed(count / 100_000_000, decimals: 1)) GB"
    }
  }

  /// `2.9 %`
  public static func share(_ part: Int64, of whole: Int64) -> String? {
    guard part >= 0, whole > 0, part < 1 << 50 else { return nil }
    return "\(fixed(part * 1_000 / whole, decimals: 1)) %"
  }

  /// `1 turn`, `14 turns`
  public static func count(_ number: Int64, _ one: String, _ many: String) -> String {
    "\(number) \(number == 1 ? one : many)"
  }

  public static func leftAligned(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  public static func rightAligned(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }

  /// Text from elsewhere on one line, unable to steer the terminal it is shown on.
  public static func harmless(_ text: String) -> String {
    var shown: [UInt8] = []
    var before: UInt8 = 0
    for byte in text.utf8 {
      if byte < 0x20 || byte == 0x7F {
        shown.append(UInt8(ascii: " "))
      } else if before == 0xC2, byte < 0xA0 {
        // The control characters above 0x7F, in UTF-8.
        shown[shown.count - 1] = UInt8(ascii: " ")
      } else {
        shown.append(byte)
      }
      before = byte
    }
    return String(decoding: shown, as: UTF8.self)
  }
}
