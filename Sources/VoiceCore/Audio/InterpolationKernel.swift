/// What one sample gives to a place between samples: a sinc under Kaiser's window.
package enum InterpolationKernel {
  /// What each of `2 * reach` samples gives to places between them: for each of `phases` steps from one
  /// sample to the next, and that sample itself, a row.
  package static func fill(
    _ kernels: UnsafeMutablePointer<Float>, reach: Int, phases: Int
  ) {
    let taps = 2 * reach
    for phase in 0...phases {
      for tap in 0..<taps {
        let distance = Double(tap - reach + 1) - Double(phase) / Double(phases)
        kernels[phase * taps + tap] = Float(value(distance, reach: reach))
      }
    }
  }

  /// - Parameters:
  ///   - distance: from the sample to the place, in samples.
  ///   - reach: samples that are taken from each side.
  private static func value(_ distance: Double, reach: Int) -> Double {
    let place = distance / Double(reach)
    guard abs(place) < 1 else { return 0 }
    if distance == 0 { return 1 }
    if distance == distance.rounded() { return 0 }
    let beta = 6.0
    let window = bessel(beta * (1 - place * place).squareRoot()) / bessel(beta)
    return Turn.of(distance / 2).sine / (.pi * distance) * window
  }

  /// The modified Bessel function of order zero, by its series.
  private static func bessel(_ value: Double) -> Double {
    var sum = 1.0
    var term = 1.0
    for step in 1...24 {
      let factor = value / 2 / Double(step)
      term *= factor * factor
      sum += term
    }
    return sum
  }
}
