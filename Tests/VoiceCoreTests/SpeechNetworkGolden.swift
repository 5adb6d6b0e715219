// Written by tools/train with the weights: what its own arithmetic says to the example.
enum SpeechNetworkGolden {
  /// After so many frames: speech, openness and the gains of bands 0, 11 and 23.
  static let answers: [(Int, [Float])] = [
    (1, [0.10733, 0.37841, 0.61481, 0.60148, 0.49971]),
    (10, [0.02885, 0.90212, 0.80321, 0.82003, 0.51225]),
    (40, [0.03239, 0.93256, 0.80494, 0.51572, 0.22059]),
  ]
}
