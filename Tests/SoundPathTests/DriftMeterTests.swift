import SoundPath
import TestSupport
import Testing

@Suite struct DriftMeterTests {
  @Test(arguments: [-150.0, -3, 0, 60] as [Float])
  func aLineThroughNoiseHasItsSlopeAndSaysHowSureItIs(ppm: Float) {
    var random = SeededRandom(seed: 21)
    var meter = DriftMeter()
    var outside = 0
    for second in 1...600 {
      let noise = Double.random(in: -0.3...0.3, using: &random)
      let drift = Double(second) * Double(ppm) / 1_000
      meter.hear(5 + drift + noise)
      guard let deviation = meter.deviation else { continue }
      if abs(meter.ppm - ppm) > 3 * deviation + 0.2 { outside += 1 }
    }
    #expect(abs(meter.ppm - ppm) < 2)
    #expect((meter.deviation ?? .infinity) < 1)
    #expect(outside < 24)
  }

  @Test func itSaysNothingBeforeItKnows() {
    var meter = DriftMeter()
    for _ in 1..<DriftMeter.least { meter.hear(1) }
    #expect(meter.deviation == nil && meter.ppm == 0)
    meter.hear(1)
    #expect(meter.deviation != nil)
  }

  @Test func oneWrongMeasurementInTenIsLeftOut() {
    var random = SeededRandom(seed: 22)
    var meter = DriftMeter()
    for second in 1...120 {
      let isWrong = second % 10 == 0
      let noise = Double.random(in: -0.05...0.05, using: &random)
      meter.hear(Double(second) * 0.05 + noise + (isWrong ? 15 : 0))
    }
    #expect(abs(meter.ppm - 50) < 2)
  }

  @Test func whatJumpsIsNoDrift() {
    var meter = DriftMeter()
    var offset = 0.0
    for second in 1...300 {
      if second % 40 == 0 {
        offset += 7
        meter.cut()
      }
      meter.hear(Double(second) * -0.02 + offset)
    }
    #expect(abs(meter.ppm + 20) < 0.5)
  }

  @Test func daysLaterItIsAsExactAsInTheFirstHour() {
    var meter = DriftMeter()
    for second in 1...200_000 { meter.hear(Double(second) * 0.1) }
    #expect(abs(meter.ppm - 100) < 1)
  }
}
