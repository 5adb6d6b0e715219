import Testing

@testable import CloudAgent

@Suite struct LanguageModelTests {
  /// Probability of each word after a context, read back from the text.
  private func probabilities(_ arpa: String, length: Int) -> [(words: [String], value: Double)] {
    var found: [(words: [String], value: Double)] = []
    var isInside = false
    for line in arpa.split(separator: "\n") {
      if line.hasPrefix("\\") { isInside = line == "\\\(length)-grams:" }
      let fields = line.split(separator: " ").map { String($0) }
      guard isInside, fields.count > length, let logarithm = Double(fields[0]) else { continue }
      found.append((Array(fields[1...length]), power(logarithm)))
    }
    return found
  }

  /// 10 to the power of `x`, by halving: tests need no C library.
  private func power(_ x: Double) -> Double {
    var value = 1.0
    var term = 1.0
    let y = x * 2.302585092994046 / 1_024
    for index in 1...12 {
      term *= y / Double(index)
      value += term
    }
    for _ in 0..<10 { value *= value }
    return value
  }

  private func model() -> String {
    var model = LanguageModel()
    model.learn(["where", "is", "it"], weight: 2)
    model.learn(["where", "are", "you"], weight: 1)
    return String(decoding: model.arpa(everyday: ["you", "house", "tree"]), as: UTF8.self)
  }

  @Test func singleWordsShareOne() {
    let sum = probabilities(model(), length: 1).reduce(0) { $0 + $1.value }
    #expect(abs(sum - 1) < 0.01)
  }

  @Test func wordsAfterAWordLeaveALittleForOthers() {
    let after = probabilities(model(), length: 2).filter { $0.words[0] == "where" }
    #expect(after.count == 2)
    let sum = after.reduce(0) { $0 + $1.value }
    #expect(sum > 0.9 && sum < 0.99)
  }

  @Test func whatIsSaidMoreOftenIsExpectedMore() throws {
    let pairs = probabilities(model(), length: 2)
    let often = try #require(pairs.first { $0.words == ["where", "is"] })
    let seldom = try #require(pairs.first { $0.words == ["where", "are"] })
    #expect(abs(often.value / seldom.value - 2) < 0.05)
  }

  @Test func everydayWordsAreWordsToo() {
    let words = probabilities(model(), length: 1).map { $0.words[0] }
    #expect(words.contains("tree"))
    // Once, though the sentences have it too.
    #expect(words.filter { $0 == "you" }.count == 1)
  }
}
