/// Text for pages whose width counts: sample file and help.
public enum Lines {
  /// Lines of at most `width` bytes, broken at blanks.
  public static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.utf8.split(separator: UInt8(ascii: " ")) {
      if !line.isEmpty, line.utf8.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      if !line.isEmpty { line += " " }
      line += String(decoding: word, as: UTF8.self)
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}
