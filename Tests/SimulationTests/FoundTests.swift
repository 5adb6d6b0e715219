import DeviceLink
import Simulator
import Testing
import VoiceCore

/// What seeds have found, as the smallest weather in which it happened. Each has a test of the module
/// that was wrong, too.
@Suite struct FoundTests {
  private func run(_ seeds: ClosedRange<UInt64>, _ change: (inout Scenario) -> Void) {
    for seed in seeds {
      var scenario = Scenario(seed: seed)
      change(&scenario)
      scenario.stormy = 2_500
      expectPeace(scenario)
    }
  }

  /// Seed 23: an interrupt for a stale answer raised the epoch while the good one was on its way,
  /// which lost its first 240 ms.
  @Test func aStaleAnswerDoesNotCostTheGoodOneItsBeginning() {
    run(1...6) {
      $0.faults = [.lag]
      $0.faultEvery = 100
      $0.latency = 10...30
      $0.agent.late = 0
      $0.person.interrupts = 0
    }
  }

  /// Seed 34: the agent gave an open turn up after ten seconds without sound, but noticed a dead line
  /// after fifteen only, so the rest of the turn came to nobody.
  @Test func aTurnIsKeptForWhoComesBackLate() {
    run(1...6) {
      $0.faults = [.blackout, .halfOpen]
      $0.faultEvery = 300
      $0.lease = .seconds(30)
    }
  }

  /// Seed 141: while an answer had begun but did not sound, nobody was listened to. Seed 390: nor after
  /// the frame that told of an interruption was lost, because the conversation's thread stood still.
  @Test func whoeverSpeaksIsHeardWhateverTheAnswerDoes() {
    run(1...6) {
      $0.faults = [.agentHang, .stallDown, .deviceBusy]
      $0.faultEvery = 250
      $0.agent.pieceEvery = 5...60
      $0.person.interrupts = 60
    }
  }

  /// Seed 201: silence between the button and the first word was forgotten, so that all that followed
  /// was at the wrong place in the turn.
  @Test func whatFollowsALongSilenceAfterTheButtonIsAtItsPlace() {
    run(1...6) {
      $0.faults = []
      $0.person.presses = 20
    }
  }

  /// Seed 8742: who interrupted what was left of an answer, while nobody was reached, heard nothing.
  @Test func whoInterruptsWithoutANetworkIsTold() {
    run(1...6) {
      $0.faults = [.blackout, .agentRestart]
      $0.faultEvery = 200
      $0.link.longestOutage = .seconds(3)
      $0.person.interrupts = 90
    }
  }

  /// Seed 8041: a reply that broke off with its connection ended in the middle of a wave.
  @Test func aReplyThatBreaksOffEndsSoftly() {
    run(1...6) {
      $0.faults = [.garbled]
      $0.faultEvery = 150
      $0.person.presses = 30
    }
  }

  /// Seed 4855: a report that was overtaken by a later one gave back what that had told of. Seed 8218:
  /// somebody speaks on while the card is away and the conversation's thread stands still; a pause that
  /// nobody could hear ended nothing.
  @Test func whatComesLateTakesNothingBack() {
    run(1...6) {
      $0.faults = [.reorders, .deviceBusy, .cardLost]
      $0.faultEvery = 150
    }
  }

  /// Seed 701332: an agent that had been asked to leave in the storm left in the calm, for as long as an
  /// outage may last. The world was wrong, not the device.
  @Test func whoIsAskedToLeaveInTheStormIsBackInTheCalm() {
    expectPeace(Scenario(seed: 701_332))
  }

  /// Seed 704416: nobody had interrupted after all, somebody pressed stop, and the rest of the answer
  /// came and sounded.
  @Test func whoPressesStopHearsNoRestOfAnAnswer() {
    expectPeace(Scenario(seed: 704_416))
  }
}
