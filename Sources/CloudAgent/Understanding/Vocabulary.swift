internal import PocketSphinx

/// What the recognisers must know to hear a phrasebook's sentences and to notice everything else.
struct Vocabulary: Sendable {
  let grammar: [UInt8]
  let language: [UInt8]
  let pronunciations: Pronunciations

  init(
    _ book: Phrasebook, everyday: [String], own: [(word: String, phones: String)],
    model: AcousticModel
  ) throws(RecogniserError) {
    grammar = Grammar(book).text
    var language = LanguageModel()
    let before = Pattern.expand(book.before)
    let after = Pattern.expand(book.after)
    var counts: [String: Int] = [:]
    for phrase in book.phrases { counts[phrase.intent.name, default: 0] += 1 }
    for (index, phrase) in book.phrases.enumerated() {
      // Every wish is expected as often as any other, however many ways there are to say it.
      let weight = 100 / Double(counts[phrase.intent.name] ?? 1)
      let sentences = Vocabulary.numbered(phrase.words)
      let share = weight / Double(sentences.count)
      for sentence in sentences {
        language.learn(sentence, weight: share * 0.6)
        language.learn(before[index % before.count] + sentence, weight: share * 0.2)
        language.learn(sentence + after[index % after.count], weight: share * 0.2)
      }
    }
    self.language = language.arpa(everyday: everyday)
    pronunciations = try .of(language.words, from: model, own: own, variants: Accent.british)
  }

  /// The sentence with each number in the place of `#`.
  private static func numbered(_ words: [String]) -> [[String]] {
    guard let place = words.firstIndex(of: "#") else { return [words] }
    return (0...100).map { number in
      Array(words[..<place]) + NumberWords.words(number) + Array(words[(place + 1)...])
    }
  }
}
