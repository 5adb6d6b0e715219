internal import CLinux

/// Standard output and error, unbuffered: a line is there when the call returns.
public enum Output {
  public static func print(_ line: String) { write(line + "\n", to: 1) }
  public static func complain(_ line: String) { write(line + "\n", to: 2) }
  /// Without a line end; for redrawing on a terminal.
  public static func draw(_ text: String) { write(text, to: 1) }

  public static var isTerminal: Bool { isatty(1) == 1 }
  public static var columns: Int { Int(clinux_terminal_columns(1)) }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && clinux_errno() == EINTR { continue }
      // A reader that went away or a full disk must not stop what we are doing.
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }
}
