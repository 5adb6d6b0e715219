internal import CLinux

/// One event, one line, `key=value`. Never from the audio thread; never what a person said.
public enum Log {
  /// Syslog's numbers.
  public enum Level: Int, Sendable { case error = 3, warning = 4, notice = 5, info = 6, debug = 7 }

  public static func error(_ line: String) { write(.error, line) }
  public static func warning(_ line: String) { write(.warning, line) }
  public static func notice(_ line: String) { write(.notice, line) }
  public static func info(_ line: String) { write(.info, line) }

  /// Under the journal each line carries its level as sd-daemon(3) says; on a terminal it would be noise.
  private static let isJournal = Process.environment("JOURNAL_STREAM") != nil

  private static func write(_ level: Level, _ line: String) {
    Output.complain(isJournal ? "<\(level.rawValue)>\(line)" : line)
  }

  /// The value as one word: quoted when it holds spaces, quotes or control characters.
  public static func quoted(_ value: String) -> String {
    let plain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x7F }
    if plain { return value }
    var quoted: [UInt8] = [UInt8(ascii: "\"")]
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""): quoted += [UInt8(ascii: "\\"), byte]
      // A log line stays one line whatever a server sent.
      case 0..<0x20, 0x7F: quoted.append(UInt8(ascii: " "))
      default: quoted.append(byte)
      }
    }
    quoted.append(UInt8(ascii: "\""))
    return String(decoding: quoted, as: UTF8.self)
  }
}
