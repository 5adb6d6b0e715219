import Glibc
import SoundPath
import Testing

@Suite struct QueueKeeperTests {
  /// Half a millisecond.
  private let half = 8.0

  @Test(arguments: [-200.0, -100, -37, 0, 12, 100, 200])
  func clocksThatDifferAreFollowedAndTold(ppm: Double) {
    let seed = UInt64(Int(ppm) + 1_000)
    var cards = VirtualCards(ppm: ppm, burst: 16, seed: seed)
    cards.run(seconds: 180)
    #expect(abs(Double(cards.keeper.drift?.ppm ?? .nan) - ppm) < 2, "seed \(seed)")
    #expect((cards.keeper.drift?.deviation ?? .infinity) < 3)
    // A card that fetches a millisecond at a time says half of one too much in the mean.
    var worst = 0.0
    cards.run(seconds: 3_600) { worst = max(worst, abs($0.lag - 184)) }
    #expect(worst <= half, "seed \(seed): \(worst / 16) ms off")
    #expect(cards.ranDry == 0 && cards.jumps == 0)
  }

  @Test(arguments: [-100.0, 100])
  func theQueueIsNeverFarOffWhileTheDriftIsStillUnknown(ppm: Double) {
    var cards = VirtualCards(ppm: ppm, seed: 7)
    var worst = 0.0
    cards.run(seconds: 180) { worst = max(worst, abs($0.lag - 192)) }
    // Two milliseconds.
    #expect(worst < 32, "\(worst / 16) ms off")
  }

  @Test func oneClockIsLeftAloneToTheBit() {
    var cards = VirtualCards(ppm: 0, jitter: 4, seed: 11)
    var stretched = 0
    cards.run(seconds: 600) { if $0.keeper.stretchPPM != 0 { stretched += 1 } }
    #expect(stretched == 0)
    #expect(abs(cards.keeper.drift?.ppm ?? .nan) < 0.5)
  }

  @Test func whatIsWrongIsCutOutOfSilenceAtOnce() {
    var cards = VirtualCards(ppm: 20, seed: 3)
    cards.run(seconds: 60)
    cards.disturb(by: 60)
    cards.run(seconds: 5)
    #expect(cards.jumps == 0)
    cards.isSilent = true
    cards.run(seconds: 2.5)
    #expect(cards.jumps == 1)
    #expect(abs(cards.lag - 192) < half)
  }

  @Test func aQueueThatIsMuchTooLongIsCutWhateverSounds() {
    var cards = VirtualCards(ppm: 0, seed: 4)
    cards.run(seconds: 20)
    cards.disturb(by: 300)
    cards.run(seconds: 0.2)
    #expect(cards.jumps == 1)
    #expect(abs(cards.lag - 192) < half)
  }

  @Test func aQueueThatIsTooShortWaitsForSilenceAndGrowsMeanwhile() {
    var cards = VirtualCards(ppm: 0, seed: 5)
    cards.run(seconds: 20)
    cards.disturb(by: -100)
    cards.run(seconds: 10)
    #expect(cards.jumps == 0 && cards.lag > 130)
    cards.isSilent = true
    cards.run(seconds: 1.5)
    #expect(abs(cards.lag - 192) < half)
  }

  @Test func aStumbleDoesNotMakeTheDriftForgotten() {
    var cards = VirtualCards(ppm: 80, seed: 6)
    cards.run(seconds: 120)
    for _ in 0..<5 {
      cards.disturb(by: 50)
      cards.keeper.begin(aim: 242)
      cards.disturb(by: -50)
      cards.keeper.begin(aim: 192)
      cards.run(seconds: 7)
    }
    #expect(abs((cards.keeper.drift?.ppm ?? .nan) - 80) < 4)
  }

  /// A sound server's delay jumps about by milliseconds.
  @Test(arguments: [-100.0, 0, 100])
  func aServersClockIsFoundThroughItsJitter(ppm: Double) {
    var cards = VirtualCards(.converting, ppm: ppm, jitter: 320, aim: 900, seed: 8)
    cards.run(seconds: 600)
    #expect(abs(Double(cards.keeper.drift?.ppm ?? .nan) - ppm) < 15)
    var worst = 0.0
    cards.run(seconds: 3_600) { worst = max(worst, abs($0.lag - Double($0.keeper.aim ?? 0))) }
    #expect(worst < 64, "\(worst / 16) ms off")
    #expect(cards.ranDry == 0)
  }

  /// Two quartzes that warm up and cool down, and a machine that is late now and then.
  @Test(arguments: [-100.0, 100]) func aDayPassesWithinHalfAMillisecond(ppm: Double) {
    var cards = VirtualCards(ppm: ppm, aim: 128, seed: 9)
    cards.run(seconds: 180)
    var (worst, worstDrift) = (0.0, 0.0)
    for minute in 1...(24 * 60) {
      cards.ppm = ppm + 10 * sin(Double(minute) / (24 * 60) * 2 * .pi)
      if minute % 60 == 0 { cards.stall(480) }
      if minute % 7 == 0 { cards.stall(60) }
      cards.run(seconds: 60) { worst = max(worst, abs($0.lag - Double($0.keeper.aim ?? 0))) }
      worstDrift = max(worstDrift, abs(Double(cards.keeper.drift?.ppm ?? .nan) - cards.ppm))
    }
    #expect(worst <= half, "\(worst / 16) ms off")
    #expect(worstDrift < 2)
    // What was short once is long enough for the next time; and it is not long for ever.
    #expect(cards.ranDry > 1 && cards.ranDry < 24)
    #expect(cards.cushion.length <= Cushion.most)
    #expect(cards.jumps == 0)
  }

  /// What all slewing adds up to in years is no number that a Float holds to a sample.
  @Test(arguments: [-200.0, 200]) func clocksAreToldApartAfterYearsAsOnTheFirstDay(ppm: Double) {
    let year = 365.25 * 86_400 * 16_000 * ppm / 1e6
    var cards = VirtualCards(ppm: ppm, moved: 10 * year, seed: 10)
    cards.run(seconds: 180)
    #expect(abs(Double(cards.keeper.drift?.ppm ?? .nan) - ppm) < 2)
    #expect((cards.keeper.drift?.deviation ?? .infinity) < 3)
    var worst = 0.0
    cards.run(seconds: 600) { worst = max(worst, abs($0.lag - 192)) }
    #expect(worst <= half, "\(worst / 16) ms off")
  }
}
