// Written by tools/train with the weights: what its own arithmetic says to the example.
enum SpeechNetworkGolden {
  /// After so many frames: speech, openness and the gains of bands 0, 11 and 23.
  static let answers: [(Int, [Float])] = [
    (1, [0.12887, 0.48640, 0.57251, 0.58140, 0.51567]),
    (10, [0.02849, 0.91106, 0.84809, 0.83452, 0.69347]),
    (40, [0.03276, 0.91457, 0.87977, 0.77126, 0.60913]),
  ]
}
