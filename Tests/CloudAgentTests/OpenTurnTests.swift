import Testing
import VoiceCore

@testable import CloudAgent

/// What the agent does about a turn before it is committed, and about one that was none.
@Suite struct OpenTurnTests {
  private var script = SessionScript()

  init() { script.hello() }

  private mutating func begin(_ number: UInt32, cause: TurnCause = .speech) {
    script.device(.turnStart(TurnID(number), preRoll: .zero, cause: cause))
    script.device(.turnAudio(TurnID(number), packet: SessionScript.packet60, at: .zero))
  }

  private func replies(to turn: UInt32) -> [Downstream] {
    script.sentMessages.filter {
      if case .replyStart(_, TurnID(turn), _) = $0 { true } else { false }
    }
  }

  private func glimpse(_ words: String, _ hint: TurnHint) -> AgentEvent {
    .glimpsed(TurnID(1), .init(words: Spoken(words), hint: hint), upTo: .milliseconds(60))
  }

  @Test mutating func aProbableEndIsLookedAtAndAnsweredOnlyWhenItIsCertain() {
    begin(1)
    #expect(
      script.device(.turnEagerEnd(TurnID(1), revision: 0, audio: .milliseconds(60))) == [
        .work(.guess(TurnID(1), revision: 0, upTo: .milliseconds(60)))
      ])
    #expect(
      script.on(glimpse("where are the", .unfinished)) == [
        .send(.transcript(TurnID(1), Spoken("where are the"), isFinal: false)),
        .send(.hint(TurnID(1), .unfinished, upTo: .milliseconds(60))),
      ])
    #expect(
      script.device(.turnResumed(TurnID(1), revision: 1)) == [
        .work(.resume(TurnID(1), revision: 1))
      ])
    #expect(replies(to: 1).isEmpty)
    script.device(.turnCommit(TurnID(1), audio: .milliseconds(60), reason: .endpoint))
    script.understood(1, .hours)
    #expect(replies(to: 1).count == 1)
  }

  @Test mutating func aHintThatComesTooLateIsNotSent() {
    begin(1)
    script.device(.turnEagerEnd(TurnID(1), revision: 0, audio: .milliseconds(60)))
    script.device(.turnCommit(TurnID(1), audio: .milliseconds(60), reason: .endpoint))
    #expect(script.on(glimpse("hello", .complete)).isEmpty)
  }

  @Test mutating func whoKnowsNothingSaysNothing() {
    begin(1)
    #expect(script.on(glimpse("", .none)).isEmpty)
  }

  @Test mutating func anInterruptionThatWasNoneLeadsToTheRestOfTheAnswer() {
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    begin(2, cause: .bargeIn)
    script.device(.turnCancel(TurnID(2), reason: .tooShort))
    let effects = script.device(.unmute(ReplyID(1), played: .milliseconds(2_100)))
    // It answers the same turn.
    #expect(effects.contains(.send(.replyStart(ReplyID(2), answering: TurnID(1)))))
    let sentences = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(effects.contains(.speak(ReplyID(2), sentences[2])), "from the clause that was cut")
  }

  @Test mutating func anInterruptionWithoutWordsLeadsToTheRestOfTheAnswer() {
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    script.turn(2, cause: .bargeIn)
    let effects = script.understood(2, nil, "")
    #expect(effects.contains(.send(.replyStart(ReplyID(2), answering: TurnID(2)))))
    let sentences = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(effects.contains(.speak(ReplyID(2), sentences[2])))
  }

  @Test mutating func aTurnWithoutWordsThatInterruptedNothingIsAskedForAgain() {
    script.turn(1)
    let effects = script.understood(1, nil, "")
    #expect(effects.contains(.speak(ReplyID(1), "Sorry, I could not hear you.")))
  }

  @Test mutating func afterAnAnswerThatWasHeardWholeThereIsNothingToGoOnWith() {
    script.turn(1)
    script.understood(1, .thanks)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .seconds(1)))
    #expect(script.device(.unmute(ReplyID(1), played: .seconds(1))).isEmpty)
  }

  @Test mutating func goingOnWhileSomebodySpeaksWouldBeRude() {
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    begin(2)
    #expect(script.device(.unmute(ReplyID(1), played: .milliseconds(2_100))).isEmpty)
  }

  // MARK: Whether more will come

  private static let matcher = PhraseMatcher(.kiosk)

  private func hint(_ words: String) -> TurnHint {
    Completeness.hint(words.split(separator: " ").map(String.init), OpenTurnTests.matcher)
  }

  @Test func wholeWishesAreComplete() {
    for words in [
      "where are the toilets", "what are your opening hours", "what can you do", "thank you",
      "set the volume to fifty", "excuse me where is the cafe please",
    ] {
      #expect(hint(words) == .complete, "\(words)")
    }
  }

  @Test func whatLeansOnMoreIsUnfinished() {
    for words in [
      "where are the", "tell me about the", "i would like to see the ships and", "where is",
      "my number is four seven", "the train to", "um",
    ] {
      #expect(hint(words) == .unfinished, "\(words)")
    }
  }

  @Test func whatCouldBeEitherIsLeftToThePauses() {
    for words in ["", "where", "my brother bought a bicycle", "potatoes"] {
      #expect(hint(words) == .none, "\(words)")
    }
  }

  @Test func noWholeWishIsTakenForUnfinished() {
    for phrase in Phrasebook.kiosk.phrases {
      let words = phrase.words.map { $0 == "#" ? "fifty" : $0 }
      #expect(Completeness.hint(words, OpenTurnTests.matcher) != .unfinished, "\(words)")
    }
  }
}
