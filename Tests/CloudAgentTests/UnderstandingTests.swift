import PocketSphinx
import Testing

@testable import CloudAgent

@Suite struct UnderstandingTests {
  private let understanding = Understanding(.kiosk)

  /// Words of 20 frames each; `fit` is per frame.
  private func heard(_ words: String, confidence: Float = 1, fit: Float = -10) -> Recognition {
    var segments: [Recognition.Segment] = []
    for (index, word) in words.split(separator: " ").enumerated() {
      segments.append(
        .init(
          word: String(word), frames: index * 20..<index * 20 + 20, fit: fit * 20,
          confidence: confidence))
    }
    return Recognition(segments: segments)
  }

  private func find(_ words: String) -> Intent? {
    understanding.find(grammar: heard(words), everyday: heard(words))
  }

  @Test func aPhraseIsUnderstood() {
    #expect(find("what are your opening hours") == .hours)
    #expect(find("where is the car park") == .place(.parking))
    #expect(find("tell me about the exhibition") == .exhibition)
  }

  @Test func courtesiesAroundItChangeNothing() {
    #expect(find("excuse me can you tell me where the toilets are please") == .place(.toilets))
    #expect(find("stop where is the cafe") == .place(.cafe))
  }

  @Test func theNumberOfAVolumeIsTheOneThatWasSaid() {
    #expect(find("set the volume to thirty five percent") == .volume(35))
    #expect(find("volume one hundred") == .volume(100))
  }

  @Test func whenBothHearTheSameItIsTakenThoughTheSoundFitsBadly() {
    let grammar = heard("where are the toilets", fit: -28)
    let everyday = heard("where are the toilets", confidence: 0.6, fit: -10)
    #expect(understanding.find(grammar: grammar, everyday: everyday) == .place(.toilets))
  }

  @Test func aForcedSentenceIsNotUnderstood() {
    let grammar = heard("do you know when are you open", fit: -40)
    let everyday = heard("the weather has been very bad", confidence: 0.6, fit: -10)
    #expect(understanding.find(grammar: grammar, everyday: everyday) == nil)
  }

  @Test func whatFitsTheSoundAsWellAsAnyWordsIsTaken() {
    let grammar = heard("stop", fit: -12)
    let everyday = heard("shop", confidence: 0.2, fit: -10)
    #expect(understanding.find(grammar: grammar, everyday: everyday) == .stop)
  }

  @Test func clearEverydayHearingOverrulesTheGrammar() {
    let grammar = heard("who are you", fit: -11)
    let everyday = heard("how much is a ticket", fit: -10)
    #expect(understanding.find(grammar: grammar, everyday: everyday) == .tickets)
  }

  @Test func theWayToSomethingUnknownIsAWishOfItsOwn() {
    let grammar = heard("where is the tower", fit: -40)
    let everyday = heard("where is my brother", fit: -10)
    #expect(understanding.find(grammar: grammar, everyday: everyday) == .somewhere)
  }

  @Test func silenceIsNothing() {
    #expect(understanding.find(grammar: .nothing, everyday: .nothing) == nil)
  }

  @Test func strainIsTheDifferencePerFrameOfSpeech() {
    let one = heard("where is it", fit: -16)
    let other = heard("where is it", fit: -10)
    #expect(abs(Understanding.strain(of: one, against: other) - 6) < 0.01)
    #expect(Understanding.strain(of: .nothing, against: .nothing) == 0)
  }

  /// A library's word for the place of a segment is not trusted for an array's size.
  @Test func absurdFramesDoNoHarm() {
    let absurd = Recognition(segments: [
      .init(word: "stop", frames: 0..<Int(Int32.max), fit: -1)
    ])
    #expect(Understanding.strain(of: absurd, against: .nothing) == 0)
  }

  @Test func everyPhraseOfTheBookIsFoundWordForWord() {
    let matcher = PhraseMatcher(.kiosk)
    for (index, phrase) in Phrasebook.kiosk.phrases.enumerated() where index % 37 == 0 {
      let words = phrase.words.flatMap { $0 == "#" ? ["twenty"] : [$0] }
      let found = matcher.best(heard(words.joined(separator: " ")).spoken)
      let wanted = phrase.intent == .volume(0) ? Intent.volume(20) : phrase.intent
      #expect(found?.intent == wanted, "\(words)")
    }
  }
}

@Suite struct AccentTests {
  @Test func theRThatIsNotSaidIsLeftOut() {
    #expect(Accent.british(["K", "AA", "R"]) == [["K", "AA"]])
    #expect(Accent.british(["L", "AW", "D", "ER"]) == [["L", "AW", "D", "AH"]])
  }

  @Test func theRBeforeAVowelStays() {
    #expect(Accent.british(["S", "T", "AO", "R", "IY"]).isEmpty)
    #expect(Accent.british(["R", "EH", "D"]).isEmpty)
  }
}
