public enum RecogniserError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file of the acoustic model or its dictionary is not there or not readable.
  case modelMissing(file: String)
  /// Words of the language model that no dictionary knows how to pronounce.
  case unpronounceable(words: [String])
  /// The library refused; it tells no reason.
  case library(action: String)

  public var description: String {
    switch self {
    case .modelMissing(let file):
      "cannot read the speech model's file \(file): install the package pocketsphinx-en-us"
    case .unpronounceable(let words):
      "no pronunciation for \(words.joined(separator: ", ")): "
        + "add one to the phrasebook's own pronunciations"
    case .library(let action): "pocketsphinx cannot \(action)"
    }
  }
}
