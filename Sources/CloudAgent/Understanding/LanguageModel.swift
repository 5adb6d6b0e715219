internal import VoiceCore

/// Which words follow which in the phrasebook's sentences: what the recogniser expects to hear.
///
/// A share of the probability goes to everyday words in any order. So speech about something else
/// comes out as those words, which match no phrase, instead of being bent into the nearest phrase.
struct LanguageModel {
  /// Probability kept at each step for words the phrases do not have there.
  private let openness = 0.05
  /// Share of everyday words where nothing is expected.
  private let everydayShare = 0.1

  private var names: [String] = []
  private var numbers: [String: Int] = [:]
  // Counts by up to three words; a word's number takes 16 bits.
  private var single: [UInt64: Double] = [:]
  private var pairs: [UInt64: Double] = [:]
  private var triples: [UInt64: Double] = [:]

  var words: [String] { names.filter { !$0.hasPrefix("<") } }

  init() {
    _ = number("<s>")
    _ = number("</s>")
  }

  mutating func learn(_ sentence: [String], weight: Double) {
    let path = [0] + sentence.map { number($0) } + [1]
    for index in 1..<path.count {
      let word = UInt64(path[index])
      let before = UInt64(path[index - 1])
      single[word, default: 0] += weight
      pairs[before << 16 | word, default: 0] += weight
      if index >= 2 {
        triples[UInt64(path[index - 2]) << 32 | before << 16 | word, default: 0] += weight
      }
    }
  }

  /// The model as ARPA text, base-10 logarithms.
  mutating func arpa(everyday: [String]) -> [UInt8] {
    let everyday = everyday.map { UInt64(number($0)) }
    let total = single.values.reduce(0, +)
    var first: [UInt64: Double] = [:]
    for (word, count) in single { first[word] = (1 - everydayShare) * count / total }
    for word in everyday { first[word, default: 0] += everydayShare / Double(everyday.count) }

    let second = spread(pairs) { first[$0 & 0xFFFF] ?? 0 }
    let third = spread(triples) { triple in
      // Whoever saw three words also saw the last two.
      second.probability[triple & 0xFFFF_FFFF] ?? 0
    }

    var text = "\\data\\\nngram 1=\(names.count)\nngram 2=\(second.probability.count)\n"
    text += "ngram 3=\(third.probability.count)\n\n\\1-grams:\n"
    for (index, name) in names.enumerated() {
      // Nothing follows its own beginning.
      let own = index == 0 ? -99 : logarithm(first[UInt64(index)] ?? 0)
      text += "\(own) \(name) \(logarithm(second.backoff[UInt64(index)] ?? 1))\n"
    }
    text += "\n\\2-grams:\n"
    for (pair, value) in second.probability.sorted(by: { $0.key < $1.key }) {
      text += "\(logarithm(value)) \(name(pair >> 16)) \(name(pair)) "
      text += "\(logarithm(third.backoff[pair] ?? 1))\n"
    }
    text += "\n\\3-grams:\n"
    for (triple, value) in third.probability.sorted(by: { $0.key < $1.key }) {
      text += "\(logarithm(value)) \(name(triple >> 32)) \(name(triple >> 16)) \(name(triple))\n"
    }
    return Array((text + "\n\\end\\\n").utf8)
  }

  /// Probabilities of the last word after the others, and what is left for words not seen there.
  private func spread(_ counts: [UInt64: Double], shorter: (UInt64) -> Double)
    -> (probability: [UInt64: Double], backoff: [UInt64: Double])
  {
    var totals: [UInt64: Double] = [:]
    var covered: [UInt64: Double] = [:]
    for (key, count) in counts {
      totals[key >> 16, default: 0] += count
      covered[key >> 16, default: 0] += shorter(key)
    }
    var probability: [UInt64: Double] = [:]
    for (key, count) in counts {
      probability[key] = (1 - openness) * count / (totals[key >> 16] ?? 1)
    }
    var backoff: [UInt64: Double] = [:]
    for (context, mass) in covered { backoff[context] = openness / max(1e-3, 1 - mass) }
    return (probability, backoff)
  }

  private func name(_ word: UInt64) -> String { names[Int(word & 0xFFFF)] }

  private mutating func number(_ word: String) -> Int {
    if let known = numbers[word] { return known }
    let fresh = names.count
    precondition(fresh <= 0xFFFF)
    numbers[word] = fresh
    names.append(word)
    return fresh
  }

  private func logarithm(_ value: Double) -> Float {
    value > 0 ? log2(Float(value)) * 0.30103 : -99
  }
}
