import Testing
import VoiceCore

/// What becomes of a conversation while its link is away.
@Suite struct OutageTests {
  @Test func aTurnGoesOnWhileTheLinkIsAway() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.run { $0.link(.away) }
    #expect(rehearsal.conversation.shown == .listening)
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(rehearsal.conversation.shown == .thinking)
    guard case .turnCommit(TurnID(1), _, _, .endpoint)? = rehearsal.sent.last else {
      Issue.record("no commit: \(rehearsal.sent)")
      return
    }
    #expect(rehearsal.cues.isEmpty)
  }

  @Test func aTurnMayBeginWhileTheLinkIsAway() {
    var rehearsal = Rehearsal()
    rehearsal.run { $0.link(.away) }
    #expect(rehearsal.conversation.shown == .connecting)
    rehearsal.hear(true, milliseconds: 500)
    #expect(rehearsal.conversation.shown == .listening)
    #expect(rehearsal.conversation.isBusy)
  }

  @Test func whatWasSaidIntoAnOutageThatLastsIsToldOffAtOnce() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.run { $0.link(.away) }
    rehearsal.run { $0.link(.lost) }
    #expect(rehearsal.cues == [.noNetwork])
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .offline))
    #expect(rehearsal.conversation.shown == .offline && !rehearsal.conversation.isBusy)
    // Who goes on speaking has heard it.
    rehearsal.hear(true, milliseconds: 3_000)
    #expect(rehearsal.cues == [.noNetwork])
  }

  @Test func aThinkingTurnIsGivenUpWithTheLink() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.run { $0.link(.away) }
    rehearsal.run { $0.link(.lost) }
    #expect(rehearsal.cues == [.noNetwork] && rehearsal.conversation.shown == .offline)
  }

  /// Found by the simulator: the answer had begun, without a sound, when the link was lost.
  @Test func whoSpeaksOfflineIsToldSoThoughAnAnswerHasBegun() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.run { $0.receive(.replyStart(ReplyID(1), answering: TurnID(1))) }
    rehearsal.run { $0.link(.away) }
    rehearsal.run { $0.link(.lost) }
    rehearsal.hear(true, milliseconds: 1_000)
    #expect(rehearsal.cues == [.noNetwork])
    #expect(rehearsal.effects.contains(.callAgent))
  }

  @Test func whoSpeaksOfflineIsToldSoAndTheAgentIsCalled() {
    var rehearsal = Rehearsal()
    rehearsal.run { $0.link(.lost) }
    rehearsal.hear(true, milliseconds: 100)
    #expect(rehearsal.cues.isEmpty, "a click is nobody")
    rehearsal.hear(true, milliseconds: 900)
    #expect(rehearsal.cues == [.noNetwork])
    #expect(rehearsal.effects.contains(.callAgent))
    // People who talk to each other are not told every few seconds.
    for _ in 0..<5 {
      rehearsal.hear(false, milliseconds: 400)
      rehearsal.hear(true, milliseconds: 800)
    }
    #expect(rehearsal.cues == [.noNetwork])
    rehearsal.hear(false, milliseconds: 10_000)
    rehearsal.hear(true, milliseconds: 800)
    #expect(rehearsal.cues == [.noNetwork, .noNetwork])
  }

  @Test func aWelcomeAfterAnOutageIsAFreshStart() {
    var rehearsal = Rehearsal()
    rehearsal.run { $0.link(.lost) }
    rehearsal.run {
      $0.receive(.welcome(.init(session: "s", agent: "a", longestTurn: .seconds(30))))
    }
    #expect(rehearsal.conversation.shown == .idle)
    rehearsal.hear(true, milliseconds: 500)
    #expect(rehearsal.conversation.shown == .listening)
  }

  // MARK: Replies

  private func replying() -> Rehearsal {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.run { $0.receive(.replyAudio(ReplyID(1), packet: [9 << 3, 1, 2])) }
    rehearsal.hear(false, milliseconds: 300)
    return rehearsal
  }

  @Test func aReplyIsHeardOnWhateverTheLinkDoes() {
    var rehearsal = replying()
    rehearsal.run { $0.link(.away) }
    rehearsal.run { $0.link(.lost) }
    #expect(rehearsal.conversation.shown == .speaking)
    #expect(rehearsal.audible.last == ReplyID(1) && rehearsal.cues.isEmpty)
  }

  @Test func whoInterruptsAReplyWhileNobodyIsReachedIsToldSo() {
    var rehearsal = replying()
    rehearsal.run { $0.link(.away) }
    rehearsal.run { $0.link(.lost) }
    rehearsal.hear(true, milliseconds: 300, verdict: .confirmed(onset: rehearsal.time))
    #expect(rehearsal.audible.last == .some(nil))
    #expect(rehearsal.cues == [.noNetwork] && rehearsal.conversation.shown == .offline)
  }

  @Test func aReplyWhoseSessionIsOverEndsWithWhatIsThereAndSaysThatItIsNotAll() {
    var rehearsal = replying()
    let told = rehearsal.sent.count
    rehearsal.run { $0.link(.away) }
    rehearsal.run { $0.link(.sessionOver) }
    // What the new session calls reply 1 is another.
    rehearsal.run { $0.receive(.replyAudio(ReplyID(1), packet: [9 << 3, 9, 9])) }
    #expect(rehearsal.conversation.nextToDecode() == .packet(ReplyID(1), [9 << 3, 1, 2]))
    #expect(rehearsal.conversation.nextToDecode() == .end(ReplyID(1)))
    #expect(rehearsal.conversation.nextToDecode() == nil)
    rehearsal.playhead.state = .drained
    rehearsal.hear(false, milliseconds: 10)
    #expect(rehearsal.cues == [.problem])
    // The agent knows nothing of that reply and is told nothing of it.
    #expect(rehearsal.sent.count == told)
  }

  @Test func anOrphanedReplyThatIsInterruptedIsNoBusinessOfTheNewSession() {
    var rehearsal = replying()
    rehearsal.run { $0.link(.away) }
    rehearsal.run { $0.link(.sessionOver) }
    rehearsal.run {
      $0.receive(.welcome(.init(session: "t", agent: "a", longestTurn: .seconds(30))))
    }
    rehearsal.hear(true, milliseconds: 300, verdict: .confirmed(onset: rehearsal.time))
    #expect(rehearsal.sentCount { if case .interrupt = $0 { true } else { false } } == 0)
    #expect(rehearsal.audible.last == .some(nil))
    #expect(rehearsal.conversation.shown == .listening)
  }

  @Test func whoInterruptsWithoutALinkAtLeastSilencesIt() {
    var rehearsal = replying()
    rehearsal.run { $0.link(.lost) }
    rehearsal.hear(true, milliseconds: 300, verdict: .confirmed(onset: rehearsal.time))
    #expect(rehearsal.audible.last == .some(nil))
    #expect(rehearsal.conversation.shown == .offline)
    #expect(rehearsal.sentCount { if case .turnStart = $0 { true } else { false } } == 1)
  }

  @Test func anAnswerToAnEarlierRevisionIsStale() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 600)
    rehearsal.hear(false, milliseconds: 450)
    rehearsal.hear(true, milliseconds: 400)
    rehearsal.hear(false, milliseconds: 1_500)
    guard case .turnCommit(TurnID(1), let revision, _, _)? = rehearsal.sent.last else {
      Issue.record("no commit")
      return
    }
    #expect(revision == 1)
    rehearsal.run { $0.receive(.replyStart(ReplyID(1), answering: TurnID(1), revision: 0)) }
    #expect(rehearsal.conversation.shown == .thinking)
    #expect(
      rehearsal.sent.last
        == .playback(ReplyID(1), played: .zero, buffered: .zero, state: .muted))
    rehearsal.run { $0.receive(.replyStart(ReplyID(2), answering: TurnID(1), revision: 1)) }
    #expect(rehearsal.conversation.shown == .speaking)
  }

  @Test func aReplyThatFailsSaysSoAtOnce() {
    var rehearsal = replying()
    for _ in 0..<1_000 {
      rehearsal.run { $0.receive(.replyEnd(ReplyID(1), .failed, audio: .milliseconds(300))) }
    }
    #expect(rehearsal.conversation.nextToDecode() == .packet(ReplyID(1), [9 << 3, 1, 2]))
    #expect(rehearsal.conversation.nextToDecode() == .end(ReplyID(1)))
    // However often it says so, the end is kept once.
    #expect(rehearsal.conversation.nextToDecode() == nil)
    rehearsal.playhead.state = .drained
    rehearsal.hear(false, milliseconds: 10)
    #expect(rehearsal.cues == [.problem] && rehearsal.conversation.shown == .idle)
  }

  @Test func theButtonIsAnsweredAlsoWhereNobodyIsReached() {
    var rehearsal = Rehearsal()
    rehearsal.run { $0.link(.lost) }
    rehearsal.run { $0.press(.listen) }
    #expect(rehearsal.cues == [.noNetwork] && rehearsal.effects.contains(.callAgent))
  }

  @Test func aTurnThatWasToldOffIsNotAskedAgain() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 20_000)
    #expect(rehearsal.effects.contains(.nobodyWaits(TurnID(1))))
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.run { $0.press(.stop) }
    #expect(rehearsal.effects.contains(.nobodyWaits(TurnID(2))))
  }

  // MARK: Waiting

  @Test func nobodyWaitsInSilence() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 4_000)
    #expect(rehearsal.cues.isEmpty)
    rehearsal.hear(false, milliseconds: 9_000)
    #expect(rehearsal.cues == [.thinking, .thinking, .thinking])
    rehearsal.hear(false, milliseconds: 5_000)
    #expect(rehearsal.cues == [.thinking, .thinking, .thinking, .problem])
    #expect(rehearsal.conversation.shown == .idle)
  }

  @Test func aTurnTheAgentGivesUpIsToldOffAtOnce() {
    for code in ["too_many_turns", "turn_idle", "turn_number", "rate_limited"] {
      var rehearsal = Rehearsal()
      rehearsal.hear(true, milliseconds: 500)
      rehearsal.hear(false, milliseconds: 1_000)
      rehearsal.run { $0.receive(.refused(code: code, message: "-", isFatal: false)) }
      #expect(rehearsal.cues == [.problem] && rehearsal.conversation.shown == .idle)
    }
    // Of a turn that is over: what is said now goes on.
    var later = Rehearsal()
    later.hear(true, milliseconds: 500)
    for (turn, shown) in [(TurnID(7), Shown.listening), (TurnID(1), .idle)] {
      later.run {
        $0.receive(.refused(code: "turn_idle", message: "-", isFatal: false, turn: turn))
      }
      #expect(later.conversation.shown == shown)
    }
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.run { $0.receive(.refused(code: "unsupported", message: "-", isFatal: false)) }
    #expect(rehearsal.cues.isEmpty && rehearsal.conversation.shown == .listening)
  }

  // MARK: The microphone

  @Test func itIsSaidWhenSoundLeavesTheDevice() {
    var rehearsal = Rehearsal()
    rehearsal.hear(false, milliseconds: 100)
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(rehearsal.captures == [.listening, .streaming, .listening])
    rehearsal.run { $0.press(.mute(true)) }
    rehearsal.run { $0.press(.mute(false)) }
    #expect(rehearsal.captures.suffix(2) == [.off, .listening])
    // Before the first sound and after the last.
    let order = rehearsal.effects.compactMap { effect -> Int? in
      switch effect {
      case .send(.capture(.streaming)): 0
      case .send(.turnStart): 1
      case .stream: 2
      case .send(.turnCommit): 3
      case .send(.capture(.listening)): 4
      default: nil
      }
    }
    let firstStream = order.firstIndex(of: 2)!
    #expect(order[firstStream - 2] == 0 && order[firstStream - 1] == 1)
    #expect(order.lastIndex(of: 2)! < order.firstIndex(of: 3)!)
  }

  @Test func lostSoundIsDeclaredAndTheRestKeepsItsPlace() {
    var rehearsal = Rehearsal()
    rehearsal.hear(true, milliseconds: 500)
    let before = rehearsal.streamed.count
    rehearsal.time = rehearsal.time + .milliseconds(300)
    rehearsal.hear(true, milliseconds: 100)
    let from = SampleSpan.frames(before)
    #expect(rehearsal.effects.contains(.skip(TurnID(1), to: from + .milliseconds(300))))
    #expect(
      rehearsal.sent.contains(.turnGap(TurnID(1), from: from, to: from + .milliseconds(300))))
    rehearsal.hear(false, milliseconds: 1_000)
    guard case .turnCommit(_, _, let audio, _)? = rehearsal.sent.last else {
      Issue.record("no commit")
      return
    }
    #expect(audio == SampleSpan.frames(rehearsal.streamed.count) + .milliseconds(300))
  }
}
