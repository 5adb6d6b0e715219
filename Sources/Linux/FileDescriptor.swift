internal import CLinux

/// Owns one descriptor and closes it once.
public struct FileDescriptor: ~Copyable, Sendable {
  public let number: Int32

  public init(owning number: Int32) { self.number = number }
  deinit { close(number) }

  /// Bytes read, 0 at the end of the file, nil when a non-blocking descriptor has nothing yet.
  public func read(into buffer: inout [UInt8], limit: Int) throws(LinuxError) -> Int? {
    let room = min(limit, buffer.count)
    while true {
      let count = buffer.withUnsafeMutableBytes { CLinux.read(number, $0.baseAddress, room) }
      if count >= 0 { return count }
      let code = clinux_errno()
      if code == EAGAIN { return nil }
      if code != EINTR { throw LinuxError("read", "descriptor \(number)", code: code) }
    }
  }

  /// Bytes taken, which may be fewer than given; nil when a non-blocking descriptor takes none.
  public func write(_ bytes: ArraySlice<UInt8>) throws(LinuxError) -> Int? {
    while true {
      // A peer that went away is an error here, not a signal (sockets); SIGPIPE is ignored.
      let count = bytes.withUnsafeBytes { CLinux.write(number, $0.baseAddress, $0.count) }
      if count >= 0 { return count }
      let code = clinux_errno()
      if code == EAGAIN { return nil }
      if code != EINTR { throw LinuxError("write to", "descriptor \(number)", code: code) }
    }
  }

  /// Writes everything; for blocking descriptors.
  ///
  /// - Parameter name: what an error calls the file.
  public func writeAll(_ bytes: [UInt8], name: String? = nil) throws(LinuxError) {
    var rest = bytes[...]
    do throws(LinuxError) {
      while !rest.isEmpty {
        guard let count = try write(rest) else {
          throw LinuxError("write to", "descriptor \(number)", code: EAGAIN)
        }
        rest = rest.dropFirst(count)
      }
    } catch {
      throw LinuxError(error.action, name ?? error.subject, code: error.code)
    }
  }

  public var isTerminal: Bool { isatty(number) == 1 }

  /// Waits until there is something to read or the other side hung up; false after `milliseconds`.
  public func waitUntilReadable(milliseconds: Int32) throws(LinuxError) -> Bool {
    var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = poll(&request, 1, milliseconds)
      if ready >= 0 { return ready > 0 }
      if clinux_errno() != EINTR { throw .last("wait for", "descriptor \(number)") }
    }
  }
}
