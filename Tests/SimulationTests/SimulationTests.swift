import Simulator
import Testing

struct SimulationTests {
  @Test func theSameSeedHasTheSameTimeline() {
    for seed: UInt64 in [1, 2, 3, 77, 4_711] {
      let first = SeedRun.run(seed, isTraced: true)
      let second = SeedRun.run(seed, isTraced: true)
      #expect(first.hash == second.hash)
      #expect(first.lines == second.lines)
    }
  }
}
