internal import PocketSphinx
internal import VoiceCore

/// Finds the wish behind what two recognisers made of the same turn: one that knows only our
/// sentences, and one that also knows everyday words.
///
/// The first is right about what was said if it was said to us; the second tells whether it was.
/// The limits were fixed on the development sentences (docs/AGENT.md, Recognition).
struct Understanding: Sendable {
  struct Finding: Equatable, Sendable {
    let intent: Intent
    /// 1: word for word one of our phrases; 0: nothing in common.
    let likeness: Float
  }

  /// Everyday hearing this close to one of our phrases needs no second opinion.
  private static let sureLikeness: Float = 0.65
  /// How much worse than everyday words our sentence may fit the sound, per frame.
  private static let allowedStrain: Float = 5
  /// More is allowed when everyday hearing points at the same wish, up to this when it is half-way
  /// to the phrase.
  private static let agreementBonus: Float = 16

  private let matcher: PhraseMatcher

  init(_ book: Phrasebook) { matcher = PhraseMatcher(book) }

  /// The wish, or nil when nothing we know was said.
  func find(grammar: Recognition, everyday: Recognition) -> Intent? {
    if let wish = phrase(grammar: grammar, everyday: everyday) { return wish }
    // The way to something we do not know is worth an answer of its own.
    let start = everyday.spoken.prefix(2)
    let isSure = start.allSatisfy { $0.confidence >= Understanding.sureLikeness }
    let asks = [["where", "is"], ["where", "are"]].contains(start.compactMap { $0.word })
    return asks && isSure ? .somewhere : nil
  }

  /// What the words of an open turn tell about whether more will come.
  func glimpse(_ words: [String]) -> WorkResult.Glimpse {
    WorkResult.Glimpse(
      words: Spoken(words.joined(separator: " ")), hint: Completeness.hint(words, matcher))
  }

  private func phrase(grammar: Recognition, everyday: Recognition) -> Intent? {
    let plain = matcher.best(everyday.spoken)
    guard let strict = matcher.best(grammar.spoken) else {
      return plain.flatMap { $0.likeness >= Understanding.sureLikeness ? $0.intent : nil }
    }
    var allowed = Understanding.allowedStrain
    if let plain {
      if plain.intent == strict.intent {
        allowed += Understanding.agreementBonus * min(1, plain.likeness / 0.5)
      } else if plain.likeness >= Understanding.sureLikeness {
        return plain.intent
      }
    }
    let strain = Understanding.strain(of: grammar, against: everyday)
    return strain < allowed ? strict.intent : nil
  }

  /// How much worse one recognition fits the sound than another, per frame in which either heard
  /// speech.
  static func strain(of one: Recognition, against other: Recognition) -> Float {
    let end = (one.segments + other.segments).map { $0.frames.upperBound }.max() ?? 0
    // A turn is at most some thousand frames; what a library says is still not trusted for a size.
    guard (1...20_000).contains(end) else { return 0 }
    var isSpeech = [Bool](repeating: false, count: end)
    let own = perFrame(one, &isSpeech)
    let others = perFrame(other, &isSpeech)
    var sum: Float = 0
    var count: Float = 0
    for frame in 0..<end where isSpeech[frame] {
      sum += others[frame] - own[frame]
      count += 1
    }
    return count > 0 ? sum / count : 0
  }

  private static func perFrame(_ heard: Recognition, _ isSpeech: inout [Bool]) -> [Float] {
    var fits = [Float](repeating: 0, count: isSpeech.count)
    for segment in heard.segments {
      for frame in segment.frames.clamped(to: 0..<fits.count) {
        fits[frame] = segment.fit / Float(segment.frames.count)
        if segment.word != nil { isSpeech[frame] = true }
      }
    }
    return fits
  }
}
