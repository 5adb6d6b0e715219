import DeviceLink
import Simulator
import Testing
import VoiceCore

/// A few of what `tools/simulate` runs thousands of.
@Suite struct SimulationTests {
  @Test func theSameSeedHasTheSameTimeline() {
    for seed: UInt64 in [2, 77] {
      let first = World(Scenario(seed: seed), isTraced: true).run()
      let second = World(Scenario(seed: seed), isTraced: true).run()
      #expect(first.hash == second.hash)
      #expect(first.lines == second.lines)
    }
  }

  @Test func whoDoesNotWatchSeesTheSame() {
    let watched = World(Scenario(seed: 12), isTraced: true).run()
    let unwatched = World(Scenario(seed: 12)).run()
    #expect(watched.hash == unwatched.hash && unwatched.lines.isEmpty)
  }

  @Test func aConversationWithoutFaultsIsOne() {
    var scenario = Scenario(seed: 5)
    scenario.faults = []
    scenario.agent = .init()
    scenario.person = .init()
    let outcome = World(scenario).run()
    #expect(outcome.broken == nil)
    #expect(outcome.turns >= 3 && outcome.replies >= 3)
  }

  @Test(arguments: Fault.allCases) func eachFaultAloneIsSurvived(_ fault: Fault) {
    for seed: UInt64 in 1...2 {
      var scenario = Scenario(seed: seed)
      scenario.faults = [fault]
      scenario.faultEvery = 250
      if [.brokerDown, .brokerRefuses, .unauthorized].contains(fault) {
        scenario.link.usesBroker = true
      }
      expectPeace(scenario)
    }
  }
}

func expectPeace(_ scenario: Scenario, sourceLocation: SourceLocation = #_sourceLocation) {
  guard World(scenario).run().broken != nil else { return }
  let outcome = World(scenario, isTraced: true).run()
  guard let broken = outcome.broken else { return }
  let story = outcome.lines.suffix(20).reduce("") { "\($0)\n\($1)" }
  Issue.record(
    "seed \(outcome.seed): \(broken.invariant): \(broken.detail)\(story)",
    sourceLocation: sourceLocation)
}
