/// What the agent makes of the words of an open turn.
public enum TurnHint: Equatable, Sendable {
  case none
  /// They make a whole sentence, or a whole wish.
  case complete
  /// More must follow: "and", "the", half a number.
  case unfinished

  /// What it makes of the silence that ends a turn. A hint can be wrong, so neither is decisive.
  var factor: Float {
    switch self {
    case .none: 1
    case .complete: 0.6
    case .unfinished: 1.8
    }
  }

  /// An agent that heard all but the last sounds of a word has heard the word.
  static let tolerance = SampleSpan.milliseconds(150)
}
