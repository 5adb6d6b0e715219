import Glibc
import Linux
import TestSupport
import Testing

@testable import Appliance

@Suite struct ControlSocketTests {
  let folder: ScratchFolder
  var path: String { folder.path + "/run/control.sock" }

  init() throws { folder = try ScratchFolder() }

  @Test func theFirstHasTheSocketAndTheSecondIsToldWho() throws {
    let first = try ControlSocket.claim(path, group: "")
    #expect(UnixSocket.isAnswered(path))
    var facts = stat()
    #expect(stat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    let refused = #expect(throws: StartProblem.self) {
      _ = try ControlSocket.claim(path, group: "")
    }
    #expect(refused?.reason == "another auricled answers at \(path)")
    #expect(refused?.advice.contains("control.socket") == true)
    // The refused one broke nothing.
    #expect(UnixSocket.isAnswered(path))
    first.release()
  }

  @Test func afterAReleaseTheNextMayHaveIt() throws {
    for _ in 0..<3 {
      let socket = try ControlSocket.claim(path, group: "")
      #expect(UnixSocket.isAnswered(path))
      socket.release()
      #expect(!Files.exists(path))
    }
  }

  @Test func aSocketLeftByADaemonThatDiedIsReplaced() throws {
    try Files.makeFolder(folder.path + "/run")
    do {
      let dead = try UnixSocket.listen(path, mode: 0o600)
      #expect(dead.number >= 0)
    }
    #expect(Files.exists(path) && !UnixSocket.isAnswered(path))
    let socket = try ControlSocket.claim(path, group: "")
    #expect(UnixSocket.isAnswered(path))
    socket.release()
  }

  /// Without the lock, as an older version may have left it.
  @Test func aSocketSomebodyAnswersIsNotTaken() throws {
    try Files.makeFolder(folder.path + "/run")
    let other = try UnixSocket.listen(path, mode: 0o600)
    #expect(throws: StartProblem.self) { _ = try ControlSocket.claim(path, group: "") }
    #expect(other.number >= 0)
    #expect(UnixSocket.isAnswered(path))
  }

  @Test func aFileThatIsNoSocketIsLeftAlone() throws {
    try Files.makeFolder(folder.path + "/run")
    _ = try folder.file("run/control.sock", Array("precious".utf8))
    let problem = #expect(throws: StartProblem.self) {
      _ = try ControlSocket.claim(path, group: "")
    }
    #expect(problem?.reason == "cannot listen on \(path): Socket operation on non-socket")
    #expect(try Files.read(path) == Array("precious".utf8))
  }

  @Test func aPlaceThatCannotBeUsedIsToldWithAdvice() throws {
    let plain = try folder.file("plain", [1])
    let unusable = #expect(throws: StartProblem.self) {
      _ = try ControlSocket.claim(plain + "/control.sock", group: "")
    }
    #expect(unusable?.advice == "set control.socket to a place this user may write")
    let long = folder.path + "/" + String(repeating: "x", count: 120)
    let tooLong = #expect(throws: StartProblem.self) {
      _ = try ControlSocket.claim(long, group: "")
    }
    #expect(tooLong?.advice == "a socket's path may have 107")
    #expect(tooLong?.isSetting == true)
    let problem = #expect(throws: StartProblem.self) {
      _ = try ControlSocket.claim(path, group: "no-such-group-here")
    }
    #expect(problem?.reason.contains("no-such-group-here") == true)
  }
}
