import Glibc
import Linux
import TestSupport
import Testing

@Suite struct FilesTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test func whatWasWrittenIsRead() throws {
    var dice = SeededRandom(seed: 31)
    for size in [0, 1, 16_384, 16_385, 100_000] {
      let bytes = dice.bytes(size)
      let path = try folder.file("sound", bytes)
      #expect(try Files.read(path) == bytes)
    }
  }

  @Test func aFileAboveTheLimitIsRefusedAndOneAtTheLimitIsNot() throws {
    let path = try folder.file("big", [UInt8](repeating: 7, count: 40_000))
    #expect(try Files.read(path, limit: 40_000).count == 40_000)
    let error = #expect(throws: LinuxError.self) { try Files.read(path, limit: 39_999) }
    #expect(error?.isTooBig == true)
    #expect(error?.subject == path)
  }

  @Test func aMissingFileSaysWhichOne() throws {
    let path = try folder.file("nothing")
    let error = #expect(throws: LinuxError.self) { try Files.read(path) }
    #expect(error?.isNotFound == true)
    #expect(error?.description == "cannot read \(path): No such file or directory")
    #expect(!Files.exists(path))
  }

  @Test func aFolderCannotBeReadAsAFile() {
    #expect(throws: LinuxError.self) { try Files.read(folder.path) }
    #expect(Files.isFolder(folder.path))
  }

  @Test func replacingLeavesOneWholeFileAndNothingBeside() throws {
    let path = try folder.file("state", Array("old".utf8))
    try Files.replace(path, with: Array("new and longer".utf8), mode: 0o600)
    #expect(try Files.read(path) == Array("new and longer".utf8))
    #expect(try Files.list(folder.path) == ["state"])
    #expect(mode(path) == 0o600)
  }

  /// Renaming over a folder with something in it fails after everything was written.
  @Test func aReplaceThatFailsLeavesTheOldOneAndNothingBeside() throws {
    let path = try folder.file("taken")
    try Files.makeFolder(path + "/inner")
    let error = #expect(throws: LinuxError.self) { try Files.replace(path, with: [1, 2, 3]) }
    #expect(error?.subject == path)
    #expect(try Files.list(folder.path) == ["taken"])
    #expect(Files.isFolder(path + "/inner"))
  }

  @Test func replacingIsOneStepForWhoReadsMeanwhile() throws {
    let path = try folder.file("value", [UInt8](repeating: 0, count: 30_000))
    let writer = try RealtimeThread.start(name: "writer", priority: nil) {
      for round in UInt8(1)...40 {
        do throws(LinuxError) {
          try Files.replace(path, with: [UInt8](repeating: round, count: 30_000))
        } catch {
          Issue.record(error)
        }
      }
    }
    var last: UInt8 = 0
    while last < 40 {
      let seen = try Files.read(path)
      try #require(seen.count == 30_000 && Set(seen).count == 1)
      try #require(seen[0] >= last)
      last = seen[0]
    }
    writer.join()
  }

  @Test func namesAreSortedByTheirBytesAndAMissingFolderHasNone() throws {
    for name in ["b", "a", "Z", "10", "9", "ä"] { _ = try folder.file(name, []) }
    #expect(try Files.list(folder.path) == ["10", "9", "Z", "a", "b", "ä"])
    #expect(try Files.list(folder.path + "/nowhere") == [])
    #expect(throws: LinuxError.self) { try Files.list(folder.path + "/a") }
  }

  @Test func foldersAreMadeWithThoseAboveThem() throws {
    let deep = folder.path + "/one/two//three"
    try Files.makeFolder(deep)
    #expect(Files.isFolder(deep))
    try Files.makeFolder(deep)
    _ = try folder.file("plain", [])
    let error = #expect(throws: LinuxError.self) {
      try Files.makeFolder(folder.path + "/plain/below")
    }
    #expect(error?.action == "make folder")
  }

  @Test func removingTwiceIsAsGoodAsOnce() throws {
    let path = try folder.file("gone", [1])
    try Files.remove(path)
    try Files.remove(path)
    #expect(!Files.exists(path))
  }

  @Test func patchingChangesTheMiddleOnly() throws {
    let path = try folder.file("patched")
    let file = try Files.create(path)
    try file.writeAll([1, 2, 3, 4, 5])
    try Files.patch(file, at: 1, with: [9, 8])
    try file.writeAll([6])
    #expect(try Files.read(path) == [1, 9, 8, 4, 5, 6])
    // Created again, it is empty.
    _ = try Files.create(path)
    #expect(try Files.read(path) == [])
  }

  @Test func aGroupThatDoesNotExistIsNamed() throws {
    let path = try folder.file("owned", [])
    let error = #expect(throws: LinuxError.self) {
      try Files.give(path, toGroup: "no-such-group-here")
    }
    #expect(error?.subject == "no-such-group-here")
  }

  @Test func aLockExcludesASecondTakerHereAndInAnotherProcess() throws {
    let path = try folder.file("daemon.lock")
    func isTaken() throws -> Bool {
      var other = try ChildProcess.start("flock", ["--nonblock", path, "true"])
      return other.wait() != 0
    }
    do {
      let mine = try FileLock.take(path)
      let hasMine = isThere(mine)
      #expect(hasMine)
      let second = try FileLock.take(path)
      let hasSecond = isThere(second)
      #expect(!hasSecond)
      #expect(try isTaken())
      _ = consume mine
    }
    #expect(try !isTaken())
    let again = try FileLock.take(path)
    let hasAgain = isThere(again)
    #expect(hasAgain)
    #expect(throws: LinuxError.self) { _ = try FileLock.take(folder.path + "/no/where") }
  }

  private func mode(_ path: String) -> UInt32 {
    var facts = stat()
    return stat(path, &facts) == 0 ? facts.st_mode & 0o777 : 0
  }
}
