import Testing
import VoiceCore

/// How a turn ends: what the agent is told on the way, what it may say about it, and what becomes of
/// turns in which nobody spoke.
@Suite struct TurnEndTests {
  private var rehearsal = Rehearsal()

  /// A question that was answered until the answer was interrupted.
  private mutating func interrupt() {
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 2_000)
    let onset = rehearsal.time
    rehearsal.hear(true, milliseconds: 60)
    rehearsal.hear(true, milliseconds: 10, verdict: .confirmed(onset: onset))
    rehearsal.playhead = Playhead(state: .silent)
  }

  /// From the last turn on, without sound.
  private func told(_ turn: UInt32) -> [Upstream] {
    let start = rehearsal.sent.lastIndex {
      if case .turnStart(TurnID(turn), _, _) = $0 { true } else { false }
    }
    return start.map { Array(rehearsal.sent[$0...].dropFirst()) } ?? []
  }

  @Test mutating func aProbableEndIsToldTakenBackAndToldAgain() {
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 450)
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    let told = told(1)
    #expect(told.count == 4)
    guard case .turnEagerEnd(TurnID(1), 0, let first)? = told.first,
      case .turnEagerEnd(TurnID(1), 1, let second) = told[2],
      case .turnCommit(TurnID(1), _, let all, .endpoint)? = told.last
    else {
      Issue.record("\(told)")
      return
    }
    #expect(told[1] == .turnResumed(TurnID(1), revision: 1))
    #expect(first < second && second <= all)
  }

  @Test mutating func aHintShortensOrLengthensTheWait() {
    func wait(_ hint: TurnHint?) -> Int64 {
      var rehearsal = Rehearsal()
      rehearsal.hear(false, milliseconds: 1_000)
      rehearsal.hear(true, milliseconds: 1_000)
      let end = rehearsal.time
      rehearsal.hear(false, milliseconds: 300)
      if let hint {
        // All sound so far: the pre-roll, what was said, and a little silence.
        rehearsal.run { $0.receive(.hint(TurnID(1), hint, upTo: .milliseconds(1_700))) }
      }
      while rehearsal.conversation.shown == .listening {
        rehearsal.hear(false, milliseconds: 10)
      }
      return (rehearsal.time - end).milliseconds
    }
    #expect(wait(nil) == 580)
    #expect(wait(.complete) == 350)
    #expect(wait(.unfinished) == 1_050)
  }

  @Test mutating func aHintAboutAnotherTurnOrOlderSoundIsNone() {
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 300)
    rehearsal.run { $0.receive(.hint(TurnID(9), .complete, upTo: .milliseconds(1_700))) }
    rehearsal.run { $0.receive(.hint(TurnID(1), .complete, upTo: .milliseconds(900))) }
    rehearsal.hear(false, milliseconds: 250)
    #expect(rehearsal.conversation.shown == .listening)
  }

  @Test mutating func anInterruptionByNobodyIsTakenBackAndTheAnswerGoesOn() {
    interrupt()
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(
      rehearsal.sent.suffix(2) == [
        .turnCancel(TurnID(2), reason: .tooShort),
        .unmute(ReplyID(1), played: .milliseconds(2_070)),
      ])
    rehearsal.reply(2, to: 1)
    #expect(rehearsal.conversation.shown == .speaking, "the rest of the answer to the first turn")
  }

  @Test mutating func aRealInterruptionIsATurnAndTheOldAnswerIsNotWaitedFor() {
    interrupt()
    rehearsal.hear(true, milliseconds: 500)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(rehearsal.sentCount { if case .unmute = $0 { true } else { false } } == 0)
    #expect(rehearsal.sentCount { if case .turnCommit = $0 { true } else { false } } == 2)
    rehearsal.run { $0.receive(.replyStart(ReplyID(8), answering: TurnID(1))) }
    #expect(rehearsal.conversation.shown == .thinking)
  }

  @Test mutating func aTurnOfTheButtonThatStaysEmptyUnmutesNothing() {
    rehearsal.run { $0.press(.listen) }
    rehearsal.hear(false, milliseconds: 5_000)
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .tooShort))
    #expect(rehearsal.sentCount { if case .turnEagerEnd = $0 { true } else { false } } == 0)
  }

  @Test mutating func whatWasSaidBeforeTheInterruptionWasConfirmedIsInTheTurn() {
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 2_000, value: 1)
    let onset = rehearsal.time
    // The slowest decision there is: doubtful, or hummed.
    rehearsal.hear(true, milliseconds: 900, value: 2)
    rehearsal.hear(true, milliseconds: 10, verdict: .confirmed(onset: onset), value: 2)
    #expect(rehearsal.streamed.filter { $0[0] == 2 }.count == 91)
    let before = rehearsal.streamed.suffix(151).filter { $0[0] == 1 }.count
    #expect(before >= 50, "and half a second from before the onset")
  }
}
