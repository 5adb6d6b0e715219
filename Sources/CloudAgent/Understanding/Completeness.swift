internal import PocketSphinx
internal import VoiceCore

/// Whether words that were followed by a pause are all of a turn. A small set of rules: what
/// they cannot tell, the device's own sense of pauses decides.
enum Completeness {
  /// Words that nobody stops at who has finished.
  private static let leaning: Set<String> = [
    "a", "an", "and", "as", "at", "because", "between", "but", "every", "if", "into", "my",
    "of", "or", "our", "than", "the", "their", "uh", "um", "your",
  ]
  /// Words that end a sentence only in set phrases, such as "what can you do".
  private static let leaningMostly: Set<String> = [
    "are", "can", "could", "do", "does", "for", "from", "how", "in", "is", "its", "to", "what",
    "when",
    "where", "which", "who", "why", "will", "with", "would",
  ]
  /// This close to a phrase we know, nothing is missing.
  private static let sureLikeness: Float = 0.9

  static func hint(_ words: [String], _ matcher: PhraseMatcher) -> TurnHint {
    guard let last = words.last else { return .none }
    if leaning.contains(last) || isDictating(words) { return .unfinished }
    let segments = words.map { Recognition.Segment(word: $0, frames: 0..<1, fit: 0) }
    if let found = matcher.best(segments), found.likeness >= sureLikeness { return .complete }
    // A word alone may be all of a question: "where?"
    return words.count > 1 && leaningMostly.contains(last) ? .unfinished : .none
  }

  /// Digit after digit, as people give telephone numbers: they pause wherever they like.
  private static func isDictating(_ words: [String]) -> Bool {
    words.count >= 2
      && words.suffix(2).allSatisfy { word in
        (0...9).contains { NumberWords.words($0) == [word] }
      }
  }
}
