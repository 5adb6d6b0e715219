import Testing

@testable import CloudAgent

@Suite struct PersonaTests {
  private func answer(_ intent: Intent?, _ memory: Memory = Memory()) -> Answer {
    Persona.answer(intent, isAudible: true, memory: memory)
  }

  private func told(_ sentences: [String]) -> Memory {
    var memory = Memory()
    memory.answers(Answer(sentences: sentences), turn: 1, wish: "history")
    return memory
  }

  @Test func everyPlaceHasItsOwnWay() {
    let ways = Place.allCases.map { answer(.place($0)).sentences }
    #expect(Set(ways).count == Place.allCases.count)
  }

  /// Twenty to thirty seconds at 170 words a minute: worth interrupting.
  @Test func theLongStoriesAreLong() {
    for intent in [Intent.exhibition, .history] {
      let words = answer(intent).sentences.joined(separator: " ").split(separator: " ").count
      #expect((65...110).contains(words))
    }
  }

  @Test func louderAndQuieterStepFromWhereTheVolumeIs() {
    var memory = Memory()
    let up = answer(.louder, memory)
    #expect(up.volume == 85)
    memory.answers(up, turn: 1, wish: "louder")
    #expect(answer(.louder, memory).volume == 100)
    #expect(answer(.quieter, memory).volume == 70)
  }

  @Test func theVolumeStaysWithinItsBounds() {
    var memory = Memory()
    memory.answers(answer(.volume(100)), turn: 1, wish: "volume")
    #expect(answer(.louder, memory).volume == 100)
    memory.answers(answer(.volume(0)), turn: 2, wish: "volume")
    #expect(answer(.quieter, memory).volume == 0)
  }

  @Test func repeatSaysAllOfIt() {
    var memory = told(["One.", "Two."])
    memory.heard("One.", rest: ["Two."], of: .topic)
    #expect(answer(.again, memory).sentences == ["One.", "Two."])
  }

  @Test func goOnSaysWhatWasNotHeard() {
    var memory = told(["One.", "Two."])
    memory.heard("One.", rest: ["Two."], of: .topic)
    #expect(answer(.goOn, memory).sentences == ["Two."])
  }

  @Test func aWordInPassingDoesNotEndTheStory() {
    var memory = told(["One.", "Two."])
    memory.heard("One.", rest: ["Two."], of: .topic)
    memory.answers(answer(.louder, memory), turn: 2, wish: "louder")
    memory.heard("I will speak up.", rest: [], of: .aside)
    #expect(answer(.goOn, memory).sentences == ["Two."])
  }

  @Test func whenAllWasHeardThereIsNothingToGoOnWith() {
    var memory = told(["One."])
    memory.heard("One.", rest: [], of: .topic)
    #expect(answer(.goOn, memory).weight == .aside)
  }

  @Test func withNothingSaidThereIsNothingToRepeat() {
    #expect(answer(.again).weight == .aside)
  }

  @Test func helpComesAfterTheSecondMiss() {
    var memory = Memory()
    var said: [[String]] = []
    for _ in 0..<3 {
      memory.asked(nil)
      said.append(answer(nil, memory).sentences)
    }
    #expect(Set(said).count == 3)
    memory.asked(.hours)
    memory.asked(nil)
    #expect(answer(nil, memory).sentences == said[0])
  }

  @Test func notHearingIsNotTheSameAsNotUnderstanding() {
    let deaf = Persona.answer(nil, isAudible: false, memory: Memory())
    #expect(deaf.sentences != answer(nil).sentences)
  }

  @Test func onlyTheLatestExchangesAreKept() {
    var memory = Memory()
    for turn in 1...50 { memory.answers(answer(.thanks), turn: UInt32(turn), wish: "thanks") }
    #expect(memory.exchanges.count == Memory.longest)
    #expect(memory.exchanges.last?.turn == 50)
  }
}
