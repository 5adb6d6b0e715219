import Glibc
import Linux
import TestSupport
import Testing

@Suite struct UnixSocketTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// Whatever the mask of the process; changing that would reach every other thread.
  @Test(arguments: [0o600, 0o660, 0o666] as [UInt32])
  func theSocketHasTheModeItWasAskedFor(mode: UInt32) throws {
    let path = folder.path + "/control"
    let listener = try UnixSocket.listen(path, mode: mode)
    #expect(listener.number >= 0)
    var facts = stat()
    #expect(stat(path, &facts) == 0)
    #expect(facts.st_mode & 0o777 == mode)
  }

  @Test func whoConnectsIsKnownAndHeard() throws {
    let path = folder.path + "/control"
    let listener = try UnixSocket.listen(path, mode: 0o600)
    let nobody = try UnixSocket.accept(on: listener.number)
    let hasNobody = isThere(nobody)
    #expect(!hasNobody)
    let caller = try UnixSocket.connect(path)
    #expect(try listener.waitUntilReadable(milliseconds: 10_000))
    guard let served = try UnixSocket.accept(on: listener.number) else {
      Issue.record("nobody to accept")
      return
    }
    let peer = UnixSocket.peer(of: served)
    #expect(peer?.process == getpid())
    #expect(peer?.user == getuid() && peer?.group == getgid())

    try caller.writeAll(Array("question".utf8))
    var buffer = [UInt8](repeating: 0, count: 64)
    #expect(try served.waitUntilReadable(milliseconds: 10_000))
    #expect(try served.read(into: &buffer, limit: 4) == 4)
    #expect(buffer[..<4].elementsEqual("ques".utf8))
    #expect(try served.read(into: &buffer, limit: 1_000) == 4)
    // The accepted end does not block.
    #expect(try served.read(into: &buffer, limit: 1_000) == nil)
    hangUp(caller)
    #expect(try served.waitUntilReadable(milliseconds: 10_000))
    #expect(try served.read(into: &buffer, limit: 1_000) == 0)
  }

  private func hangUp(_ socket: consuming FileDescriptor) {}

  @Test func aSocketLeftBehindIsNotAnswered() throws {
    let path = folder.path + "/control"
    #expect(!UnixSocket.isAnswered(path))
    do {
      let listener = try UnixSocket.listen(path, mode: 0o600)
      #expect(UnixSocket.isAnswered(path))
      // Taken already: the path must be freed first.
      #expect(throws: LinuxError.self) { _ = try UnixSocket.listen(path, mode: 0o600) }
      #expect(listener.number >= 0)
    }
    #expect(Files.exists(path))
    // A program that another test is about to start holds all our sockets for a moment.
    let limit = MonotonicClock.microseconds() + 10_000_000
    while UnixSocket.isAnswered(path), MonotonicClock.microseconds() < limit { sched_yield() }
    #expect(!UnixSocket.isAnswered(path))
    let refused = #expect(throws: LinuxError.self) { _ = try UnixSocket.connect(path) }
    #expect(refused?.isRefused == true)
    let missing = #expect(throws: LinuxError.self) {
      _ = try UnixSocket.connect(folder.path + "/none")
    }
    #expect(missing?.isNotFound == true)
  }

  @Test func aPathTooLongForTheKernelIsAnError() {
    let path = folder.path + "/" + String(repeating: "x", count: 120)
    let error = #expect(throws: LinuxError.self) { _ = try UnixSocket.listen(path, mode: 0o600) }
    #expect(error?.subject == path)
    #expect(!UnixSocket.isAnswered(path))
  }

  @Test func writingToAPeerThatLeftIsAnErrorAndNoSignal() throws {
    Process.ignoreBrokenPipes()
    let path = folder.path + "/control"
    let listener = try UnixSocket.listen(path, mode: 0o600)
    let caller = try UnixSocket.connect(path)
    do {
      let served = try UnixSocket.accept(on: listener.number)
      let hasServed = isThere(served)
      #expect(hasServed)
    }
    let error = #expect(throws: LinuxError.self) {
      try caller.writeAll([1, 2, 3])
    }
    #expect(error?.isPeerGone == true)
  }
}
