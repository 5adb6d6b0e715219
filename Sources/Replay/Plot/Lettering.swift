/// How text takes up room, and how moments are named.
enum Lettering {
  /// About: the letters of the font that will be used are not known here.
  static func width(_ text: String, size: Double) -> Double {
    Double(text.unicodeScalars.count) * size * 0.57
  }

  /// `4.5 s`, and as on a clock where steps are long.
  static func moment(_ seconds: Double, step: Double) -> String {
    if step >= 60 || seconds >= 600 {
      let whole = Int(seconds.rounded())
      let rest = whole % 60
      return "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
    }
    let places = step < 0.099 ? 2 : step < 0.99 ? 1 : 0
    return Decimal.text(Float(seconds), places: places) + " s"
  }
}
