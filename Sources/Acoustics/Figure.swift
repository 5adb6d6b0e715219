/// Numbers as text with a fixed count of places, and back; the same on every machine.
public enum Figure {
  /// Beyond this nothing here has a meaning.
  private static let most = 1e9

  public static func text(_ value: Double, places: Int = 0) -> String {
    // What is no number is our own bug, and still must not end the program.
    guard value == value else { return "0" }
    var unit: Int64 = 1
    for _ in 0..<places { unit *= 10 }
    let count = Int64((max(-most, min(most, value)) * Double(unit)).rounded())
    var text = count < 0 ? "-" : ""
    text += "\(count.magnitude / UInt64(unit))"
    guard places > 0 else { return text }
    let rest = "\(count.magnitude % UInt64(unit))"
    text += "."
    for _ in rest.utf8.count..<places { text += "0" }
    return text + rest
  }

  /// Digits, perhaps with a sign and a point; nil for anything else.
  public static func number(_ text: some Collection<UInt8>) -> Double? {
    var size = 0.0
    var scale = 1.0
    var digits = 0
    var isNegative = false
    var hasPoint = false
    for (index, byte) in text.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where index == 0: isNegative = true
      case UInt8(ascii: ".") where !hasPoint: hasPoint = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits += 1
        guard digits <= 15 else { return nil }
        size = size * 10 + Double(byte - UInt8(ascii: "0"))
        if hasPoint { scale *= 10 }
      default: return nil
      }
    }
    guard digits > 0 else { return nil }
    return (isNegative ? -size : size) / scale
  }
}
