import Testing
import VoiceCore

@testable import SoundPath

@Suite struct SearchPaceTests {
  /// The looks of so many seconds in which nothing is there.
  private func looks(_ pace: inout SearchPace, seconds: Int64, from start: SampleTime = .start)
    -> Int
  {
    var now = start
    var count = 0
    while now - start < .seconds(seconds) {
      count += 1
      now = now + pace.missed(at: now)
    }
    return count
  }

  @Test func whatIsMissingIsLookedForFourTimesASecondAtFirst() {
    var pace = SearchPace()
    #expect(looks(&pace, seconds: 5) == 20)
  }

  @Test func whatIsMissingForLongIsLookedForEveryTwoSeconds() {
    var pace = SearchPace()
    #expect(looks(&pace, seconds: 3_600) <= 20 + 3_600 / 2)
    #expect(pace.missed(at: .start + .seconds(3_600)) == .seconds(2))
  }

  @Test func whatWasFoundIsLookedForOftenWhenItGoesAgain() {
    var pace = SearchPace()
    _ = looks(&pace, seconds: 60)
    pace.found()
    #expect(looks(&pace, seconds: 5, from: .start + .seconds(60)) == 20)
  }
}
