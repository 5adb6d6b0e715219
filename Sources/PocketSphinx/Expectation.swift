/// What a recogniser is told to expect.
public enum Expectation: Sendable {
  /// Only these sentences, in JSGF. Hears them best, and hears one of them in anything.
  case grammar([UInt8])
  /// Which words follow which, as ARPA text. Hears them worse, but hears what else was said.
  case language([UInt8])

  var file: [UInt8] {
    switch self {
    case .grammar(let text), .language(let text): text
    }
  }

  func options(file: String) -> [String] {
    switch self {
    case .grammar:
      // The default beams lose the right sentence early: with these, 92 of 100 test sentences are
      // heard instead of 87, for twice the time.
      ["-jsgf", file, "-beam", "1e-80", "-wbeam", "1e-60", "-pbeam", "1e-80"]
    case .language:
      // Without its second pass it hears as well here, and is done when the turn is.
      ["-lm", file, "-fwdflat", "no"]
    }
  }

  /// The n-gram search keeps its scores with ten more bits than the grammar search.
  var fitUnit: Float {
    switch self {
    case .grammar: 1
    case .language: 1 / 1_024
    }
  }
}
