internal import CPocketSphinx

/// How the words of one vocabulary are pronounced: the part of the model's dictionary that is
/// needed, so that a decoder costs megabytes instead of tens of them.
public struct Pronunciations: Sendable {
  /// Dictionary lines, `word phone phone …`, alternatives as `word(2) …`.
  let text: [UInt8]

  /// - Parameters:
  ///   - own: pronunciations the model's dictionary lacks, `(word, "phone phone …")`.
  ///   - variants: further ways to say the same phones, for accents.
  public static func of(
    _ words: some Sequence<String>, from model: AcousticModel,
    own: [(word: String, phones: String)],
    variants: ([String]) -> [[String]]
  ) throws(RecogniserError) -> Pronunciations {
    try model.check()
    var ways: [String: [[String]]] = [:]
    for word in words { ways[word] = [] }
    for (word, phones) in own { add(phones, to: word, in: &ways) }
    guard let file = fopen(model.dictionaryFile, "re") else {
      throw .modelMissing(file: model.dictionaryFile)
    }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var room = 0
    defer { free(line) }
    while getline(&line, &room, file) >= 0 {
      guard let line, let gap = strchr(line, 32) else { continue }
      // "word(2)" is another way to say "word".
      let end = strchr(line, 40).map { min($0, gap) } ?? gap
      let word = String(
        decoding: UnsafeRawBufferPointer(start: line, count: end - line), as: UTF8.self)
      guard ways[word] != nil else { continue }
      add(String(cString: gap), to: word, in: &ways)
    }
    let missing = ways.filter { $0.value.isEmpty }.map { $0.key }.sorted()
    guard missing.isEmpty else { throw .unpronounceable(words: missing) }

    var text = ""
    for (word, known) in ways.sorted(by: { $0.key < $1.key }) {
      var all: [[String]] = []
      for phones in known {
        for way in [phones] + variants(phones) where !all.contains(way) { all.append(way) }
      }
      for (index, phones) in all.enumerated() {
        let name = index == 0 ? word : "\(word)(\(index + 1))"
        text += "\(name) \(phones.joined(separator: " "))\n"
      }
    }
    return Pronunciations(text: Array(text.utf8))
  }

  private static func add(_ phones: String, to word: String, in ways: inout [String: [[String]]]) {
    ways[word]?.append(phones.split { $0 == " " || $0.isNewline }.map { String($0) })
  }
}
