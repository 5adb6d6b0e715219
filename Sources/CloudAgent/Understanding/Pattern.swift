/// Ways to say one thing, written short: `[please] (open|close) the door`, `{place}` for a named
/// list of words, `#` for a number from 0 to 100. `/0.1/` in front makes it that much less expected
/// than others. Patterns are ours: a faulty one traps.
struct Pattern {
  /// One sentence; `#` stands for a number.
  typealias Sentence = [String]

  private let text: [Character]
  private let lists: (String) -> [String]

  /// Every sentence the pattern stands for.
  static func expand(_ text: String, lists: (String) -> [String] = { _ in [] }) -> [Sentence] {
    withoutActuallyEscaping(lists) { lists in
      var pattern = Pattern(text: Array(split(text).pattern), lists: lists)
      let sentences = pattern.alternatives()
      precondition(pattern.place == pattern.text.count, "unbalanced pattern \(text)")
      return sentences
    }
  }

  /// The pattern without its weight, and the weight.
  static func split(_ text: String) -> (weight: String?, pattern: String) {
    guard text.first == "/", let end = text.dropFirst().firstIndex(of: "/") else {
      return (nil, text)
    }
    return (String(text[...end]), String(text[text.index(after: end)...]))
  }

  private init(text: [Character], lists: @escaping (String) -> [String]) {
    self.text = text
    self.lists = lists
  }

  private var place = 0

  private mutating func alternatives() -> [Sentence] {
    var all = sequence()
    while place < text.count, text[place] == "|" {
      place += 1
      all += sequence()
    }
    return all
  }

  private mutating func sequence() -> [Sentence] {
    var sentences: [Sentence] = [[]]
    while place < text.count {
      let parts: [Sentence]
      switch text[place] {
      case " ":
        place += 1
        continue
      case ")", "]", "|": return sentences
      case "(": parts = group(until: ")")
      case "[": parts = group(until: "]") + [[]]
      case "{": parts = list()
      default: parts = [[word()]]
      }
      sentences = sentences.flatMap { start in parts.map { start + $0 } }
    }
    return sentences
  }

  private mutating func group(until end: Character) -> [Sentence] {
    place += 1
    let sentences = alternatives()
    precondition(place < text.count && text[place] == end, "missing \(end)")
    place += 1
    return sentences
  }

  private mutating func list() -> [Sentence] {
    place += 1
    let start = place
    while text[place] != "}" { place += 1 }
    let name = String(text[start..<place])
    place += 1
    return lists(name).flatMap { Pattern.expand($0) }
  }

  private mutating func word() -> String {
    let start = place
    while place < text.count, !" ()[]{}|".contains(text[place]) { place += 1 }
    return String(text[start..<place])
  }
}
