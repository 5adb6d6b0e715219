import Glibc
import Linux
import TestSupport
import Testing

/// Lets two threads have one wakeup.
private final class Bell: Sendable {
  let wakeup: Wakeup
  init() throws { wakeup = try Wakeup.open() }
}

@Suite struct ProcessTests {
  private func run(_ script: String) throws -> Int32 {
    var child = try ChildProcess.start("sh", ["-c", script])
    return child.wait()
  }

  private func readAll(_ descriptor: borrowing FileDescriptor) throws -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 100)
    while let count = try descriptor.read(into: &buffer, limit: 100), count > 0 {
      text += buffer[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  @Test func aChildsExitCodeIsTold() throws {
    #expect(try run("exit 0") == 0)
    #expect(try run("exit 7") == 7)
    #expect(try run("kill -KILL $$") == 128 + SIGKILL)
  }

  @Test func whatAChildPrintsIsRead() throws {
    let folder = try ScratchFolder()
    let errors = try folder.file("errors")
    var child = try ChildProcess.start(
      "sh", ["-c", "printf '%s|' \"$@\"; echo trouble >&2", "sh", "a b", "", "\"c\""],
      captureOutput: true, errorFile: errors)
    let printed = if child.output != nil { try readAll(child.output!) } else { "" }
    #expect(printed == "a b||\"c\"|")
    #expect(child.wait() == 0)
    #expect(try Files.read(errors) == Array("trouble\n".utf8))
  }

  @Test func aChildThatIsStoppedEndsBySIGTERM() throws {
    var child = try ChildProcess.start("sleep", ["600"])
    #expect(child.exitCode() == nil)
    child.stop()
    #expect(child.wait() == 128 + SIGTERM)
    #expect(child.exitCode() == nil)
  }

  @Test func aChildDoesNotOutliveItsOwner() throws {
    let identifier: Int32
    do {
      let child = try ChildProcess.start("sleep", ["600"])
      identifier = child.identifier
      #expect(kill(identifier, 0) == 0)
    }
    #expect(kill(identifier, 0) == -1 && errno == ESRCH)
  }

  @Test func aProgramThatIsNotThereIsNamed() {
    let error = #expect(throws: LinuxError.self) {
      _ = try ChildProcess.start("no-such-program-here", [], captureOutput: true)
    }
    #expect(error?.isNotFound == true)
    #expect(error?.description == "cannot start no-such-program-here: No such file or directory")
  }

  @Test func ourOwnArgumentsAreWhatTheSystemSays() {
    #expect(Process.arguments == CommandLine.arguments)
    #expect(Process.environment("AURICLE_NOBODY_SETS_THIS") == nil)
    #expect(Process.environment("PATH")?.isEmpty == false)
    #expect(Process.residentKiB > 1_000)
  }

  @Test func aLogValueIsOneWordOnOneLine() {
    #expect(Log.quoted("plain-word.wav") == "plain-word.wav")
    #expect(Log.quoted("") == "\"\"")
    #expect(Log.quoted("two words") == "\"two words\"")
    #expect(Log.quoted("say \"hi\"") == "\"say \\\"hi\\\"\"")
    #expect(Log.quoted("a\nERROR b\r\u{1B}[2J\u{7F}") == "\"a ERROR b  [2J \"")
    #expect(Log.quoted("größe") == "größe")
  }

  @Test func aWakeupIsSeenOnceHoweverOftenItWasSignalled() throws {
    let wakeup = try Wakeup.open()
    #expect(try Waiting.firstReadable(of: [wakeup.number], milliseconds: 0) == nil)
    for _ in 0..<1_000 { wakeup.signal() }
    #expect(try Waiting.firstReadable(of: [wakeup.number], milliseconds: 0) == 0)
    wakeup.clear()
    #expect(try Waiting.firstReadable(of: [wakeup.number], milliseconds: 0) == nil)
    // With nothing to take, clearing does not wait.
    wakeup.clear()
  }

  @Test func aWakeupReachesAnotherThread() throws {
    let question = try Bell()
    let answer = try Bell()
    let thread = try RealtimeThread.start(name: "answering", priority: nil) {
      do throws(LinuxError) {
        let number = question.wakeup.number
        if try Waiting.firstReadable(of: [number], milliseconds: 30_000) == 0 {
          answer.wakeup.signal()
        }
      } catch {
        Issue.record(error)
      }
    }
    question.wakeup.signal()
    thread.join()
    #expect(try Waiting.firstReadable(of: [answer.wakeup.number], milliseconds: 30_000) == 0)
  }

  @Test func theSignalsThatEndUsAreRead() throws {
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &before)
    let signals = try StopSignals.open()
    #expect(signals.next() == nil)
    raise(SIGTERM)
    #expect(signals.next() == "SIGTERM")
    raise(SIGINT)
    #expect(signals.next() == "SIGINT")
    #expect(signals.next() == nil)
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  @Test func sleepingUntilAMomentThatHasPassedReturns() {
    let now = MonotonicClock.microseconds()
    MonotonicClock.sleep(untilMicroseconds: now - 1_000_000)
    MonotonicClock.sleep(untilMicroseconds: now + 2_000)
    #expect(MonotonicClock.microseconds() >= now + 2_000)
  }
}
