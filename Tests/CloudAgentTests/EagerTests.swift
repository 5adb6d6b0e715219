import ESpeak
import Testing
import VoiceCore

@testable import CloudAgent

/// The answer that is ready before the turn is over.
@Suite struct EagerTests {
  private var script = SessionScript()
  private let turn = TurnID(1)

  init() { script.hello() }

  private mutating func speak(_ packets: Int = 1, from first: Int = 0) {
    for index in first..<first + packets {
      script.device(
        .turnAudio(
          turn, packet: SessionScript.packet60, at: .milliseconds(Int64(index) * 60)))
    }
  }

  private mutating func pause(_ revision: Int = 0) {
    script.device(.turnEagerEnd(turn, revision: revision, audio: .milliseconds(60)))
  }

  @discardableResult
  private mutating func guess(
    _ intent: Intent?, _ words: String = "w", revision: Int = 0
  ) -> [AgentEffect] {
    script.on(.guessed(turn, revision: revision, .init(intent: intent, words: Spoken(words))))
  }

  private mutating func commit(_ revision: Int = 0) -> [AgentEffect] {
    script.device(
      .turnCommit(turn, revision: revision, audio: .milliseconds(60), reason: .endpoint))
  }

  private mutating func begin(cause: TurnCause = .speech) {
    script.device(.turnStart(turn, preRoll: .zero, cause: cause))
    speak()
  }

  private var sounded: Bool {
    script.sentMessages.contains { if case .replyAudio = $0 { true } else { false } }
  }

  @Test mutating func theAnswerIsMadeHeldBackAndReleasedByTheCommit() {
    begin()
    pause()
    let made = guess(.hours)
    #expect(made.count == 1)
    guard case .work(.speak(let reply, _))? = made.first else {
      Issue.record("nothing is made")
      return
    }
    #expect(script.on(.spoke(reply, Speech(packets: [[1], [2]]))).isEmpty, "held back")
    #expect(script.sentMessages.count == 1, "only the welcome")
    let released = commit()
    #expect(
      released == [
        .forget(turn), .send(.transcript(turn, Spoken("w"), isFinal: true)),
        .send(.replyStart(reply, answering: turn, revision: 0)),
        .send(
          .replyText(
            reply,
            Spoken(Persona.answer(.hours, isAudible: true, memory: Memory()).sentences[0]),
            at: .zero)),
        .send(.replyAudio(reply, packet: [1])), .send(.replyAudio(reply, packet: [2])),
      ])
  }

  @Test mutating func goingOnToSpeakThrowsItAway() {
    begin()
    pause()
    guess(.hours)
    #expect(
      script.device(.turnResumed(turn, revision: 1)) == [
        .hush(ReplyID(1)), .work(.resume(turn, revision: 1)),
      ])
    // What the voice had under way goes nowhere.
    #expect(script.on(.spoke(ReplyID(1), Speech(packets: [[1]]))).isEmpty)
    speak(from: 1)
    #expect(commit(1) == [.understand(turn)])
    let effects = script.understood(1, .tickets)
    #expect(effects.contains(.send(.replyStart(ReplyID(2), answering: turn, revision: 1))))
    #expect(!sounded)
  }

  @Test mutating func aGuessOfAnEarlierRevisionIsNotUsed() {
    begin()
    pause()
    script.device(.turnResumed(turn, revision: 1))
    #expect(guess(.hours, revision: 0).isEmpty)
    pause(1)
    #expect(guess(.hours, revision: 0).isEmpty)
    guess(.tickets, revision: 1)
    let effects = commit(1)
    #expect(effects.contains(.send(.replyStart(ReplyID(1), answering: turn, revision: 1))))
  }

  /// The codec knows whether the device named a revision; here 0 is 0.
  @Test mutating func aCommitOfTheFirstRevisionIsNotTakenForOneOfALater() {
    begin()
    pause()
    script.device(.turnResumed(turn, revision: 1))
    pause(1)
    guess(.tickets, revision: 1)
    #expect(commit(0) == [.hush(ReplyID(1)), .understand(turn)])
    let effects = script.understood(1, .hours)
    #expect(effects.contains(.send(.replyStart(ReplyID(2), answering: turn, revision: 0))))
  }

  @Test mutating func aGuessThatComesAfterTheCommitIsTheAnswer() {
    begin()
    pause()
    #expect(commit() == [.understand(turn)])
    let effects = guess(.hours)
    #expect(effects.first == .forget(turn))
    #expect(effects.contains(.send(.replyStart(ReplyID(1), answering: turn))))
    // And the same again from the ear is not.
    #expect(script.understood(1, .hours).isEmpty)
  }

  @Test mutating func nothingIsDoneBeforeTheCommit() {
    begin()
    pause()
    guess(.volume(30))
    #expect(!script.sentMessages.contains(.setVolume(30)))
    #expect(script.session.memory == Memory())
    script.device(.turnCancel(turn, reason: .tooShort))
    #expect(script.session.memory == Memory())
    #expect(script.log.suffix(2) == [.hush(ReplyID(1)), .forget(turn)])
    script.turn(2)
    #expect(script.understood(2, .louder).contains(.send(.setVolume(85))), "from 70, not from 30")
  }

  @Test mutating func theVolumeComesWithTheCommit() {
    begin()
    pause()
    guess(.volume(30))
    #expect(commit().contains(.send(.setVolume(30))))
  }

  @Test mutating func whatIsHeardMeanwhileChangesTheAnswer() {
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.turnStart(TurnID(2), preRoll: .zero, cause: .speech))
    script.device(.turnEagerEnd(TurnID(2), revision: 0, audio: .zero))
    // "Go on": as far as is known now, all five sentences are left.
    script.on(.guessed(TurnID(2), revision: 0, .init(intent: .goOn, words: Spoken("go on"))))
    script.device(
      .playback(ReplyID(1), played: .milliseconds(2_100), buffered: .zero, state: .playing))
    let effects = script.device(
      .turnCommit(TurnID(2), revision: 0, audio: .zero, reason: .endpoint))
    #expect(effects.contains(.hush(ReplyID(2))), "the prepared one is outdated")
    let story = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(effects.contains(.speak(ReplyID(3), story[2])))
  }

  @Test mutating func onlyOneSentenceIsMadeInAdvance() {
    begin()
    pause()
    guess(.history)
    script.voice()
    #expect(script.log.filter { if case .work(.speak) = $0 { true } else { false } }.count == 1)
    #expect(commit().contains { if case .work(.speak) = $0 { true } else { false } })
  }

  @Test mutating func aVoiceThatFailsInAdvanceIsAskedAgain() {
    begin()
    pause()
    guess(.hours)
    #expect(script.on(.voiceFailed(ReplyID(1))).isEmpty)
    #expect(commit().contains { if case .work(.speak(ReplyID(2), _)) = $0 { true } else { false } })
  }

  @Test mutating func aSecondGuessOfTheSameRevisionChangesNothing() {
    begin()
    pause()
    guess(.hours)
    #expect(guess(.tickets).isEmpty)
    pause()
    #expect(script.session.strays == 1)
  }

  @Test mutating func anInterruptionWithoutWordsPreparesNothing() {
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    script.device(.turnStart(TurnID(2), preRoll: .zero, cause: .bargeIn))
    script.device(.turnEagerEnd(TurnID(2), revision: 0, audio: .zero))
    #expect(
      script.on(.guessed(TurnID(2), revision: 0, .init(intent: nil, words: Spoken("")))).isEmpty)
    let effects = script.device(
      .turnCommit(TurnID(2), revision: 0, audio: .zero, reason: .endpoint))
    let story = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(effects.contains(.speak(ReplyID(2), story[2])))
  }

  @Test mutating func theEchoHasNothingToPrepare() {
    script = SessionScript(echo: [[1]])
    script.hello()
    begin()
    let before = script.log.count
    pause()
    #expect(script.log.count == before)
  }
}
