/// Reads the numbers of a network from text in the program: printable characters survive every
/// editor and every compiler quickly, long lists of numbers do not.
///
/// 91 characters from '#' on, without the backslash, are the digits. A fine number is three of
/// them; a weight is one, a step of its row's scale.
struct WeightReader {
  private let text: StaticString
  private var next = 0
  private var isShort = false

  init(_ text: StaticString) { self.text = text }

  /// Whether everything asked for was there, and nothing is left.
  var isWhole: Bool {
    var rest = next
    while rest < text.utf8CodeUnitCount {
      if text.utf8Start[rest] > 0x20 { return false }
      rest += 1
    }
    return !isShort
  }

  static let largestDigit = 45

  /// -45 to 45; the end of the text reads as zeros.
  private mutating func digit() -> Int {
    while next < text.utf8CodeUnitCount {
      let byte = text.utf8Start[next]
      next += 1
      // Line ends only please the eye.
      guard byte > 0x20 else { continue }
      return Int(byte) - (byte > 0x5C ? 0x24 : 0x23) - WeightReader.largestDigit
    }
    isShort = true
    return 0
  }

  /// A number between -64 and 64 to a fifth of a thousandth.
  mutating func fine() -> Float {
    let high = digit()
    let middle = digit()
    let low = digit()
    return Float((high * 91 + middle) * 91 + low) * (64 / 376_000)
  }

  /// A row's scale is fine; its weights are steps of it.
  mutating func weight(scale: Float) -> Float {
    Float(digit()) * scale * (1 / Float(WeightReader.largestDigit))
  }
}
