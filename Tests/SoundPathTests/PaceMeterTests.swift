import SoundPath
import TestSupport
import Testing

@Suite struct PaceMeterTests {
  /// Looked at every ten milliseconds, up to so many late.
  private struct Card {
    var meter: PaceMeter
    let real: Double
    var lateness: ClosedRange<Double> = 0...0.005
    var random: SeededRandom
    private var time = 0.0

    init(claims: Int, real: Double, seed: UInt64) {
      meter = PaceMeter(rate: claims)
      self.real = real
      random = SeededRandom(seed: seed)
    }

    /// - Returns: after how many seconds it was found out, and what was said.
    mutating func run(seconds: Double) -> (after: Double, rate: Int)? {
      let end = time + seconds
      let start = time
      while time < end {
        time += 0.01
        let late = time + Double.random(in: lateness, using: &random)
        // What is there was there a burst ago: a millisecond.
        let position = Int64((time * 1_000).rounded(.down) / 1_000 * real)
        if let rate = meter.hear(position: position, at: Int64(late * 1e6)) {
          return (time - start, rate)
        }
      }
      return nil
    }
  }

  @Test(arguments: [(48_000, 44_100), (48_000, 44_000), (44_100, 48_000), (16_000, 8_000)])
  func aRateThatIsNotTheClaimedOneIsToldWithinFiveSeconds(claims: Int, real: Int) throws {
    var card = Card(claims: claims, real: Double(real), seed: 31)
    let told = card.run(seconds: 10)
    let found = try #require(told)
    #expect(found.after < 5)
    #expect(abs(found.rate - real) <= real / 100, "\(found.rate)")
  }

  @Test func aRateThatConvertersKnowIsToldAsThat() throws {
    var card = Card(claims: 48_000, real: 44_130, seed: 32)
    let told = card.run(seconds: 10)
    #expect(PaceMeter.likely(told?.rate ?? 1) == 44_100)
    #expect(PaceMeter.likely(44_444) == 44_440)
  }

  @Test(arguments: [-1_000.0, -100, 0, 100, 1_000])
  func aClockThatIsALittleOffIsNoLie(ppm: Double) {
    var card = Card(claims: 48_000, real: 48_000 * (1 + ppm / 1e6), seed: 33)
    card.lateness = 0...0.2
    let told = card.run(seconds: 600)
    #expect(told == nil)
  }

  @Test func lookingLateForAWhileIsNotTheCardsFault() {
    var card = Card(claims: 48_000, real: 48_000, seed: 34)
    for most in [0.01, 0.3, 0.01, 0.09, 0.3] {
      card.lateness = 0...most
      let told = card.run(seconds: 20)
      #expect(told == nil)
    }
  }

  @Test func whatCameBeforeAStumbleIsForgotten() {
    var card = Card(claims: 48_000, real: 44_100, seed: 35)
    for _ in 0..<10 {
      let told = card.run(seconds: 3)
      #expect(told == nil)
      card.meter.cut()
    }
    let told = card.run(seconds: 5)
    #expect(told != nil)
  }
}
