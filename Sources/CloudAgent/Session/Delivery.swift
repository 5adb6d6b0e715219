internal import ESpeak
internal import VoiceCore

/// Where each word of a reply lies in its sound: turns a played position into words that were heard
/// and words that were not.
struct Delivery: Equatable, Sendable {
  private(set) var sentences: [String]
  private var starts: [SampleSpan] = []
  private var marks: [[Synthesizer.Mark]] = []
  private(set) var length = SampleSpan.zero
  private(set) var finished = 0

  init(_ sentences: [String]) { self.sentences = sentences }

  var isComplete: Bool { finished == sentences.count }

  /// Where a sentence begins, if it was begun.
  func start(of sentence: Int) -> SampleSpan? {
    sentence < starts.count ? starts[sentence] : nil
  }

  /// Leaves out the sentences after so many, also what was made of them.
  mutating func leaveOut(after count: Int) {
    if let start = start(of: count) {
      length = start
      starts.removeLast(starts.count - count)
      marks.removeLast(marks.count - count)
    }
    sentences.removeLast(sentences.count - count)
    finished = min(finished, count)
  }

  /// Takes the next stretch; true when it is the first of its sentence.
  mutating func add(_ speech: Speech) -> Bool {
    guard !isComplete else { return false }
    let isFirst = starts.count == finished
    if isFirst {
      starts.append(length)
      marks.append([])
    }
    marks[finished] += speech.marks
    length += speech.length
    if speech.isEndOfSentence { finished += 1 }
    return isFirst
  }

  /// What was heard when `played` of the sound had been, and how one would go on: from the start of
  /// the clause that was cut, because half a clause makes no sense to a listener.
  func heard(played: SampleSpan) -> (text: String, rest: [String]) {
    if isComplete, played >= length { return (sentences.joined(separator: " "), []) }
    guard let current = starts.lastIndex(where: { $0 <= played }), played > .zero else {
      return ("", sentences)
    }
    let characters = Array(sentences[current].unicodeScalars)
    // A word was heard when the next one has begun.
    let within = played - starts[current]
    let begun = marks[current].filter { $0.at <= within }.map { $0.character }
    let hasNext = current + 1 < starts.count
    let isOver = current < finished && !hasNext && played >= length
    let cut = isOver ? characters.count : min(begun.max() ?? 0, characters.count)
    var text = sentences[..<current].map { $0 + " " }.joined()
    text += string(characters[..<cut])
    while text.last == " " { text.removeLast() }
    var rest = Array(sentences[(current + 1)...])
    let clause = clauseStart(before: cut, in: characters)
    if clause < characters.count { rest.insert(sentence(characters[clause...]), at: 0) }
    return (text, rest)
  }

  private func clauseStart(before cut: Int, in text: [Unicode.Scalar]) -> Int {
    guard cut < text.count else { return text.count }
    var place = min(cut, text.count - 1)
    while place >= 2 {
      if text[place - 1] == " ", [",", ";", ":"].contains(text[place - 2]) { return place }
      place -= 1
    }
    return 0
  }

  private func sentence(_ text: ArraySlice<Unicode.Scalar>) -> String {
    let words = string(text)
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  private func string(_ text: ArraySlice<Unicode.Scalar>) -> String {
    var string = String.UnicodeScalarView()
    string.append(contentsOf: text)
    return String(string)
  }
}
