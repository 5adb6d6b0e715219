import Testing
import VoiceCore

@Suite struct TalkModeTests {
  private func rehearsal(_ mode: TalkMode) -> Rehearsal {
    var settings = Conversation.Settings()
    settings.mode = mode
    var rehearsal = Rehearsal(settings)
    rehearsal.hear(false, milliseconds: 2_000, value: 1)
    return rehearsal
  }

  private func commits(_ rehearsal: Rehearsal) -> [TurnEnd] {
    rehearsal.sent.compactMap { if case .turnCommit(_, _, _, let end) = $0 { end } else { nil } }
  }

  @Test(arguments: [TalkMode.push, .tap]) func speechAloneBeginsNothing(_ mode: TalkMode) {
    var rehearsal = rehearsal(mode)
    rehearsal.hear(true, milliseconds: 3_000)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(rehearsal.sent.isEmpty && rehearsal.streamed.isEmpty)
    #expect(rehearsal.conversation.shown == .idle)
  }

  // MARK: Push

  @Test func whatIsSaidWhileTheButtonIsHeldIsSentWholeAndCommittedWhenItComesUp() {
    var rehearsal = rehearsal(.push)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    #expect(rehearsal.conversation.shown == .listening)
    rehearsal.hear(true, milliseconds: 500, value: 2)
    // Far longer than the silence that ends a turn otherwise.
    rehearsal.hear(false, milliseconds: 9_000, value: 3)
    rehearsal.hear(true, milliseconds: 500, value: 4)
    #expect(commits(rehearsal).isEmpty)
    rehearsal.run { $0.press(.talk(isDown: false)) }
    #expect(commits(rehearsal) == [.button])
    #expect(rehearsal.conversation.shown == .thinking)
    #expect(rehearsal.streamed.filter { $0[0] == 1 }.count == 60, "the pre-roll")
    #expect(rehearsal.streamed.filter { $0[0] > 1 }.count == 1_000)
    // Whoever speaks on is not held down any more.
    rehearsal.hear(true, milliseconds: 2_000)
    #expect(rehearsal.conversation.shown == .thinking)
  }

  @Test func aButtonThatIsTouchedIsNoTurn() {
    var rehearsal = rehearsal(.push)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.hear(true, milliseconds: 100)
    rehearsal.run { $0.press(.talk(isDown: false)) }
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .tooShort))
    #expect(rehearsal.conversation.shown == .idle)
    #expect(!rehearsal.cues.contains(.problem))
  }

  @Test func whoeverHoldsItAndIsNotHeardIsTold() {
    var rehearsal = rehearsal(.push)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.hear(false, milliseconds: 2_000)
    rehearsal.run { $0.press(.talk(isDown: false)) }
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .tooShort))
    #expect(rehearsal.cues.last == .problem)
  }

  @Test func holdingItInterruptsTheAnswer() {
    var rehearsal = rehearsal(.push)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.run { $0.press(.talk(isDown: false)) }
    rehearsal.reply(1, to: 1)
    rehearsal.hear(true, milliseconds: 1_000)
    #expect(rehearsal.conversation.shown == .speaking, "speaking over it does not")
    rehearsal.run { $0.press(.talk(isDown: true)) }
    #expect(rehearsal.audible.last == .some(nil))
    #expect(
      rehearsal.sent.suffix(2) == [
        .interrupt(ReplyID(1), played: .milliseconds(1_000)),
        .turnStart(TurnID(2), preRoll: .milliseconds(600), cause: .button),
      ])
  }

  @Test func aHeldTurnEndsAtItsLongestAndTheButtonThatComesUpEndsNothing() {
    var settings = Conversation.Settings()
    settings.mode = .push
    settings.longestTurn = .seconds(5)
    var rehearsal = Rehearsal(settings)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.hear(true, milliseconds: 6_000)
    #expect(commits(rehearsal) == [.longest])
    rehearsal.run { $0.press(.talk(isDown: false)) }
    #expect(commits(rehearsal) == [.longest])
  }

  @Test func muteInTheMiddleTakesItBackAndTheButtonThatComesUpSendsNothing() {
    var rehearsal = rehearsal(.push)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.run { $0.press(.mute(true)) }
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .muted))
    rehearsal.run { $0.press(.talk(isDown: false)) }
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .muted))
    rehearsal.run { $0.press(.talk(isDown: true)) }
    #expect(rehearsal.conversation.shown == .muted)
    #expect(rehearsal.cues.last == .problem)
  }

  @Test func aTurnOfTheCommandLineEndsByItself() {
    var rehearsal = rehearsal(.push)
    rehearsal.run { $0.press(.listen) }
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(commits(rehearsal) == [.endpoint])
  }

  // MARK: Tap

  @Test func aTapListensUntilTheTurnIsOver() {
    var rehearsal = rehearsal(.tap)
    for isDown in [true, false] { rehearsal.run { $0.press(.talk(isDown: isDown)) } }
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    #expect(commits(rehearsal) == [.endpoint])
    rehearsal.hear(true, milliseconds: 1_000)
    #expect(rehearsal.conversation.shown == .thinking)
  }

  @Test(arguments: [TalkMode.tap, .open]) func aSecondTapEndsWhatIsSaid(_ mode: TalkMode) {
    var rehearsal = rehearsal(mode)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.run { $0.press(.talk(isDown: false)) }
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    #expect(commits(rehearsal) == [.button])
    // What is left of the word is no new turn.
    rehearsal.hear(true, milliseconds: 500)
    #expect(rehearsal.conversation.shown == .thinking)
  }

  @Test func aSecondTapWithoutAWordTakesItBackWithoutComplaint() {
    var rehearsal = rehearsal(.tap)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.hear(false, milliseconds: 500)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    #expect(rehearsal.sent.last == .turnCancel(TurnID(1), reason: .tooShort))
    #expect(rehearsal.cues == [.listening])
  }

  @Test func aTapInterruptsTheAnswer() {
    var rehearsal = rehearsal(.tap)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    rehearsal.hear(true, milliseconds: 1_000)
    rehearsal.hear(false, milliseconds: 1_000)
    rehearsal.reply(1, to: 1)
    rehearsal.hear(false, milliseconds: 500)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    #expect(rehearsal.audible.last == .some(nil))
    #expect(rehearsal.conversation.shown == .listening)
  }

  @Test func whoSpeaksWithoutTheButtonIsNotToldThatThereIsNoNetwork() {
    var rehearsal = rehearsal(.tap)
    rehearsal.run { $0.link(.lost) }
    rehearsal.hear(true, milliseconds: 2_000)
    #expect(rehearsal.cues.isEmpty)
    rehearsal.run { $0.press(.talk(isDown: true)) }
    #expect(rehearsal.cues == [.noNetwork])
  }
}
