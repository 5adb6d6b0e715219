/// All chance of a simulation: SplitMix64, the same numbers on every machine.
package struct Dice: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// Dice of their own for a part, so that what one part does changes nothing for the others.
  mutating func fork() -> Dice { Dice(seed: next()) }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  mutating func chance(_ part: Int, of whole: Int) -> Bool { below(whole) < part }

  mutating func percent(_ chance: Int) -> Bool { below(100) < chance }

  mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
