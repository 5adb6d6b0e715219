import Testing

@testable import CloudAgent

@Suite struct PatternTests {
  private func sentences(_ pattern: String) -> [String] {
    Pattern.expand(pattern) { _ in ["car park", "lift"] }.map { $0.joined(separator: " ") }
  }

  @Test func aPlainSentenceStandsForItself() {
    #expect(sentences("where is it") == ["where is it"])
  }

  @Test func alternativesAndOptionsMultiply() {
    #expect(
      sentences("(open|close) [the] door") == [
        "open the door", "open door", "close the door", "close door",
      ])
  }

  @Test func anOptionMayHaveAlternativesOfSeveralWords() {
    #expect(sentences("[good day|hi] you") == ["good day you", "hi you", "you"])
  }

  @Test func aListIsPutInItsPlace() {
    #expect(sentences("the {place} please") == ["the car park please", "the lift please"])
  }

  @Test func theWeightIsNoWord() {
    #expect(sentences("/0.1/ who are you") == ["who are you"])
  }

  @Test func everyPatternOfTheKioskExpands() {
    let phrases = Phrasebook.kiosk.phrases
    #expect(phrases.count > 1_000)
    #expect(phrases.allSatisfy { !$0.words.isEmpty && !$0.words.contains("") })
  }

  @Test func noSentenceOfTheKioskMeansTwoThings() {
    var meanings: [String: String] = [:]
    for phrase in Phrasebook.kiosk.phrases {
      let sentence = phrase.words.joined(separator: " ")
      let known = meanings[sentence] ?? phrase.intent.name
      #expect(known == phrase.intent.name, "\(sentence)")
      meanings[sentence] = phrase.intent.name
    }
  }
}

@Suite struct NumberWordsTests {
  @Test func everyNumberIsReadBackAsItIsSaid() {
    for number in 0...100 {
      let words = NumberWords.words(number)
      let read = NumberWords.read(words, at: 0)
      #expect(read?.number == number)
      #expect(read?.count == words.count)
    }
  }

  @Test func aNumberEndsWhereAnotherWordBegins() throws {
    let read = try #require(NumberWords.read(["to", "twenty", "percent"], at: 1))
    #expect(read.number == 20)
    #expect(read.count == 1)
    #expect(NumberWords.read(["to", "twenty"], at: 0) == nil)
  }
}
