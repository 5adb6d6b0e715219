/// Numbers as people read them.
enum Text {
  /// `12.34 s`
  static func seconds(_ milliseconds: Int) -> String { "\(fixed(milliseconds, 1_000, 2)) s" }

  /// `186 ms` below a second, `1.24 s` above.
  static func span(_ milliseconds: Int) -> String {
    abs(milliseconds) < 1_000 ? "\(milliseconds) ms" : seconds(milliseconds)
  }

  /// `41 KB`, `1.8 MB`
  static func bytes(_ count: Int) -> String {
    if count < 10_000 { return "\(count) bytes" }
    return count < 1_000_000 ? "\((count + 500) / 1_000) KB" : "\(fixed(count, 1_000_000, 1)) MB"
  }

  /// `1.4 %`
  static func percent(_ share: Double) -> String {
    "\(fixed(Int((share * 100_000).rounded()), 1_000, 1)) %"
  }

  /// `value / scale` with so many places behind the point, rounded.
  static func fixed(_ value: Int, _ scale: Int, _ places: Int) -> String {
    var unit = 1
    for _ in 0..<places { unit *= 10 }
    let scaled = (abs(value) * unit + scale / 2) / scale
    let behind = String(scaled % unit)
    let zeros = String(repeating: "0", count: places - behind.count)
    return "\(value < 0 ? "-" : "")\(scaled / unit).\(zeros)\(behind)"
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  static func right(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func cut(_ text: String, to width: Int) -> String {
    text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
  }

  /// Words in lines of at most `width`; what does not fit into `lines` ends in an ellipsis.
  static func wrapped(_ text: String, width: Int, lines: Int) -> [String] {
    var wrapped: [String] = []
    var line = ""
    let words = text.split(separator: " ").map { String($0) }
    for (index, word) in words.enumerated() {
      if line.isEmpty {
        line = word
      } else if line.count + 1 + word.count <= width {
        line += " " + word
      } else if wrapped.count + 1 == lines {
        wrapped.append(cut(line + " " + words[index...].joined(separator: " "), to: width))
        return wrapped
      } else {
        wrapped.append(line)
        line = word
      }
    }
    if !line.isEmpty { wrapped.append(cut(line, to: width)) }
    return wrapped
  }
}
