import Testing
import VoiceCore

@Suite struct ReconnectorTests {
  private func reconnector(seed: UInt64 = 1) -> Reconnector {
    Reconnector(connectLimit: .seconds(10), longestWait: .seconds(30), seed: seed)
  }

  @Test func itTriesForEverAndNeverWaitsLongerThanItMay() {
    var reconnector = reconnector()
    var now = SampleTime.start
    for _ in 0..<10_000 {
      #expect(reconnector.tick(at: now) == .connect)
      let wait = reconnector.closed(at: now)
      #expect(wait <= .seconds(30) && wait >= .milliseconds(125))
      now = now + wait
    }
  }

  @Test func theFirstRetryComesQuicklyAndALaterOneDoesNot() {
    var reconnector = reconnector()
    _ = reconnector.tick(at: at(0))
    #expect(reconnector.closed(at: at(0)) <= .milliseconds(250))
    for _ in 0..<10 { _ = reconnector.closed(at: at(0)) }
    #expect(reconnector.closed(at: at(0)) >= .seconds(15))
  }

  @Test func successStartsTheWaitsAfresh() {
    var reconnector = reconnector()
    for _ in 0..<10 { _ = reconnector.closed(at: at(0)) }
    reconnector.opened(at: at(0))
    #expect(reconnector.closed(at: at(10_000)) <= .milliseconds(250))
  }

  @Test func anAgentThatWelcomesAndHangsUpIsNotCalledEverMoreOften() {
    var reconnector = reconnector()
    for _ in 0..<20 {
      _ = reconnector.closed(at: at(0))
      reconnector.opened(at: at(0))
    }
    #expect(reconnector.closed(at: at(100)) >= .seconds(15))
  }

  @Test func aTryWithoutAWelcomeIsGivenUp() {
    var reconnector = reconnector()
    #expect(reconnector.tick(at: at(0)) == .connect)
    #expect(reconnector.tick(at: at(9_990)) == .none)
    #expect(reconnector.tick(at: at(10_000)) == .giveUpThisTry)
  }

  @Test func aFleetDoesNotReturnAsOneWave() {
    var waits: Set<Int64> = []
    for seed in 1...100 {
      var reconnector = reconnector(seed: UInt64(seed) &* 0x9E37_79B9)
      for _ in 0..<7 { _ = reconnector.closed(at: at(0)) }
      waits.insert(reconnector.closed(at: at(0)).milliseconds / 100)
    }
    #expect(waits.count > 50)
  }
}
