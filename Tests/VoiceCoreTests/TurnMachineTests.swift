import TestSupport
import Testing
import VoiceCore

@Suite struct TurnMachineTests {
  private var machine = TurnMachine(thinkingLimit: .seconds(15))

  @Test mutating func aTurnIsAnswered() {
    #expect(machine.handle(.speechStarted(at(0), .speech)) == .beginTurn(TurnID(1), .speech))
    #expect(machine.handle(.turnEnded(at(900), .endpoint)) == .endTurn(TurnID(1), .endpoint))
    #expect(
      machine.handle(.replyStarted(ReplyID(7), answering: TurnID(1))) == .play(ReplyID(7)))
    #expect(machine.handle(.replyDrained(ReplyID(7))) == .rest(.answered))
    #expect(machine.state == .idle)
  }

  @Test mutating func anInterruptionSilencesAndListensInOneStep() {
    _ = machine.handle(.speechStarted(at(0), .speech))
    _ = machine.handle(.turnEnded(at(900), .endpoint))
    _ = machine.handle(.replyStarted(ReplyID(1), answering: TurnID(1)))
    #expect(machine.handle(.interrupted(at(2_000))) == .yield(ReplyID(1), to: TurnID(2)))
    #expect(machine.state == .listening(TurnID(2), since: at(2_000)))
  }

  @Test mutating func anAnswerToATurnThatIsOverIsRefused() {
    _ = machine.handle(.speechStarted(at(0), .speech))
    _ = machine.handle(.turnEnded(at(900), .endpoint))
    _ = machine.handle(.speechStarted(at(1_000), .speech))
    #expect(
      machine.handle(.replyStarted(ReplyID(1), answering: TurnID(1))) == .refuse(ReplyID(1)))
    #expect(machine.state == .listening(TurnID(2), since: at(1_000)))
  }

  @Test mutating func anAnswerThatComesAfterStopIsRefused() {
    _ = machine.handle(.speechStarted(at(0), .speech))
    _ = machine.handle(.turnEnded(at(900), .endpoint))
    #expect(machine.handle(.stopped) == .rest(.stopped))
    #expect(
      machine.handle(.replyStarted(ReplyID(1), answering: TurnID(1))) == .refuse(ReplyID(1)))
  }

  @Test mutating func theRestOfAnAnswerIsRefusedAfterStop() {
    _ = machine.handle(.speechStarted(at(0), .speech))
    _ = machine.handle(.turnEnded(at(900), .endpoint))
    _ = machine.handle(.replyStarted(ReplyID(1), answering: TurnID(1)))
    _ = machine.handle(.interrupted(at(2_000)))
    // Nobody had anything to say, so the rest would be welcome.
    _ = machine.handle(.turnDropped(.tooShort))
    #expect(machine.handle(.stopped) == .none)
    #expect(
      machine.handle(.replyStarted(ReplyID(2), answering: TurnID(1))) == .refuse(ReplyID(2)))
  }

  @Test mutating func waitingForAnAnswerEnds() {
    _ = machine.handle(.speechStarted(at(0), .speech))
    _ = machine.handle(.turnEnded(at(1_000), .endpoint))
    #expect(machine.handle(.tick(at(15_990))) == .none)
    #expect(machine.handle(.tick(at(16_000))) == .rest(.noAnswer))
    #expect(machine.state == .idle)
  }

  @Test mutating func oldNewsAboutAReplyChangesNothing() {
    _ = machine.handle(.speechStarted(at(0), .speech))
    for event in [
      .replyDrained(ReplyID(3)), .replyFailed(ReplyID(3)), .interrupted(at(5)), .tick(at(9)),
    ] as [TurnMachine.Event] {
      #expect(machine.handle(event) == .none)
    }
    #expect(machine.state == .listening(TurnID(1), since: at(0)))
  }

  /// Whatever comes in whatever order, a reply is played only while one may be, and turns only grow.
  @Test(arguments: 1...200) func anyOrderOfEventsLeavesItSound(seed: UInt64) {
    var machine = TurnMachine(thinkingLimit: .seconds(15))
    var random = SeededRandom(seed: seed)
    var lastTurn: UInt32 = 0
    for step in 0..<500 {
      let time = at(Int64(step) * 100)
      let reply = ReplyID(UInt32.random(in: 1...4, using: &random))
      let turn = TurnID(UInt32.random(in: 0...(lastTurn + 1), using: &random))
      let events: [TurnMachine.Event] = [
        .speechStarted(time, .speech), .turnEnded(time, .endpoint), .turnDropped(.tooShort),
        .replyStarted(reply, answering: turn), .replyDrained(reply), .replyFailed(reply),
        .interrupted(time), .stopped, .linkLost, .tick(time),
      ]
      let event = events.randomElement(using: &random)!
      switch machine.handle(event) {
      case .beginTurn(let begun, _), .yield(_, let begun):
        #expect(begun.number > lastTurn)
        lastTurn = begun.number
      case .play(let playing):
        guard case .speaking(playing, _) = machine.state else {
          Issue.record("seed \(seed), step \(step): plays what it does not speak")
          return
        }
      default: break
      }
    }
  }
}
