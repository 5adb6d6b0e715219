import TestSupport
import Testing

@testable import Acoustics

@Suite struct AcousticRecordTests {
  private func record(_ loudspeaker: String = "box", grade: Finding.Grade = .good, at: Int64 = 1)
    -> AcousticRecord
  {
    var measured = Measurement()
    var echo = Measurement.Echo()
    echo.delay = 41.125
    echo.driftPPM = -12.5
    echo.bands = [Double](repeating: -20, count: Measurement.Echo.bandCount)
    measured.echo = echo
    return AcousticRecord(
      measured, at: at, microphone: "stick", loudspeaker: loudspeaker, firmware: "0.1.0",
      volume: 60, grade: grade)
  }

  @Test func daysAreThoseOfTheCalendar() {
    #expect(Day.text(0) == "1970-01-01")
    #expect(Day.text(-1) == "1969-12-31")
    #expect(Day.text(951_782_400) == "2000-02-29")
    #expect(Day.text(1_795_219_200) == "2026-11-21")
    #expect(Day.text(4_107_542_400) == "2100-03-01")
    #expect(Day.time(1_795_219_200 + 3_661) == "01:01:01")
  }

  @Test func theFirstGoodOneStaysUntilSomebodyAcceptsAnother() throws {
    var file = AcousticFile()
    file.take(record(grade: .wrong, at: 1), accept: true)
    #expect(file.installed == nil && file.last?.at == 1)
    file.take(record(at: 2), accept: false)
    file.take(record(grade: .remark, at: 3), accept: false)
    #expect(file.installed?.at == 2 && file.last?.at == 3)
    file.take(record(at: 4), accept: true)
    #expect(file.installed?.at == 4)
    file.take(record("other", at: 5), accept: false)
    #expect(file.installed?.at == 4)
    #expect(file.installed?.isOfSameCards(as: try #require(file.last)) == false)
  }

  @Test func theFileComesBackAsItWas() throws {
    var file = AcousticFile()
    file.take(record(at: 2), accept: false)
    file.take(record(grade: .wrong, at: 3), accept: false)
    let bytes = file.contents
    #expect(bytes.count < 4_096)
    #expect(try AcousticFile(contents: bytes) == file)
  }

  @Test func aDamagedFileIsRefused() throws {
    var file = AcousticFile()
    file.take(record(at: 2), accept: false)
    // Only what is whole counts: a shorter file of ours is one without its last record.
    file.last = nil
    let bytes = file.contents
    for count in 0..<bytes.count {
      guard let cut = try? AcousticFile(contents: Array(bytes[..<count])) else { continue }
      #expect(cut == AcousticFile(), "\(count) bytes")
    }
    var dice = SeededRandom(seed: 11)
    for _ in 0..<2_000 {
      var broken = bytes
      for _ in 0..<3 {
        broken[Int.random(in: 0..<broken.count, using: &dice)] = UInt8(
          truncatingIfNeeded: dice.next())
      }
      _ = try? AcousticFile(contents: broken)
    }
    #expect(throws: AcousticFile.Damage.otherVersion) {
      try AcousticFile(contents: Array("acoustics=2\n\n".utf8))
    }
    #expect(throws: AcousticFile.Damage.notOurs) {
      try AcousticFile(contents: [UInt8](repeating: 0x41, count: AcousticFile.largest + 1))
    }
  }
}
