internal import Linux

/// A program that the demo started. It is ended with the demo, however that ends.
final class Program {
  /// After being asked to end it has this long; then it is made to.
  static let patience: Int64 = 5_000_000

  let name: String
  let log: String
  private var child: ChildProcess?
  private var output: [UInt8] = []
  private var isOutputOpen = true
  private(set) var exitCode: Int32?

  /// - Parameter words: The program, and what it is given.
  init(_ name: String, _ words: [String], log: String) throws(DemoError) {
    self.name = name
    self.log = log
    do throws(LinuxError) {
      child = try ChildProcess.start(
        words[0], Array(words.dropFirst()), captureOutput: true, errorFile: log)
    } catch {
      let advice = error.isNotFound ? "; is it installed?" : ""
      throw DemoError("cannot start \(name): \(error.description)\(advice)")
    }
    hasChild = true
  }

  var isRunning: Bool {
    if exitCode == nil, let code = child?.exitCode() { exitCode = code }
    return exitCode == nil && hasChild
  }
  private var hasChild = false

  /// What it printed since the last line that was taken, a line at a time; waits up to a while.
  func nextLine(milliseconds: Int32) throws(DemoError) -> String? {
    if let line = takeLine() { return line }
    try read(milliseconds: milliseconds)
    return takeLine()
  }

  /// Lets it go on printing: nobody reads what it says, but a full pipe would stop it.
  func drain() throws(DemoError) {
    try read(milliseconds: 0)
    output = []
  }

  /// Asks it to end, waits for a bounded time, and then ends it.
  func end() {
    guard isRunning else { return }
    child?.stop()
    let deadline = MonotonicClock.microseconds() + Program.patience
    while isRunning, MonotonicClock.microseconds() < deadline {
      // What it says at the end must not hold it up.
      try? drain()
      MonotonicClock.sleep(untilMicroseconds: MonotonicClock.microseconds() + 10_000)
    }
    if isRunning {
      Output.complain("\(name) did not end when asked and was killed; its log is \(log)")
    }
    // Kills what still runs.
    child = nil
    hasChild = false
  }

  deinit { end() }

  /// Whether there is something to start.
  static func check(_ path: String, as name: String) throws(DemoError) {
    guard path.utf8.contains(UInt8(ascii: "/")), !Files.exists(path) else { return }
    throw DemoError("there is no program \(path) to start as \(name): build it first")
  }

  /// Runs a program that ends by itself.
  static func run(_ name: String, _ words: [String], log: String, seconds: Int64)
    throws(DemoError)
  {
    let program = try Program(name, words, log: log)
    let deadline = MonotonicClock.microseconds() + seconds * 1_000_000
    while program.isRunning {
      guard MonotonicClock.microseconds() < deadline else {
        throw DemoError("\(name) took longer than \(seconds) s", log: log)
      }
      try program.drain()
      MonotonicClock.sleep(untilMicroseconds: MonotonicClock.microseconds() + 5_000)
    }
    guard program.exitCode == 0 else {
      throw DemoError("\(name) failed with exit code \(program.exitCode ?? -1)", log: log)
    }
  }

  /// Longest line we wait for the end of.
  private static let longestLine = 4_096

  private func takeLine() -> String? {
    guard let end = output.firstIndex(of: 0x0A) else {
      if output.count > Program.longestLine { output = [] }
      return nil
    }
    let line = String(decoding: output[..<end], as: UTF8.self)
    output.removeFirst(end + 1)
    return line
  }

  private func read(milliseconds: Int32) throws(DemoError) {
    guard isOutputOpen else {
      MonotonicClock.sleep(
        untilMicroseconds: MonotonicClock.microseconds() + Int64(milliseconds) * 1_000)
      return
    }
    var chunk = [UInt8](repeating: 0, count: 4_096)
    do throws(LinuxError) {
      guard try child?.output?.waitUntilReadable(milliseconds: milliseconds) == true,
        let count = try child?.output?.read(into: &chunk, limit: chunk.count)
      else { return }
      isOutputOpen = count > 0
      output += chunk[..<count]
    } catch { throw DemoError(error) }
  }
}
