internal import CLinux

/// Stream sockets in the file system: how auricle and auricled meet.
public enum UnixSocket {
  public struct Peer: Equatable, Sendable {
    public let process: Int32
    public let user: UInt32
    public let group: UInt32
  }

  /// Whether a path is short enough for the kernel.
  public static func fits(_ path: String) -> Bool {
    path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
  }

  /// Connects; the socket blocks from then on.
  public static func connect(_ path: String) throws(LinuxError) -> FileDescriptor {
    let socket = FileDescriptor(owning: clinux_unix_stream())
    guard socket.number >= 0 else { throw .last("open", "a socket") }
    var address = try address(path)
    guard call(&address, { CLinux.connect(socket.number, $0, $1) }) == 0 else {
      throw .last("connect to", path)
    }
    let flags = clinux_get_flags(socket.number)
    guard clinux_set_flags(socket.number, flags & ~O_NONBLOCK) == 0 else {
      throw .last("connect to", path)
    }
    return socket
  }

  /// Listens without blocking. The path must be free: see `isAnswered` and `Files.remove`.
  public static func listen(_ path: String, mode: UInt32) throws(LinuxError) -> FileDescriptor {
    let socket = FileDescriptor(owning: clinux_unix_stream())
    guard socket.number >= 0 else { throw .last("open", "a socket") }
    var address = try address(path)
    // Until it listens nobody can connect, so there is no moment of a wrong mode; the mask of the
    // process, which all threads share, stays as it is.
    // An abstract name has no file and so no mode.
    let isFile = path.utf8.first != UInt8(ascii: "@")
    guard call(&address, { bind(socket.number, $0, $1) }) == 0,
      !isFile || chmod(path, mode) == 0,
      CLinux.listen(socket.number, 8) == 0
    else { throw .last("listen on", path) }
    return socket
  }

  /// Whether somebody listens there: tells a running daemon from a socket left behind.
  public static func isAnswered(_ path: String) -> Bool {
    do throws(LinuxError) {
      _ = try connect(path)
      return true
    } catch {
      return false
    }
  }

  /// The next caller, or nil when none waits.
  public static func accept(on listener: Int32) throws(LinuxError) -> FileDescriptor? {
    let number = clinux_accept(listener)
    if number >= 0 { return FileDescriptor(owning: number) }
    if clinux_errno() == EAGAIN || clinux_errno() == ECONNABORTED { return nil }
    throw .last("accept on", "descriptor \(listener)")
  }

  /// Who is at the other end, as the kernel says.
  public static func peer(of socket: borrowing FileDescriptor) -> Peer? {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    guard clinux_peer(socket.number, &process, &user, &group) == 0 else { return nil }
    return Peer(process: process, user: user, group: group)
  }

  /// One datagram to a path, for the service manager; `@` stands for the abstract namespace.
  static func send(_ message: String, to path: String) throws(LinuxError) {
    let socket = FileDescriptor(owning: clinux_unix_datagram())
    guard socket.number >= 0 else { throw .last("open", "a socket") }
    var address = try address(path)
    guard call(&address, { CLinux.connect(socket.number, $0, $1) }) == 0 else {
      throw .last("connect to", path)
    }
    try socket.writeAll(Array(message.utf8))
  }

  private static func address(_ path: String) throws(LinuxError) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard fits(path) else {
      throw LinuxError("use", path, code: ENAMETOOLONG)
    }
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }

  private static func call(
    _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    let path = withUnsafeBytes(of: address.sun_path) { bytes in
      // An abstract name counts its own length; others end at the first zero.
      let named = bytes.first == 0 ? bytes.dropFirst().prefix { $0 != 0 }.count + 1 : bytes.count
      return named
    }
    let length = Int(CLINUX_UNIX_PATH_OFFSET) + path
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
    }
  }
}
