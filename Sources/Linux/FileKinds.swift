internal import CLinux

extension Files {
  /// Whether the path names a socket.
  public static func isSocket(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & UInt32(S_IFMT) == UInt32(S_IFSOCK)
  }

  /// Which file on the disk it is, whatever it is called; nil for what is none: a pipe, a device, or
  /// nothing.
  public struct Identity: Equatable, Sendable {
    fileprivate let device: UInt64
    fileprivate let number: UInt64
  }

  public static func identity(of path: String) -> Identity? {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) else {
      return nil
    }
    return Identity(device: UInt64(facts.st_dev), number: UInt64(facts.st_ino))
  }
}
