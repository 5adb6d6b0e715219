/// The text of an SVG file, as it grows. It writes its numbers itself: the same picture has the
/// same bytes on every machine.
struct Markup {
  var bytes: [UInt8] = []

  mutating func add(_ text: String) { bytes += text.utf8 }

  mutating func begin(_ element: String) { add("<\(element)") }

  /// - Parameter hint: shown by browsers when the pointer rests on the element.
  mutating func end(_ element: String, hint: String = "") {
    guard !hint.isEmpty else { return add("/>\n") }
    add("><title>")
    escape(hint)
    add("</title></\(element)>\n")
  }

  mutating func attribute(_ name: String, _ value: String) { add(" \(name)=\"\(value)\"") }

  mutating func attribute(_ name: String, _ value: Double, places: Int = 1) {
    add(" \(name)=\"")
    number(value, places: places)
    add("\"")
  }

  /// From point to point by differences, which are short. They are taken between rounded points,
  /// so that no error adds up.
  mutating func path(_ points: [(x: Double, y: Double)], closed: Bool) {
    add(" d=\"")
    var last: (x: Int, y: Int)?
    for point in points {
      let next = (x: Markup.tenths(point.x), y: Markup.tenths(point.y))
      if let last {
        if next.y == last.y {
          add("h")
          tenths(next.x - last.x)
        } else {
          add("l")
          tenths(next.x - last.x)
          if next.y > last.y { add(" ") }
          tenths(next.y - last.y)
        }
      } else {
        add("M")
        tenths(next.x)
        add(" ")
        tenths(next.y)
      }
      last = next
    }
    add(closed ? "Z\"" : "\"")
  }

  mutating func strokes(_ places: [Double], _ top: Double, _ bottom: Double) {
    add(" d=\"")
    for place in places {
      add("M")
      tenths(Markup.tenths(place))
      add(" ")
      tenths(Markup.tenths(top))
      add("V")
      tenths(Markup.tenths(bottom))
    }
    add("\"")
  }

  /// A tenth of a pixel is enough, and keeps the file small.
  mutating func number(_ value: Double, places: Int = 1) {
    // What cannot be drawn must not end the program either.
    guard value.isFinite, abs(value) < 1e9 else { return add("0") }
    let unit = places == 2 ? 100 : 10
    let count = Int((value * Double(unit)).rounded())
    if count < 0 { add("-") }
    let size = abs(count)
    add("\(size / unit)")
    var rest = size % unit
    guard rest > 0 else { return }
    add(places == 2 && rest < 10 ? ".0" : ".")
    if places == 2, rest % 10 == 0 { rest /= 10 }
    add("\(rest)")
  }

  mutating func escape(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x26: add("&amp;")
      case 0x3C: add("&lt;")
      case 0x3E: add("&gt;")
      case 0x22: add("&quot;")
      // XML has no place for control characters, however written.
      case 0..<0x20, 0xFFFE, 0xFFFF: add(" ")
      default: bytes += scalar.utf8
      }
    }
  }

  private static func tenths(_ value: Double) -> Int {
    value.isFinite && abs(value) < 1e8 ? Int((value * 10).rounded()) : 0
  }

  private mutating func tenths(_ count: Int) {
    if count < 0 { bytes.append(UInt8(ascii: "-")) }
    let size = abs(count)
    if size >= 10 || size == 0 { add("\(size / 10)") }
    guard size % 10 > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    bytes.append(UInt8(ascii: "0") + UInt8(size % 10))
  }
}
