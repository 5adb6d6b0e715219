internal import PocketSphinx
internal import VoiceCore

/// Finds the phrase most like some words. Telling words count more than words every phrase has, and
/// words the decoder was unsure of count less.
struct PhraseMatcher: Sendable {
  private struct Known: Sendable {
    let words: [UInt16]
    let weight: Float
    let intent: Intent
  }

  private let numbers: [String: UInt16]
  private let weights: [Float]
  private let known: [Known]
  /// An unknown word says as much as a telling one: that something else was meant.
  private static let strangerWeight: Float = 1
  /// Said without meaning anything.
  private static let fillers: Set<String> = [
    "um", "oh", "so", "well", "please", "okay", "excuse", "sorry", "just", "the", "a", "an", "and",
  ]

  init(_ book: Phrasebook) {
    var numbers: [String: UInt16] = [:]
    var wishes: [Set<String>] = []
    var tokens: [[UInt16]] = []
    for phrase in book.phrases {
      var line: [UInt16] = []
      for word in PhraseMatcher.tokens(phrase.words).words {
        let number = numbers[word] ?? UInt16(wishes.count)
        if Int(number) == wishes.count {
          numbers[word] = number
          wishes.append([])
        }
        wishes[Int(number)].insert(phrase.intent.name)
        line.append(number)
      }
      tokens.append(line)
    }
    // As for search engines: the fewer wishes use a word, the more it tells.
    let all = Float(Set(book.phrases.map { $0.intent.name }).count)
    let weights = wishes.map { log2(all / Float($0.count)) / log2(all) + 0.1 }
    self.numbers = numbers
    self.weights = weights
    known = zip(book.phrases, tokens).map { phrase, words in
      Known(
        words: words, weight: words.reduce(0) { $0 + weights[Int($1)] }, intent: phrase.intent)
    }
  }

  func best(_ heard: [Recognition.Segment]) -> Understanding.Finding? {
    let (tokens, sources, number) = PhraseMatcher.tokens(heard.map { $0.word ?? "" })
    var words: [UInt16] = []
    var sureness: [Float] = []
    var total: Float = 0
    for (token, source) in zip(tokens, sources) where !PhraseMatcher.fillers.contains(token) {
      let word = numbers[token]
      total += word.map { weights[Int($0)] } ?? PhraseMatcher.strangerWeight
      guard let word else { continue }
      words.append(word)
      sureness.append(heard[source].confidence)
    }
    guard !words.isEmpty else { return nil }
    var best: Understanding.Finding?
    var row = [Float](repeating: 0, count: words.count + 1)
    for phrase in known {
      // What it could be at most, before the costly comparison.
      let most = 2 * min(total, phrase.weight) / (total + phrase.weight)
      if let best, best.likeness >= most { continue }
      let shared = shared(words, sureness, phrase.words, &row)
      let likeness = 2 * shared / (total + phrase.weight)
      if likeness > best?.likeness ?? 0 { best = .init(intent: phrase.intent, likeness: likeness) }
    }
    if let found = best, case .volume = found.intent {
      guard let number else { return nil }
      return .init(intent: .volume(number), likeness: found.likeness)
    }
    return best
  }

  /// The weight of the words both have in the same order.
  private func shared(
    _ heard: [UInt16], _ sureness: [Float], _ phrase: [UInt16], _ row: inout [Float]
  ) -> Float {
    for index in row.indices { row[index] = 0 }
    for word in phrase {
      var diagonal: Float = 0
      for index in heard.indices {
        let above = row[index + 1]
        if heard[index] == word {
          row[index + 1] = max(above, diagonal + weights[Int(word)] * sureness[index])
        } else {
          row[index + 1] = max(above, row[index])
        }
        diagonal = above
      }
    }
    return row[heard.count]
  }

  /// Words with every number as `#`, where each came from, and the last number.
  private static func tokens(_ words: [String]) -> (
    words: [String], sources: [Int], number: Int?
  ) {
    var tokens: [String] = []
    var sources: [Int] = []
    var number: Int?
    var index = 0
    while index < words.count {
      sources.append(index)
      if let (value, count) = NumberWords.read(words, at: index) {
        tokens.append("#")
        number = value
        index += count
      } else {
        tokens.append(words[index])
        index += 1
      }
    }
    return (tokens, sources, number)
  }
}
