import Linux
import Settings
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

/// What is kept of the echo's path between two starts.
@Suite struct EchoFileTests {
  private let memory = {
    var memory = EchoMemory()
    memory.placement = 3
    memory.delay = 716.5
    memory.driftPPM = -40
    memory.driftDeviationPPM = 1.5
    var dice = SeededRandom(seed: 5)
    for index in 0..<EchoMemory.tapCount {
      memory.taps[index] = Float.random(in: -0.05...0.05, using: &dice)
    }
    return memory
  }()

  private func isSame(_ left: EchoMemory, _ right: EchoMemory) -> Bool {
    withUnsafeBytes(of: left) { a in withUnsafeBytes(of: right) { b in a.elementsEqual(b) } }
  }

  private func settings(_ folder: String, microphone: String = "plughw:1") -> DeviceSettings {
    var settings = DeviceSettings()
    settings.device.state = folder
    settings.alsa.microphone = microphone
    return settings
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    #expect(memory.isPlausible)
    let folder = try ScratchFolder()
    let first = EchoKeeper(settings(folder.path))
    var read = EchoMemory()
    #expect(!first.load(into: &read) && !first.hasEarlier)
    first.keep(memory, replies: 2)
    let second = EchoKeeper(settings(folder.path))
    #expect(second.load(into: &read) && second.hasEarlier)
    #expect(isSame(read, memory))
  }

  @Test func whatOneCardTaughtIsNotKeptForTheNext() throws {
    let folder = try ScratchFolder()
    let keeper = EchoKeeper(settings(folder.path))
    #expect(keeper.hasNews(replies: 3))
    keeper.learns(on: settings(folder.path, microphone: "plughw:2"), replies: 3)
    #expect(!keeper.hasNews(replies: 3))
    #expect(keeper.hasNews(replies: 4))
    keeper.learns(on: settings(folder.path, microphone: "plughw:2"), replies: 4)
    #expect(keeper.hasNews(replies: 4))
  }

  @Test func anotherCardLearnsAnew() throws {
    let folder = try ScratchFolder()
    EchoKeeper(settings(folder.path)).keep(memory, replies: 1)
    var read = EchoMemory()
    #expect(!EchoKeeper(settings(folder.path, microphone: "plughw:2")).load(into: &read))
    var larger = settings(folder.path)
    larger.alsa.buffer = .milliseconds(80)
    #expect(!EchoKeeper(larger).load(into: &read))
    var room = settings(folder.path)
    room.sound.card = .room
    #expect(!EchoKeeper(room).load(into: &read))
    // Names side by side are two.
    var left = DeviceSettings()
    var right = DeviceSettings()
    (left.alsa.microphone, left.alsa.loudspeaker) = ("ab", "c")
    (right.alsa.microphone, right.alsa.loudspeaker) = ("a", "bc")
    #expect(EchoFile.card(of: left) != EchoFile.card(of: right))
  }

  @Test func noDamageIsMistakenForAnEcho() {
    let bytes = EchoFile.encode(memory, card: 7)
    #expect(bytes.count == EchoFile.size)
    var read = EchoMemory()
    #expect(throws: Never.self) { try EchoFile.decode(bytes, card: 7, into: &read) }
    for length in 0..<bytes.count {
      #expect(throws: EchoFile.Damage.size) {
        try EchoFile.decode(Array(bytes[..<length]), card: 7, into: &read)
      }
    }
    #expect(throws: EchoFile.Damage.size) {
      try EchoFile.decode(bytes + [0], card: 7, into: &read)
    }
    // All of the head and the sum, and of the taps as many as a test has time for.
    let places =
      Array(0..<64) + stride(from: 64, to: bytes.count - 8, by: 13)
      + ((bytes.count - 8)..<bytes.count)
    for place in places {
      for flip in [0x01, 0x80, 0xFF] as [UInt8] {
        var bad = bytes
        bad[place] ^= flip
        #expect(throws: EchoFile.Damage.self) {
          try EchoFile.decode(bad, card: 7, into: &read)
        }
      }
    }
  }

  @Test func aSoundFileWithImpossibleNumbersIsIgnored() {
    var impossible = memory
    impossible.taps[17] = .nan
    #expect(throws: EchoFile.Damage.numbers) {
      var read = EchoMemory()
      try EchoFile.decode(EchoFile.encode(impossible, card: 7), card: 7, into: &read)
    }
    impossible = memory
    impossible.placement = -4
    #expect(throws: EchoFile.Damage.numbers) {
      var read = EchoMemory()
      try EchoFile.decode(EchoFile.encode(impossible, card: 7), card: 7, into: &read)
    }
  }

  @Test func aFolderThatIsNotThereStopsNothing() throws {
    let folder = try ScratchFolder()
    let keeper = EchoKeeper(settings(folder.path + "/missing"))
    var read = EchoMemory()
    #expect(!keeper.load(into: &read))
    keeper.keep(memory, replies: 1)
    keeper.keep(memory, replies: 2)
    // A file where the folder should be, a folder where the file should be, and too large a file.
    let file = try folder.file("file", [1])
    EchoKeeper(settings(file)).keep(memory, replies: 1)
    #expect(!EchoKeeper(settings(file)).load(into: &read))
    try Files.makeFolder(folder.path + "/state/echo-path")
    EchoKeeper(settings(folder.path + "/state")).keep(memory, replies: 1)
    #expect(!EchoKeeper(settings(folder.path + "/state")).load(into: &read))
    _ = try folder.file("echo-path", [UInt8](repeating: 1, count: 5 * EchoFile.size))
    #expect(!EchoKeeper(settings(folder.path)).load(into: &read))
  }

  @Test func nothingIsKeptWithoutAFolder() {
    let keeper = EchoKeeper(settings(""))
    var read = EchoMemory()
    #expect(!keeper.load(into: &read))
    #expect(!keeper.isDue(at: .start + .seconds(10_000), replies: 9))
    #expect(!keeper.hasNews(replies: 9))
  }

  @Test func itIsAskedForEveryTenMinutesInWhichThereWereReplies() throws {
    let folder = try ScratchFolder()
    let keeper = EchoKeeper(settings(folder.path))
    #expect(!keeper.isDue(at: .start + .seconds(599), replies: 3))
    #expect(keeper.isDue(at: .start + .seconds(600), replies: 3))
    #expect(!keeper.isDue(at: .start + .seconds(601), replies: 3))
    keeper.keep(memory, replies: 3)
    #expect(!keeper.isDue(at: .start + .seconds(1_300), replies: 3))
    #expect(!keeper.hasNews(replies: 3) && keeper.hasNews(replies: 4))
    #expect(keeper.isDue(at: .start + .seconds(2_000), replies: 4))
  }

  @Test func theDeskIsFilledOnlyWhenAskedAndEmptiedOnce() {
    let desk = EchoDesk()
    var seen: [EchoMemory] = []
    desk.take { seen.append(copy $0) }
    #expect(seen.isEmpty && !desk.isAsked)
    desk.ask()
    #expect(desk.isAsked)
    desk.leave { _ in false }
    desk.take { seen.append(copy $0) }
    #expect(seen.isEmpty && !desk.isAsked)
    desk.ask()
    desk.leave {
      $0 = memory
      return true
    }
    // It is the taker's turn.
    desk.ask()
    #expect(!desk.isAsked)
    desk.take { seen.append(copy $0) }
    desk.take { seen.append(copy $0) }
    #expect(seen.count == 1 && isSame(seen[0], memory))
  }
}
