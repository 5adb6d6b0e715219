import Linux
import Testing

@testable import WebSockets

struct ClockFloorTests {
  private let later = ClockFloor.release + 1_000_000

  @Test func withoutASavedClockTheReleaseIsTheFloor() {
    #expect(ClockFloor().seconds == ClockFloor.release)
    let reading = ClockFloor().reading(system: 0)
    #expect(reading.isWrong && reading.judgedAt == ClockFloor.release)
    let right = ClockFloor().reading(system: later)
    #expect(!right.isWrong && right.judgedAt == later)
  }

  @Test func aSavedClockRaisesTheFloorAndNeverLowersIt() {
    var floor = ClockFloor()
    floor.rise(to: later, notBeyond: .max)
    #expect(floor.seconds == later)
    #expect(ClockFloor(saved: floor.contents) == floor)
    #expect(ClockFloor(saved: Array("1000\n".utf8)).seconds == ClockFloor.release)
    floor.rise(to: later - 1, notBeyond: .max)
    #expect(floor.seconds == later)
  }

  @Test func theFloorNeverRisesBeyondTheCertificateOfWhoeverSaysSo() {
    var floor = ClockFloor()
    floor.rise(to: .max, notBeyond: later)
    floor.rise(to: .max, notBeyond: later)
    floor.rise(to: .min, notBeyond: .max)
    #expect(floor.seconds == later)
  }

  @Test func aDamagedClockCountsForNothing() {
    let good = Array("\(later)\n".utf8)
    for length in 0..<good.count {
      #expect(ClockFloor(saved: Array(good.prefix(length))) == ClockFloor())
    }
    for bad in ["x\n", "-5\n", "17e9\n", " 1\n", "99999999999999999999\n", "9999999999\n"] {
      #expect(ClockFloor(saved: Array(bad.utf8)) == ClockFloor())
    }
    #expect(ClockFloor(saved: [UInt8](repeating: 0xFF, count: 5_000)) == ClockFloor())
  }

  @Test func daysAreThoseOfTheCalendar() {
    func day(_ seconds: Int64) -> String { ClockReading(system: seconds, floor: 0).day }
    #expect(day(0) == "1970-01-01")
    #expect(day(-1) == "1970-01-01")
    #expect(day(951_782_400) == "2000-02-29")
    #expect(day(951_868_800) == "2000-03-01")
    #expect(day(ClockFloor.release) == "2026-11-21")
    #expect(day(1_798_761_599) == "2026-12-31")
    #expect(day(4_107_542_400) == "2100-03-01")
    // No date, and no trap.
    #expect(day(.max).count <= 10)
  }
}

struct ClockKeeperTests {
  private let later = ClockFloor.release + 1_000_000

  @Test func whatAVerifiedServerSaysOutlivesARestart() throws {
    let folder = try TemporaryFolder()
    let keeper = ClockKeeper(folder: folder.path)
    keeper.linkIsOpen(agentSeconds: later, certificateEnd: later * 2)
    #expect(keeper.reading.floor == later)
    #expect(ClockKeeper(folder: folder.path).reading.floor == later)
    #expect(keeper.takeComplaint() == nil)
  }

  @Test func theFileIsWrittenEveryFewHoursOnly() throws {
    let folder = try TemporaryFolder()
    let keeper = ClockKeeper(folder: folder.path)
    let file = try folder.file("clock")
    keeper.linkIsOpen(agentSeconds: later, certificateEnd: .max)
    let first = try Files.read(file)
    keeper.linkIsOpen(agentSeconds: later + ClockKeeper.every - 1, certificateEnd: .max)
    #expect(try Files.read(file) == first)
    keeper.linkIsOpen(agentSeconds: later + ClockKeeper.every, certificateEnd: .max)
    #expect(try Files.read(file) != first)
  }

  @Test func withoutTLSNobodysWordCounts() throws {
    let folder = try TemporaryFolder()
    let keeper = ClockKeeper(folder: folder.path)
    keeper.linkIsOpen(agentSeconds: later, certificateEnd: nil)
    #expect(keeper.reading.floor == ClockFloor.release)
    #expect(try Files.list(folder.path).isEmpty)
  }

  @Test func aBadFileOrFolderIsToldOnceAndChangesNothing() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("clock", "nonsense")
    let keeper = ClockKeeper(folder: folder.path)
    #expect(keeper.reading.floor == ClockFloor.release)
    #expect(keeper.takeComplaint()?.contains(file) == true)
    #expect(keeper.takeComplaint() == nil)
    keeper.linkIsOpen(agentSeconds: later, certificateEnd: .max)
    #expect(ClockKeeper(folder: folder.path).reading.floor == later)
    let nowhere = ClockKeeper(folder: folder.path + "/missing")
    nowhere.linkIsOpen(agentSeconds: later, certificateEnd: .max)
    #expect(nowhere.reading.floor == later && nowhere.takeComplaint() != nil)
    #expect(ClockKeeper(folder: "").takeComplaint() == nil)
  }
}
