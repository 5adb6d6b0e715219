import Testing
import VoiceCore

@Suite struct ConversationTests {
  @Test func aSpokenTurnIsSentWithItsPreRollAndWithoutTheSilenceThatEndedIt() {
    var rehearsal = Rehearsal()
    rehearsal.hear(false, milliseconds: 2_000, value: 1)
    rehearsal.hear(true, milliseconds: 1_000, value: 2)
    rehearsal.hear(false, milliseconds: 1_000, value: 3)
    #expect(
      rehearsal.sent.first
        == .turnStart(TurnID(1), preRoll: .milliseconds(600), cause: .speech))
    let before = rehearsal.streamed.filter { $0[0] == 1 }.count
    let during = rehearsal.streamed.filter { $0[0] == 2 }.count
    let after = rehearsal.streamed.filter { $0[0] == 3 }.count
    #expect(before >= 50, "at least 500 ms from before the onset")
    #expect(during == 100, "every word")
    #expect(after <= 20, "the gate's release and no more")
    guard case .turnCommit(TurnID(1), _, let audio, .endpoint)? = rehearsal.sent.last else {
      Issue.record("no commit")
      return
    }
    #expect(audio == .frames(rehearsal.streamed.count))
    #expect(rehearsal.shown.suffix(2) == [.listening, .thinking])
  }

  @Test func aPauseInsideATurnIsSentOnceThePersonGoesOn() {
    var rehearsal = Rehearsal()
    rehearsal.hear(false, milliseconds: 1_000, value: 1)
    rehearsal.hear(true, milliseconds: 500, value: 2)
    rehearsal.hear(false, milliseconds: 450, value: 3)
    rehearsal.hear(true, milliseconds: 500, value: 4)
    rehearsal.hear(false, milliseconds: 1_000, value: 5)
    #expect(rehearsal.streamed.filter { $0[0] == 3 }.count == 45)
    #expect(rehearsal.streamed.filter { $0[0] == 4 }.count == 50)
    #expect(rehearsal.sentCount { if case .turnCommit = $0 { true } else { false } } == 1)
  }

  @Test func tooLittleSpeechIsTakenBack() {
    var settings = Conversation.Settings()
    settings.shortestSpeech = .milliseconds(400)
    var rehearsal = Rehearsal(settings)
    rehearsal.hear(false, milliseconds: 500)
    rehearsal.hear(true, milliseconds: 100)
    rehearsal.hear(false, milliseconds: 2_000)
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .tooShort))
    #expect(rehearsal.conversation.shown == .idle)
  }

  @Test func aTurnEndsAtItsLongest() {
    var settings = Conversation.Settings()
    settings.longestTurn = .seconds(5)
    var rehearsal = Rehearsal(settings)
    rehearsal.hear(true, milliseconds: 6_000)
    #expect(
      rehearsal.sentCount {
        if case .turnCommit(TurnID(1), _, _, .longest) = $0 { true } else { false }
      } == 1)
  }

  @Test func aReplyPlaysToItsEndAndIsReported() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 4_000)
    rehearsal.playhead.state = .drained
    rehearsal.hear(false, milliseconds: 20)
    #expect(rehearsal.audible == [ReplyID(1), nil])
    #expect(rehearsal.shown.last == .idle)
    let reports = rehearsal.sentCount { if case .playback = $0 { true } else { false } }
    #expect((5...7).contains(reports), "one a second and one at each change")
    guard case .playback(ReplyID(1), .milliseconds(4_000), _, .drained)? = rehearsal.sent.last
    else {
      Issue.record("the last report is not the final one")
      return
    }
  }

  @Test func anInterruptionSilencesFirstTellsSecondAndListensWithTheWholeFirstWord() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 2_000, value: 1)
    let onset = rehearsal.time
    rehearsal.hear(true, milliseconds: 250, value: 2)
    let firstEffect = rehearsal.effects.count
    rehearsal.hear(true, milliseconds: 10, verdict: .confirmed(onset: onset), value: 2)
    let effects = rehearsal.effects[firstEffect...]
    #expect(effects.first == .makeAudible(nil))
    #expect(
      effects.dropFirst().first == .send(.interrupt(ReplyID(1), played: .milliseconds(2_260))))
    rehearsal.hear(true, milliseconds: 500, value: 2)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(rehearsal.streamed.filter { $0[0] == 2 }.count == 76)
    let commits = rehearsal.sentCount {
      if case .turnCommit(TurnID(2), _, _, _) = $0 { true } else { false }
    }
    #expect(commits == 1)
    // The interrupted reply is over: what still arrives of it is dropped.
    rehearsal.run { $0.receive(.replyAudio(ReplyID(1), packet: [9 << 3, 1, 2])) }
    #expect(rehearsal.conversation.nextToDecode() == nil)
  }

  @Test func aHeldReplyIsNotOverUntilTheInterruptionIsConfirmed() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 500)
    rehearsal.playhead.state = .held
    rehearsal.hear(true, milliseconds: 100, verdict: .held)
    // The agent would take "muted" for its end.
    guard case .playback(ReplyID(1), _, _, .playing)? = rehearsal.sent.last else {
      Issue.record("\(String(describing: rehearsal.sent.last))")
      return
    }
    rehearsal.playhead.state = .playing
    rehearsal.hear(false, milliseconds: 500, verdict: .resumed)
    #expect(rehearsal.conversation.shown == .speaking)
    #expect(rehearsal.sentCount { if case .interrupt = $0 { true } else { false } } == 0)
    #expect(rehearsal.audible == [ReplyID(1)])
  }

  @Test func anAgentThatCountsFromOneAgainIsHeardAgain() {
    var rehearsal = Rehearsal()
    for session in 1...3 {
      rehearsal.hear(true, milliseconds: 1_000)
      rehearsal.hear(false, milliseconds: 1_000)
      rehearsal.run {
        $0.receive(.replyStart(ReplyID(1), answering: TurnID(UInt32(session))))
      }
      rehearsal.run { $0.receive(.replyAudio(ReplyID(1), packet: [9 << 3, 1, 2])) }
      guard case .packet(let ours, _)? = rehearsal.conversation.nextToDecode() else {
        Issue.record("session \(session): nothing to play")
        return
      }
      // A number of our own, never used twice, whatever the agent calls it.
      #expect(ours == ReplyID(UInt32(session)))
      #expect(rehearsal.audible.last == ours)
      rehearsal.playhead = Playhead(state: .playing, reply: ours)
      rehearsal.hear(false, milliseconds: 100)
      rehearsal.run { $0.press(.stop) }
      #expect(rehearsal.sent.last == .interrupt(ReplyID(1), played: .milliseconds(100)))
      rehearsal.run { $0.link(.lost) }
      rehearsal.run {
        $0.receive(.welcome(.init(session: "s", agent: "a", longestTurn: .seconds(60))))
      }
    }
  }

  @Test func stopWhileSomebodySpeaksStopsUntilTheyPause() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.run { $0.press(.stop) }
    rehearsal.hear(true, milliseconds: 2_000)
    #expect(rehearsal.conversation.shown == .idle)
    #expect(rehearsal.sentCount { if case .turnStart = $0 { true } else { false } } == 1)
    rehearsal.hear(false, milliseconds: 500)
    rehearsal.hear(true, milliseconds: 500)
    #expect(rehearsal.conversation.shown == .listening)
  }

  @Test func theAnswerToALongestTurnIsHeardThoughThePersonGoesOn() {
    var settings = Conversation.Settings()
    settings.longestTurn = .seconds(5)
    var rehearsal = Rehearsal(settings)
    rehearsal.hear(true, milliseconds: 8_000)
    #expect(rehearsal.conversation.shown == .thinking)
    rehearsal.reply(1, to: 1)
    #expect(rehearsal.conversation.shown == .speaking)
  }

  @Test func theAgentsLongestTurnCountsToo() {
    var rehearsal = Rehearsal()
    rehearsal.run {
      $0.receive(.welcome(.init(session: "s", agent: "a", longestTurn: .seconds(3))))
    }
    rehearsal.hear(true, milliseconds: 4_000)
    #expect(
      rehearsal.sentCount { if case .turnCommit(_, _, _, .longest) = $0 { true } else { false } }
        == 1)
  }

  @Test func anAgentThatSpeaksOnAfterStopIsRefused() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 300)
    rehearsal.run { $0.press(.stop) }
    rehearsal.run { $0.receive(.replyStart(ReplyID(2), answering: TurnID(1))) }
    #expect(rehearsal.sent.last == .interrupt(ReplyID(2), played: .zero))
    #expect(rehearsal.conversation.shown == .idle)
  }

  @Test func anAgentThatTalksOverItselfIsIgnoredWithoutHurtingTheReply() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    let sent = rehearsal.sent.count
    rehearsal.run { $0.receive(.replyStart(ReplyID(2), answering: TurnID(1))) }
    rehearsal.run { $0.receive(.replyAudio(ReplyID(2), packet: [9 << 3, 1, 2])) }
    // The agent need not wait for what is never played.
    #expect(
      rehearsal.sent[sent...] == [
        .playback(ReplyID(2), played: .zero, buffered: .zero, state: .muted)
      ])
    #expect(rehearsal.conversation.nextToDecode() == nil)
    #expect(rehearsal.conversation.shown == .speaking)
    // One that is begun twice is the one that plays.
    rehearsal.run { $0.receive(.replyStart(ReplyID(1), answering: TurnID(1))) }
    #expect(rehearsal.sent.count == sent + 1)
  }

  @Test func aCardLostWhileAReplyPlaysEndsTheReply() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 300)
    rehearsal.run { $0.sound(isWorking: false) }
    #expect(rehearsal.sent.last == .interrupt(ReplyID(1), played: .milliseconds(300)))
    #expect(rehearsal.conversation.shown == .fault)
  }

  @Test func triesToReconnectDoNotHideHowLongItHasBeenOffline() {
    var rehearsal = Rehearsal()
    rehearsal.run { $0.link(.lost) }
    let before = rehearsal.shown.count
    for _ in 0..<5 {
      rehearsal.run { $0.link(.connecting) }
      rehearsal.run { $0.link(.lost) }
    }
    #expect(rehearsal.shown.count == before)
    #expect(rehearsal.conversation.shown == .offline)
  }

  @Test func whileAReplyPlaysOnlyTheInterrupterBeginsATurn() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(true, milliseconds: 3_000)
    #expect(rehearsal.sentCount { if case .turnStart = $0 { true } else { false } } == 1)
  }

  @Test func somebodyStillSpeakingWhenTheReplyEndsIsHeard() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(true, milliseconds: 300)
    rehearsal.playhead.state = .drained
    rehearsal.hear(true, milliseconds: 500)
    #expect(rehearsal.sentCount { if case .turnStart = $0 { true } else { false } } == 2)
  }

  @Test func anAgentThatFallsSilentInTheMiddleIsGivenUp() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 500)
    rehearsal.playhead.state = .underrun
    rehearsal.hear(false, milliseconds: 15_100)
    #expect(rehearsal.conversation.shown == .idle)
    #expect(rehearsal.audible.last == .some(nil))
  }

  @Test func noAnswerIsNotWaitedForForever() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(rehearsal.conversation.shown == .thinking)
    rehearsal.hear(false, milliseconds: 15_100)
    #expect(rehearsal.conversation.shown == .idle)
  }

  @Test func aLostLinkEndsTheTurnAndSaysSo() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.run { $0.link(.lost) }
    #expect(rehearsal.conversation.shown == .offline)
    let begun = rehearsal.sent.count
    rehearsal.hear(true, milliseconds: 1_000)
    #expect(rehearsal.sent.count == begun, "nothing is sent to nobody")
  }

  @Test func mutedNothingIsHeardAndUnmutedNothingOldIsSent() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500, value: 7)
    rehearsal.run { $0.press(.mute(true)) }
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .muted))
    #expect(rehearsal.conversation.shown == .muted)
    rehearsal.hear(false, milliseconds: 500, value: 0)
    let begun = rehearsal.streamed.count
    rehearsal.run { $0.press(.mute(false)) }
    rehearsal.hear(true, milliseconds: 500, value: 8)
    #expect(!rehearsal.streamed[begun...].contains { $0[0] == 7 })
  }

  @Test func theButtonBeginsATurnAndStopEndsTheReply() {
    var rehearsal = Rehearsal()
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.run { $0.press(.listen) }
    #expect(rehearsal.conversation.shown == .listening)
    rehearsal.hear(false, milliseconds: 2_000)
    #expect(rehearsal.conversation.shown == .listening, "a person may think")
    rehearsal.hear(true, milliseconds: 600)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 300)
    rehearsal.run { $0.press(.stop) }
    #expect(rehearsal.conversation.shown == .idle)
    #expect(rehearsal.audible.last == .some(nil))
  }

  @Test func aButtonNobodyFollowsUpIsTakenBack() {
    var rehearsal = Rehearsal()
    rehearsal.run { $0.press(.listen) }
    rehearsal.hear(false, milliseconds: 6_000)
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .tooShort))
    #expect(rehearsal.conversation.shown == .idle)
  }

  @Test func sayingMoreWhileTheAgentThinksMakesItsAnswerStale() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.run { $0.receive(.replyStart(ReplyID(1), answering: TurnID(1))) }
    #expect(rehearsal.sent.last == .interrupt(ReplyID(1), played: .zero))
    #expect(rehearsal.audible.isEmpty)
  }

  /// An interrupt would fence off the first sound of the good answer, which the agent sent before it
  /// heard of it (found by the simulator).
  @Test func aStaleReplyIsNotInterruptedWhileTheGoodOneMayBeOnItsWay() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    let sent = rehearsal.sent.count
    rehearsal.run { $0.receive(.replyStart(ReplyID(1), answering: TurnID(1))) }
    #expect(
      rehearsal.sent[sent...] == [
        .playback(ReplyID(1), played: .zero, buffered: .zero, state: .muted)
      ])
    rehearsal.run { $0.receive(.replyStart(ReplyID(2), answering: TurnID(2))) }
    #expect(rehearsal.audible.count == 1)
  }

  @Test func whatIsSaidLongAfterTheButtonIsAtItsPlaceInTheTurn() {
    var rehearsal = Rehearsal()
    rehearsal.hear(false, milliseconds: 1_000, value: 1)
    rehearsal.run { $0.press(.listen) }
    rehearsal.hear(false, milliseconds: 3_900, value: 2)
    rehearsal.hear(true, milliseconds: 500, value: 3)
    rehearsal.hear(false, milliseconds: 1_000, value: 4)
    #expect(rehearsal.streamed.filter { $0[0] == 2 }.count == 390)
  }

  @Test func aReplyThatDoesNotGoOnIsWaitedForWithCues() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 2_000)
    rehearsal.playhead.state = .underrun
    rehearsal.hear(false, milliseconds: 9_000)
    #expect(rehearsal.cues == [.thinking, .thinking])
    rehearsal.hear(false, milliseconds: 7_000)
    #expect(rehearsal.cues == [.thinking, .thinking, .thinking, .problem])
  }

  @Test func aReplyThatDoesNotBeginToSoundKeepsNobodyFromSpeaking() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.run { $0.receive(.replyStart(ReplyID(1), answering: TurnID(1))) }
    rehearsal.hear(true, milliseconds: 100)
    rehearsal.hear(false, milliseconds: 400)
    #expect(rehearsal.conversation.shown == .speaking, "a noise is no reason")
    rehearsal.hear(true, milliseconds: 500, value: 5)
    #expect(rehearsal.conversation.shown == .listening)
    #expect(rehearsal.sentCount { $0 == .interrupt(ReplyID(1), played: .zero) } == 1)
    #expect(rehearsal.streamed.filter { $0[0] == 5 }.count == 50, "every word")
  }

  /// The audio thread drops an interrupted reply by itself. If the frame that says so is lost, because
  /// this thread was away for seconds, nobody would be heard until the reply is given up.
  @Test func anInterruptionThatWasMissedIsMadeUpFor() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 300)
    rehearsal.time = rehearsal.time + .seconds(3)
    rehearsal.playhead.state = .silent
    rehearsal.hear(false, milliseconds: 10)
    #expect(rehearsal.sentCount { $0 == .interrupt(ReplyID(1), played: .milliseconds(300)) } == 1)
    #expect(rehearsal.conversation.shown == .listening)
  }

  @Test func withoutASoundCardThereIsAFaultAndNoTurn() {
    var rehearsal = Rehearsal()
    rehearsal.run { $0.sound(isWorking: false) }
    #expect(rehearsal.conversation.shown == .fault)
    rehearsal.hear(true, milliseconds: 1_000)
    #expect(rehearsal.sent.isEmpty)
    rehearsal.run { $0.sound(isWorking: true) }
    #expect(rehearsal.conversation.shown == .listening || rehearsal.conversation.shown == .idle)
  }
}
