/// Numbers as text with a fixed count of places, the same on every machine.
enum Decimal {
  /// Beyond this nothing here has a meaning, and it still fits an Int on every board.
  static let most: Float = 1_000_000

  static func text(_ value: Float, places: Int) -> String {
    // What is no number is our own bug, and still must not end the program.
    guard value == value else { return "0" }
    var unit = 1
    for _ in 0..<places { unit *= 10 }
    let bounded = Double(max(-most, min(most, value)))
    let count = Int64((bounded * Double(unit)).rounded())
    var text = count < 0 ? "-" : ""
    text += "\(abs(count) / Int64(unit))"
    guard places > 0 else { return text }
    let rest = "\(abs(count) % Int64(unit))"
    text += "."
    for _ in rest.utf8.count..<places { text += "0" }
    return text + rest
  }

  static func percent(_ part: Int, of whole: Int) -> String {
    "\(whole > 0 ? (200 * part + whole) / (2 * whole) : 0) %"
  }
}
