/// Natural logarithm and its inverse to the last digits but one. The core has no mathematics
/// library, and the same digits come out on every machine.
package enum Logarithm {
  private static let ofTwo = 0.693_147_180_559_945_3

  static func of(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return -.infinity }
    // Between two thirds and four thirds: there the series needs few terms.
    let exponent = Double(value.exponent)
    let part = value.significand
    let isUpper = part > 4.0 / 3
    let place = isUpper ? part / 2 : part
    let turn = (place - 1) / (place + 1)
    let square = turn * turn
    var term = turn
    var sum = 0.0
    for odd in stride(from: 1, through: 25, by: 2) {
      sum += term / Double(odd)
      term *= square
    }
    return 2 * sum + (exponent + (isUpper ? 1 : 0)) * ofTwo
  }

  /// The inverse, for exponents of a modest size.
  static func inverse(_ exponent: Double) -> Double {
    let clamped = max(-700, min(700, exponent))
    let whole = (clamped / ofTwo).rounded()
    let rest = clamped - whole * ofTwo
    var term = 1.0
    var sum = 1.0
    for step in 1...18 {
      term *= rest / Double(step)
      sum += term
    }
    return Double(sign: .plus, exponent: Int(whole), significand: sum)
  }

  /// dB of a ratio of powers; what cannot be told is very little.
  package static func decibels(_ ratio: Double) -> Double {
    ratio > 1e-30 ? 4.342_944_819_032_518 * of(ratio) : -300
  }
}
