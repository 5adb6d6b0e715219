/// How much of the echo is taken away, over the last third of a second of it.
struct EchoReduction: Sendable {
  private var before: Float = 0
  private var after: Float = 0
  private var isKnown = false

  private static let memory: Float = 0.03
  /// Echo weaker than this says nothing. Full scale is 1.
  private static let audible: Float = 1e-8

  /// nil while there is no echo to speak of.
  var decibels: Float? {
    isKnown ? 3.0103 * (log2(before + 1e-12) - log2(after + 1e-12)) : nil
  }

  mutating func hear(_ spectra: borrowing HearingSpectra, gains: borrowing Bands) {
    let echo = spectra.echo.sum
    isKnown = spectra.isFar
    guard isKnown else { return }
    isKnown = echo > EchoReduction.audible
    guard isKnown else { return }
    var left: Float = 0
    for band in 0..<Bands.count { left += spectra.error[band] * gains[band] * gains[band] }
    before += (spectra.mic.sum - before) * EchoReduction.memory
    after += (left - after) * EchoReduction.memory
  }
}
