/// An SVG picture that is being drawn: elements in the order in which they cover each other.
public struct Drawing {
  public enum Anchor: Sendable { case start, middle, end }

  private let width: Int
  private var body = Markup()

  public init(width: Int) { self.width = width }

  public mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ fill: String,
    opacity: Double = 1, corner: Double = 0, hint: String = ""
  ) {
    body.begin("rect")
    body.attribute("x", x)
    body.attribute("y", y)
    body.attribute("width", max(0, width))
    body.attribute("height", height)
    body.attribute("fill", fill)
    if corner > 0 { body.attribute("rx", corner) }
    if opacity < 1 { body.attribute("fill-opacity", opacity, places: 2) }
    body.end("rect", hint: hint)
  }

  public mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, width: Double = 1,
    dashed: Bool = false, opacity: Double = 1
  ) {
    body.begin("line")
    body.attribute("x1", x1)
    body.attribute("y1", y1)
    body.attribute("x2", x2)
    body.attribute("y2", y2)
    body.attribute("stroke", colour)
    body.attribute("stroke-width", width)
    if dashed { body.attribute("stroke-dasharray", "3 3") }
    if opacity < 1 { body.attribute("stroke-opacity", opacity, places: 2) }
    body.end("line")
  }

  public mutating func text(
    _ text: String, _ x: Double, _ y: Double, _ colour: String, size: Double = 12,
    anchor: Anchor = .start, bold: Bool = false
  ) {
    body.begin("text")
    body.attribute("x", x)
    body.attribute("y", y)
    body.attribute("fill", colour)
    body.attribute("font-size", size)
    switch anchor {
    case .start: break
    case .middle: body.attribute("text-anchor", "middle")
    case .end: body.attribute("text-anchor", "end")
    }
    if bold { body.attribute("font-weight", "600") }
    body.add(">")
    body.escape(text)
    body.add("</text>\n")
  }

  /// A closed shape.
  public mutating func shape(
    _ points: [(x: Double, y: Double)], _ fill: String, opacity: Double = 1, hint: String = ""
  ) {
    guard points.count > 2 else { return }
    body.begin("path")
    body.path(points, closed: true)
    body.attribute("fill", fill)
    if opacity < 1 { body.attribute("fill-opacity", opacity, places: 2) }
    body.end("path", hint: hint)
  }

  /// A line through many points.
  public mutating func curve(
    _ points: [(x: Double, y: Double)], _ colour: String, width: Double = 1
  ) {
    guard points.count > 1 else { return }
    body.begin("path")
    body.path(points, closed: false)
    body.attribute("fill", "none")
    body.attribute("stroke", colour)
    body.attribute("stroke-width", width)
    body.attribute("stroke-linejoin", "round")
    body.end("path")
  }

  /// Upright strokes of one height.
  public mutating func strokes(
    at places: [Double], from top: Double, to bottom: Double, _ colour: String, width: Double,
    opacity: Double = 1
  ) {
    guard !places.isEmpty else { return }
    body.begin("path")
    body.strokes(places, top, bottom)
    body.attribute("stroke", colour)
    body.attribute("stroke-width", width)
    if opacity < 1 { body.attribute("stroke-opacity", opacity, places: 2) }
    body.end("path")
  }

  /// A span with a point at each end, as on a plan.
  public mutating func measure(_ from: Double, _ to: Double, _ y: Double, _ colour: String) {
    line(from, y, to, y, colour, width: 1.5)
    line(from, y - 4, from, y + 4, colour, width: 1.5)
    line(to, y - 4, to, y + 4, colour, width: 1.5)
  }

  /// The whole file.
  public func svg(height: Double, background: String, describing title: String) -> [UInt8] {
    var file = Markup()
    let tall = Int(height.rounded(.up))
    file.add(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"")
    file.add(" width=\"\(width)\" height=\"\(tall)\" viewBox=\"0 0 \(width) \(tall)\" role=\"img\"")
    file.add(" font-family=\"system-ui, 'DejaVu Sans', 'Liberation Sans', sans-serif\">\n<title>")
    file.escape(title)
    file.add("</title>\n<rect width=\"100%\" height=\"100%\" fill=\"\(background)\"/>\n")
    file.bytes += body.bytes
    file.add("</svg>\n")
    return file.bytes
  }
}
