import ControlProtocol
import TestSupport
import Testing

@testable import Acoustics

@Suite struct AcousticFileTests {
  private func record(at: Int64) -> Fields {
    var measured = Measurement()
    var echo = Measurement.Echo()
    echo.delay = 41.125
    echo.driftPPM = -12.5
    echo.bands = [Double](repeating: -20, count: Measurement.Echo.bandCount)
    echo.click = [Float](repeating: 0.1, count: Measurement.Echo.clickCount)
    measured.echo = echo
    measured.cancelsEcho = true
    var fields = Fields()
    fields.add("at", at)
    measured.write(to: &fields, withClick: false)
    return fields
  }

  @Test func daysAreThoseOfTheCalendar() {
    #expect(Day.text(0) == "1970-01-01")
    #expect(Day.text(-1) == "1969-12-31")
    #expect(Day.text(951_782_400) == "2000-02-29")
    #expect(Day.text(1_795_219_200) == "2026-11-21")
    #expect(Day.text(4_107_542_400) == "2100-03-01")
    #expect(Day.time(1_795_219_200 + 3_661) == "01:01:01")
  }

  @Test func theFirstGoodOneStaysUntilSomebodyAcceptsAnother() {
    var file = AcousticFile()
    file.take(record(at: 1), isGood: false, accept: true)
    #expect(file.installed == nil && file.last?["at"] == "1")
    file.take(record(at: 2), isGood: true, accept: false)
    file.take(record(at: 3), isGood: true, accept: false)
    #expect(file.installed?["at"] == "2" && file.last?["at"] == "3")
    file.take(record(at: 4), isGood: true, accept: true)
    #expect(file.installed?["at"] == "4")
  }

  @Test func theFileComesBackAsItWas() throws {
    var file = AcousticFile()
    file.take(record(at: 2), isGood: true, accept: false)
    file.take(record(at: 3), isGood: false, accept: false)
    let bytes = file.contents
    #expect(bytes.count < 4_096)
    let back = try AcousticFile(contents: bytes)
    #expect(back == file)
    #expect(back.installed?["click_db"]?.utf8.first == UInt8(ascii: "0"))
    #expect(Measurement(try #require(back.installed))?.echo?.delay == 41.125)
    #expect(Measurement(try #require(back.installed))?.cancelsEcho == true)
  }

  @Test func aDamagedFileIsRefused() throws {
    var file = AcousticFile()
    file.take(record(at: 2), isGood: false, accept: false)
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
