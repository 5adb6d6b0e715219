/// An SVG picture that is being drawn: elements in the order in which they cover each other.
struct Drawing {
  enum Anchor: String { case start, middle, end }

  private let width: Int
  private var body = ""

  init(width: Int) { self.width = width }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: String,
    opacity: Double = 1, corner: Double = 0, hint: String = ""
  ) {
    let round = corner > 0 ? " rx=\"\(number(corner))\"" : ""
    let see = opacity < 1 ? " fill-opacity=\"\(number(opacity))\"" : ""
    body += "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(max(0, width)))\" "
    body += "height=\"\(number(height))\" fill=\"\(fill)\"\(round)\(see)"
    // Shown by browsers when the pointer rests on it.
    body += hint.isEmpty ? "/>\n" : "><title>\(escaped(hint))</title></rect>\n"
  }

  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, width: Double = 1,
    dashed: Bool = false
  ) {
    body += "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" "
    body += "y2=\"\(number(y2))\" stroke=\"\(colour)\" stroke-width=\"\(number(width))\""
    body += dashed ? " stroke-dasharray=\"3 3\"/>\n" : "/>\n"
  }

  mutating func text(
    _ text: String, _ x: Double, _ y: Double, _ colour: String, size: Double = 12,
    anchor: Anchor = .start, bold: Bool = false
  ) {
    body += "<text x=\"\(number(x))\" y=\"\(number(y))\" fill=\"\(colour)\" "
    body += "font-size=\"\(number(size))\""
    if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
    if bold { body += " font-weight=\"600\"" }
    body += ">\(escaped(text))</text>\n"
  }

  /// A closed shape.
  mutating func shape(_ points: [(x: Double, y: Double)], _ fill: String, opacity: Double = 1) {
    guard points.count > 2 else { return }
    var path = "M"
    for point in points { path += "\(number(point.x)) \(number(point.y))L" }
    path.removeLast()
    body += "<path d=\"\(path)Z\" fill=\"\(fill)\""
    body += opacity < 1 ? " fill-opacity=\"\(number(opacity))\"/>\n" : "/>\n"
  }

  /// A span with a point at each end, as on a plan.
  mutating func measure(_ from: Double, _ to: Double, _ y: Double, _ colour: String) {
    line(from, y, to, y, colour, width: 1.5)
    line(from, y - 4, from, y + 4, colour, width: 1.5)
    line(to, y - 4, to, y + 4, colour, width: 1.5)
  }

  func svg(height: Double, background: String, describing title: String) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(number(height))" \
    viewBox="0 0 \(width) \(number(height))" role="img" \
    font-family="system-ui, 'DejaVu Sans', 'Liberation Sans', sans-serif">
    <title>\(escaped(title))</title>
    <rect width="100%" height="100%" fill="\(background)"/>
    \(body)</svg>

    """
  }

  /// A tenth of a pixel is enough, and keeps the file small.
  private func number(_ value: Double) -> String {
    // What cannot be drawn must not end the program either.
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : Text.fixed(tenths, 10, 1)
  }

  private func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      // XML has no place for control characters, however written.
      case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
