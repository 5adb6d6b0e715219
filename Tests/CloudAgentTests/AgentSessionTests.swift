import ESpeak
import Testing
import VoiceCore

@testable import CloudAgent

@Suite struct AgentSessionTests {
  // MARK: Hello

  @Test func helloIsWelcomed() {
    var script = SessionScript()
    #expect(
      script.hello() == [
        .send(.welcome(.init(session: "test", agent: "harbor-kiosk", longestTurn: .seconds(30))))
      ])
  }

  @Test func whoDoesNotSayHelloFirstIsSentAway() {
    var script = SessionScript()
    let effects = script.device(.turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    #expect(effects.last == .hangUp(code: 1008, reason: "hello_expected"))
    #expect(script.hello().isEmpty)
  }

  @Test func aSecondHelloIsOutOfOrder() {
    var script = SessionScript()
    script.hello()
    #expect(script.hello().last == .hangUp(code: 1008, reason: "out_of_order"))
  }

  @Test func aReplyBufferThatHoldsNothingIsRefused() {
    var script = SessionScript()
    #expect(
      script.hello(buffer: .milliseconds(100)).last == .hangUp(code: 1008, reason: "reply_buffer"))
  }

  // MARK: Turns

  @Test func aTurnIsHeardWhileItIsSpoken() {
    var script = SessionScript()
    script.hello()
    let id = TurnID(1)
    #expect(script.device(.turnStart(id, preRoll: .zero, cause: .speech)) == [.listen(id)])
    #expect(
      script.device(.turnAudio(id, packet: SessionScript.packet60, at: .zero)) == [
        .hear(id, packet: SessionScript.packet60, gap: .zero)
      ])
    #expect(
      script.device(.turnCommit(id, audio: .milliseconds(60), reason: .endpoint)) == [
        .understand(id)
      ])
  }

  @Test func lostSoundLeavesAHoleOfItsLength() {
    var script = SessionScript()
    script.hello()
    let id = TurnID(1)
    script.device(.turnStart(id, preRoll: .zero, cause: .speech))
    #expect(
      script.device(.turnAudio(id, packet: SessionScript.packet60, at: .milliseconds(120))) == [
        .hear(id, packet: SessionScript.packet60, gap: .milliseconds(120))
      ])
    // The same again, and one from before it.
    #expect(
      script.device(.turnAudio(id, packet: SessionScript.packet60, at: .milliseconds(120))).isEmpty)
    #expect(script.device(.turnAudio(id, packet: SessionScript.packet60, at: .zero)).isEmpty)
  }

  @Test func aHoleIsNeverLongerThanItsLimit() {
    var script = SessionScript()
    script.hello()
    let id = TurnID(1)
    script.device(.turnStart(id, preRoll: .zero, cause: .speech))
    #expect(
      script.device(.turnAudio(id, packet: SessionScript.packet60, at: .seconds(20))) == [
        .hear(id, packet: SessionScript.packet60, gap: OpenTurn.longestGap)
      ])
  }

  @Test func soundBeyondTheLongestTurnIsNotListenedTo() {
    var script = SessionScript(longestTurn: .milliseconds(100))
    script.hello()
    let id = TurnID(1)
    script.device(.turnStart(id, preRoll: .zero, cause: .speech))
    script.device(.turnAudio(id, packet: SessionScript.packet60, at: .zero))
    #expect(
      script.device(.turnAudio(id, packet: SessionScript.packet60, at: .milliseconds(60))).isEmpty)
  }

  @Test func whatIsNoOpusIsLeftOut() {
    var script = SessionScript()
    script.hello()
    script.device(.turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    #expect(script.device(.turnAudio(TurnID(1), packet: [], at: .zero)).isEmpty)
    #expect(script.session.strays == 1)
  }

  @Test func aCancelledTurnIsForgotten() {
    var script = SessionScript()
    script.hello()
    script.device(.turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    #expect(script.device(.turnCancel(TurnID(1), reason: .tooShort)) == [.forget(TurnID(1))])
    #expect(
      script.device(.turnCommit(TurnID(1), audio: .zero, reason: .endpoint)).isEmpty)
  }

  @Test func aNewTurnTakesThePlaceOfOneThatWasNeverCommitted() {
    var script = SessionScript()
    script.hello()
    script.device(.turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    #expect(
      script.device(.turnStart(TurnID(2), preRoll: .zero, cause: .speech)) == [
        .forget(TurnID(1)), .listen(TurnID(2)),
      ])
  }

  @Test func turnNumbersMustGrow() {
    var script = SessionScript()
    script.hello()
    script.turn(5)
    let effects = script.device(.turnStart(TurnID(5), preRoll: .zero, cause: .speech))
    guard case .send(.refused(let code, _, let isFatal, TurnID(5)))? = effects.first else {
      Issue.record("not refused")
      return
    }
    #expect(code == "turn_number")
    #expect(!isFatal)
  }

  @Test func aTurnThatFallsSilentGivesItsEarBack() {
    var script = SessionScript()
    script.hello()
    script.device(.turnStart(TurnID(1), preRoll: .zero, cause: .button))
    for _ in 1..<20 { #expect(script.on(.tick).isEmpty) }
    #expect(script.on(.tick).first == .forget(TurnID(1)))
    // Sound starts the wait anew.
    script.device(.turnStart(TurnID(2), preRoll: .zero, cause: .button))
    for _ in 1..<20 { script.on(.tick) }
    script.device(.turnAudio(TurnID(2), packet: SessionScript.packet60, at: .zero))
    #expect(script.on(.tick).isEmpty)
  }

  @Test func soundThatIsNotListenedToKeepsNoTurnOpen() {
    var script = SessionScript()
    script.hello()
    let id = TurnID(1)
    script.device(.turnStart(id, preRoll: .zero, cause: .speech))
    for second in 1...20 {
      if second == 10 {
        script.device(.turnAudio(id, packet: SessionScript.packet60, at: .seconds(3_500)))
      }
      let effects = script.on(.tick)
      #expect(effects.isEmpty == (second < 20))
    }
    #expect(script.refusals == ["turn_idle"])
  }

  @Test func aTurnThatNeverEndsIsGivenUp() {
    var script = SessionScript(longestTurn: .seconds(10))
    script.hello()
    let id = TurnID(1)
    script.device(.turnStart(id, preRoll: .zero, cause: .speech))
    // A packet every two seconds, far slower than speech.
    for second in 1..<30 {
      if second % 2 == 0 {
        let place = SampleSpan.milliseconds(Int64(second * 30))
        script.device(.turnAudio(id, packet: SessionScript.packet60, at: place))
      }
      script.on(.tick)
    }
    #expect(script.refusals.isEmpty)
    script.on(.tick)
    #expect(script.refusals == ["turn_idle"])
    #expect(script.log.contains(.forget(id)))
  }

  @Test func turnsThatWaitForTheirWordsAreFew() {
    var script = SessionScript()
    script.hello()
    for number in 1...AgentSession.mostThinking { script.turn(UInt32(number)) }
    let effects = script.turn(UInt32(AgentSession.mostThinking + 1))
    #expect(effects.first == .forget(TurnID(UInt32(AgentSession.mostThinking + 1))))
    guard
      case .send(.refused(let code, _, false, TurnID(UInt32(AgentSession.mostThinking + 1))))? =
        effects.last
    else {
      Issue.record("not refused")
      return
    }
    #expect(code == "too_many_turns")
  }

  // MARK: Replies

  @Test func anUnderstoodTurnIsAnsweredSentenceBySentence() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    let effects = script.understood(1, .hours, "when are you open")
    #expect(
      effects == [
        .send(.transcript(TurnID(1), Spoken("when are you open"), isFinal: true)),
        .send(.replyStart(ReplyID(1), answering: TurnID(1))),
        .speak(
          ReplyID(1),
          "We are open from ten in the morning until six in the evening, Tuesday to Sunday."),
      ])
    // The first sound leaves before the second sentence is made.
    let first = script.on(.spoke(ReplyID(1), Speech(packets: [[1], [2]])))
    #expect(first.count == 3)
    #expect(first.last == .send(.replyAudio(ReplyID(1), packet: [2])))
    guard case .send(.replyText(ReplyID(1), _, let place))? = first.first else {
      Issue.record("no text")
      return
    }
    #expect(place == .zero)
  }

  @Test func aReplyEndsAfterItsLastPacketWithItsLength() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .hours)
    script.voice()
    #expect(script.ends == [.replyEnd(ReplyID(1), .complete, audio: .seconds(3))])
    #expect(script.sound(of: 1) == .seconds(3))
  }

  @Test func aTurnNobodyUnderstoodIsAnsweredToo() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    #expect(
      script.understood(1, nil, "").contains(.send(.replyStart(ReplyID(1), answering: TurnID(1)))))
    #expect(!script.sentMessages.contains { if case .transcript = $0 { true } else { false } })
  }

  @Test func theVolumeGoesToTheDevice() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    #expect(script.understood(1, .volume(30)).contains(.send(.setVolume(30))))
  }

  @Test func nobodyWaitsForTheAnswerToATurnThatWasFollowedByAnother() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.device(.turnStart(TurnID(2), preRoll: .zero, cause: .speech))
    let effects = script.understood(1, .hours)
    #expect(effects == [.send(.transcript(TurnID(1), Spoken("w"), isFinal: true))])
  }

  @Test func whenTheVoiceFailsTheReplyEnds() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .hours)
    script.on(.voiceFailed(ReplyID(1)))
    #expect(script.ends == [.replyEnd(ReplyID(1), .failed, audio: .zero)])
  }

  // MARK: Room for unplayed sound

  @Test func nothingIsSentFurtherAheadThanTheDeviceHasRoom() {
    var script = SessionScript()
    script.hello(buffer: .seconds(2))
    script.turn(1)
    script.understood(1, .history)
    script.voice(seconds: 3)
    #expect(script.sound(of: 1) == .seconds(2))
    #expect(script.ends.isEmpty)
    script.device(
      .playback(ReplyID(1), played: .milliseconds(500), buffered: .zero, state: .playing))
    script.voice(seconds: 3)
    #expect(script.sound(of: 1) == .milliseconds(2_500))
  }

  /// Seeds that failed once become tests of their own.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
  func theRoomIsNeverOverrunWhateverTheDeviceReports(seed: Int) {
    var noise = Noise(seed: UInt64(seed))
    var script = SessionScript()
    let buffer = SampleSpan.milliseconds(Int64(300 + abs(noise.next()) * 100))
    script.hello(buffer: buffer)
    script.turn(1)
    script.understood(1, .history)
    var played = SampleSpan.zero
    for _ in 0..<600 {
      script.voice(seconds: 2)
      #expect(script.sound(of: 1) - played <= buffer, "seed \(seed)")
      let ahead = script.sound(of: 1) - played
      let step = min(ahead, .milliseconds(Int64(abs(noise.next()) * 9)))
      played += step
      // Sometimes it reports what it had reported long before.
      let told = noise.next() > 20 ? SampleSpan.milliseconds(40) : played
      script.device(.playback(ReplyID(1), played: told, buffered: .zero, state: .playing))
    }
    let sentences = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    let all = SampleSpan.seconds(Int64(2 * sentences.count))
    #expect(script.sound(of: 1) == all, "seed \(seed)")
    #expect(script.ends == [.replyEnd(ReplyID(1), .complete, audio: all)])
  }

  @Test func theVoiceIsNotAskedForMoreThanALittleAhead() {
    var script = SessionScript()
    script.hello(buffer: .milliseconds(300))
    script.turn(1)
    script.understood(1, .history)
    script.voice(seconds: 5)
    let asked = script.log.filter { if case .work(.speak) = $0 { true } else { false } }
    #expect(asked.count == 1)
  }

  // MARK: Interrupts

  @Test func anInterruptedReplyStopsAndIsAcknowledgedLast() {
    var script = SessionScript()
    script.hello(buffer: .seconds(2))
    script.turn(1)
    script.understood(1, .history)
    script.voice(seconds: 3)
    let effects = script.device(.interrupt(ReplyID(1), played: .seconds(1)))
    #expect(
      effects == [
        .hush(ReplyID(1)), .send(.replyEnd(ReplyID(1), .cancelled, audio: .seconds(2))),
        .send(.interruptAcknowledged(ReplyID(1))),
      ])
    // What the voice had under way goes nowhere.
    #expect(script.on(.spoke(ReplyID(1), Speech(packets: [[1]]))).isEmpty)
    let late = script.device(
      .playback(ReplyID(1), played: .seconds(1), buffered: .zero, state: .drained))
    #expect(late.isEmpty)
  }

  @Test func aReplyThatWasSentWholeEndsOnlyOnce() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .hours)
    script.voice()
    let effects = script.device(.interrupt(ReplyID(1), played: .seconds(1)))
    #expect(effects == [.send(.interruptAcknowledged(ReplyID(1)))])
    #expect(script.ends.count == 1)
  }

  @Test func aReplyThatIsNotPlayedEndsAtOnceAndWasNotSaid() {
    var script = SessionScript()
    script.hello(buffer: .seconds(2))
    script.turn(1)
    script.understood(1, .history)
    script.voice(seconds: 3)
    let muted = Upstream.playback(ReplyID(1), played: .zero, buffered: .zero, state: .muted)
    #expect(
      script.device(muted) == [
        .hush(ReplyID(1)), .send(.replyEnd(ReplyID(1), .cancelled, audio: .seconds(2))),
      ])
    #expect(script.session.isAtRest)
    #expect(script.session.memory.exchanges.last?.heard == "")
    // It ends once, however often that is said.
    #expect(script.device(muted).isEmpty)
    #expect(script.on(.drain(grace: .seconds(5))).isEmpty, "nothing is waited for")
  }

  @Test func aReplyThatIsHeldForAMomentGoesOn() {
    var script = SessionScript()
    script.hello(buffer: .seconds(2))
    script.turn(1)
    script.understood(1, .history)
    script.voice(seconds: 3)
    func told(_ state: PlaybackState, _ played: Int64, _ rest: Int64) -> Upstream {
      .playback(
        ReplyID(1), played: .milliseconds(played), buffered: .milliseconds(rest), state: state)
    }
    // As devices of versions 1.0 to 1.2 said it.
    script.device(told(.muted, 500, 1_500))
    #expect(script.ends.isEmpty)
    script.device(told(.playing, 1_000, 1_000))
    #expect(script.sound(of: 1) == .seconds(3))
  }

  @Test func aReplyThatWasMutedAfterAnInterruptCanStillBeGoneOnWith() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    script.device(
      .playback(ReplyID(1), played: .milliseconds(2_100), buffered: .zero, state: .muted))
    let effects = script.device(.unmute(ReplyID(1), played: .milliseconds(2_100)))
    #expect(effects.contains(.send(.replyStart(ReplyID(2), answering: TurnID(1)))))
  }

  @Test func anInterruptOfAReplyLongOverIsAcknowledged() {
    var script = SessionScript()
    script.hello()
    #expect(
      script.device(.interrupt(ReplyID(9), played: .zero)) == [
        .send(.interruptAcknowledged(ReplyID(9)))
      ])
  }

  @Test func itRemembersOnlyWhatWasHeard() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    let sentences = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(script.session.memory.exchanges.last?.heard == sentences[..<2].joined(separator: " "))
  }

  @Test func afterAnInterruptItGoesOnFromWhereItWasHeard() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    script.turn(2)
    let effects = script.understood(2, .goOn)
    let sentences = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(effects.last == .speak(ReplyID(2), sentences[2]))
  }

  @Test func goingOnCanBeInterruptedAndGoneOnWith() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    script.turn(2)
    script.understood(2, .goOn)
    script.voice()
    script.device(.interrupt(ReplyID(2), played: .milliseconds(1_100)))
    script.turn(3)
    let sentences = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(script.understood(3, .goOn).last == .speak(ReplyID(3), sentences[3]))
  }

  @Test func afterAnInterruptRepeatBeginsAtTheBeginning() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.interrupt(ReplyID(1), played: .milliseconds(2_100)))
    script.turn(2)
    let sentences = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(script.understood(2, .again).last == .speak(ReplyID(2), sentences[0]))
  }

  @Test func aReplyPlayedToItsEndLeavesNothingToGoOnWith() {
    var script = SessionScript()
    script.hello()
    script.turn(1)
    script.understood(1, .hours)
    script.voice()
    // The loudspeaker counts in its own frames.
    script.device(
      .playback(ReplyID(1), played: .milliseconds(2_990), buffered: .zero, state: .drained))
    script.turn(2)
    #expect(script.understood(2, .goOn).last == .speak(ReplyID(2), "That was all."))
  }

  @Test func aNewAnswerEndsAReplyThatIsStillBeingSent() {
    var script = SessionScript()
    script.hello(buffer: .seconds(1))
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.turn(2)
    let effects = script.understood(2, .thanks)
    #expect(effects.contains(.send(.replyEnd(ReplyID(1), .cancelled, audio: .seconds(1)))))
    #expect(effects.contains(.send(.replyStart(ReplyID(2), answering: TurnID(2)))))
  }

  // MARK: Echo and end

  @Test func theEchoAnswersAtOnceAndListensToNothing() {
    var script = SessionScript(echo: [[1], [2]])
    script.hello()
    script.device(.turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    #expect(script.device(.turnAudio(TurnID(1), packet: SessionScript.packet60, at: .zero)).isEmpty)
    let effects = script.device(
      .turnCommit(TurnID(1), audio: .milliseconds(60), reason: .endpoint))
    #expect(effects.first == .send(.replyStart(ReplyID(1), answering: TurnID(1))))
    #expect(effects.last == .send(.replyEnd(ReplyID(1), .complete, audio: .milliseconds(40))))
  }

  @Test func whenTheServerGoesEverythingIsTakenBack() {
    var script = SessionScript()
    script.hello(buffer: .seconds(1))
    script.turn(1)
    script.understood(1, .history)
    script.voice()
    script.device(.turnStart(TurnID(2), preRoll: .zero, cause: .speech))
    #expect(
      script.on(.leave) == [
        .hush(ReplyID(1)), .send(.replyEnd(ReplyID(1), .cancelled, audio: .seconds(1))),
        .forget(TurnID(2)), .hangUp(code: 1001, reason: "going away"),
      ])
    #expect(script.turn(3).isEmpty)
    #expect(script.on(.leave).isEmpty)
  }
}
