// Written by tools/train with the weights: what its own arithmetic says to the example.
enum SpeechNetworkGolden {
  /// After so many frames: speech, openness and the gains of bands 0, 11 and 23.
  static let answers: [(Int, [Float])] = [
    (1, [0.54536, 0.58160, 0.59576, 0.59589, 0.58298]),
    (10, [0.82439, 0.85580, 0.82170, 0.80330, 0.83471]),
    (40, [0.87774, 0.92211, 0.87692, 0.86597, 0.90606]),
  ]
}
