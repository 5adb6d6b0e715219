/// Features and network in one: what it answers about a frame.
///
/// A class, so that the modules that own a chain need not know what is in here.
final class Listener {
  private var features = SpeechFeatures()
  private let network = SpeechNetwork()

  /// - Parameters:
  ///   - error: the frame of which `spectra.error` is the spectrum.
  ///   - hint: speexdsp's probability of speech.
  func judge(
    _ spectra: borrowing HearingSpectra, error: UnsafeMutablePointer<Float>, hint: Float
  ) -> SpeechNetwork.Answer {
    features.hear(spectra, error: error, hint: hint)
    return network.judge(features.values.start)
  }

  func readFeatures(into row: inout [Float]) {
    for index in 0..<SpeechFeatures.count { row[index] = features.values[index] }
  }
}
