internal import CLinux

/// A program we started. Ended and reaped when it goes out of scope.
public struct ChildProcess: ~Copyable {
  public let identifier: Int32
  /// What it prints, when asked for.
  public let output: FileDescriptor?
  private var isReaped = false

  private init(owning identifier: Int32, output: consuming FileDescriptor?) {
    self.identifier = identifier
    self.output = output
  }

  deinit {
    guard !isReaped else { return }
    kill(identifier, SIGKILL)
    var status: Int32 = 0
    waitpid(identifier, &status, 0)
  }

  /// - Parameters:
  ///   - captureOutput: standard output goes to `output` instead of ours.
  ///   - errorFile: standard error goes to this file instead of ours.
  public static func start(
    _ program: String, _ arguments: [String], captureOutput: Bool = false, errorFile: String? = nil
  ) throws(LinuxError) -> ChildProcess {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var ends: [Int32] = [-1, -1]
    if captureOutput {
      guard clinux_pipe(&ends) == 0 else { throw .last("open", "a pipe") }
      posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    }
    if let errorFile {
      posix_spawn_file_actions_addopen(
        &actions, 2, errorFile, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    }
    // We block SIGTERM for our own loop; the child must not inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var identifier: pid_t = 0
    let code = posix_spawnp(
      &identifier, program, &actions, &attributes, words, clinux_environment())
    if captureOutput { close(ends[1]) }
    guard code == 0 else {
      if captureOutput { close(ends[0]) }
      throw LinuxError("start", program, code: code)
    }
    return ChildProcess(
      owning: identifier, output: captureOutput ? FileDescriptor(owning: ends[0]) : nil)
  }

  /// What it prints until its end, at most so many bytes and for at most so long.
  public func readOutput(limit: Int, milliseconds: Int64) throws(LinuxError) -> (
    bytes: [UInt8], isWhole: Bool
  ) {
    switch output {
    case .some(let output):
      return try ChildProcess.read(output, limit: limit, milliseconds: milliseconds)
    case .none: return ([], true)
    }
  }

  private static func read(
    _ output: borrowing FileDescriptor, limit: Int, milliseconds: Int64
  ) throws(LinuxError) -> (bytes: [UInt8], isWhole: Bool) {
    let deadline = MonotonicClock.milliseconds() + milliseconds
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < limit {
      let left = deadline - MonotonicClock.milliseconds()
      guard left > 0, try output.waitUntilReadable(milliseconds: Int32(clamping: left)) else {
        break
      }
      let room = min(chunk.count, limit - bytes.count)
      guard let count = try output.read(into: &chunk, limit: room) else { continue }
      if count == 0 { return (bytes, true) }
      bytes += chunk[..<count]
    }
    return (bytes, false)
  }

  /// Asks it to end (SIGTERM).
  public func stop() { kill(identifier, SIGTERM) }

  /// Its exit code once it has ended (128 and the signal's number when one ended it), else nil.
  public mutating func exitCode() -> Int32? {
    var status: Int32 = 0
    guard !isReaped, waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
    isReaped = true
    return clinux_wait_status_code(status)
  }

  /// Waits for its end.
  public mutating func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) != identifier {
      if clinux_errno() != EINTR { return -1 }
    }
    isReaped = true
    return clinux_wait_status_code(status)
  }
}
