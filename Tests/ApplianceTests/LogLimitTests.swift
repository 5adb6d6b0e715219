import Testing
import VoiceCore

@testable import Appliance

@Suite struct LogLimitTests {
  private func at(_ milliseconds: Int64) -> SampleTime { .start + .milliseconds(milliseconds) }

  @Test func aFloodIsCutAndCounted() {
    var limit = LogLimit()
    let written = (0..<10_000).filter { _ in limit.allows(at: at(0)) }.count
    #expect(written == LogLimit.burst)
    let isWritten = limit.allows(at: at(200))
    #expect(isWritten)
    let kept = [limit.takeKept(), limit.takeKept()]
    #expect(kept == [9_900, 0])
  }

  @Test func aSteadyFloodWritesFiveLinesASecond() {
    var limit = LogLimit()
    let written = (0..<60_000).filter { limit.allows(at: at(Int64($0) * 10)) }.count
    #expect((3_000...3_200).contains(written))
  }

  @Test func anOrdinaryDayIsWrittenWhole() {
    var limit = LogLimit()
    let written = (0..<1_000).filter { limit.allows(at: at(Int64($0) * 500)) }.count
    #expect(written == 1_000)
  }
}
