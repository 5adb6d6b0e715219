/// Many seeds, one after the other.
package struct SeedRun: Sendable {
  package private(set) var count = 0
  package private(set) var frames = 0
  package private(set) var turns = 0
  package private(set) var replies = 0
  package private(set) var hash: UInt64 = 0

  package init() {}

  package static func run(_ seed: UInt64, isTraced: Bool = false) -> Outcome {
    World(Scenario(seed: seed), isTraced: isTraced).run()
  }

  package mutating func add(_ outcome: Outcome) {
    count += 1
    frames += outcome.frames
    turns += outcome.turns
    replies += outcome.replies
    // In any order.
    hash ^= outcome.hash &* (outcome.seed | 1)
  }

  package mutating func add(_ other: SeedRun) {
    count += other.count
    frames += other.frames
    turns += other.turns
    replies += other.replies
    hash ^= other.hash
  }
}
