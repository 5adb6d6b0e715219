import Glibc
import Linux
import TestSupport
import Testing

@Suite struct FolderNewsTests {
  let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  /// News arrive at once or never: the kernel has queued them when the call that made them returns.
  private func wait(_ news: inout FolderNews) throws -> Bool {
    guard try Waiting.firstReadable(of: [news.number], milliseconds: 0) != nil else { return false }
    return try news.take()
  }

  @Test func whatComesGoesOrMayNowBeOpenedIsNews() throws {
    let folder = scratch.path + "/snd"
    try Files.makeFolder(folder)
    var news = try FolderNews.open(folder)
    #expect(try !wait(&news))
    _ = try scratch.file("snd/pcm", [])
    #expect(try wait(&news))
    #expect(try !wait(&news))
    chmod(folder + "/pcm", 0o660)
    #expect(try wait(&news))
    try Files.remove(folder + "/pcm")
    #expect(try wait(&news))
  }

  @Test func aFolderThatIsNotThereYetIsWaitedForAndOneThatWentToo() throws {
    let folder = scratch.path + "/snd"
    var news = try FolderNews.open(folder)
    _ = try scratch.file("other", [])
    #expect(try !wait(&news))
    for _ in 0..<3 {
      try Files.makeFolder(folder)
      #expect(try wait(&news))
      _ = try scratch.file("snd/pcm", [])
      #expect(try wait(&news))
      try Files.remove(folder + "/pcm")
      rmdir(folder)
      #expect(try wait(&news))
    }
    // In one breath: gone and back.
    try Files.makeFolder(folder)
    rmdir(folder)
    try Files.makeFolder(folder)
    #expect(try wait(&news))
    _ = try scratch.file("snd/pcm", [])
    #expect(try wait(&news))
  }

  @Test func aBurstLargerThanOneReadIsOnePieceOfNews() throws {
    let folder = scratch.path + "/snd"
    try Files.makeFolder(folder)
    var news = try FolderNews.open(folder)
    for number in 0..<400 { _ = try scratch.file("snd/pcmC\(number)", []) }
    #expect(try wait(&news))
    #expect(try !wait(&news))
  }

  @Test func linksAndProcessesAreTold() throws {
    let path = try scratch.file("device", Array("0018 \nmore\n".utf8))
    #expect(Files.line(path) == "0018")
    #expect(Files.line(scratch.path + "/none") == nil)
    symlink("device", scratch.path + "/link")
    #expect(Files.link(scratch.path + "/link") == "device")
    #expect(Files.link(path) == nil)
    #expect(Files.realPath(scratch.path + "/link").map { Files.name(of: $0) } == "device")
    #expect(Process.isOurs(thread: Int(Process.identifier)))
    #expect(!Process.isOurs(thread: 1))
    #expect(Process.name(of: 1) != nil)
    #expect(Process.name(of: -7) == nil)
  }
}
