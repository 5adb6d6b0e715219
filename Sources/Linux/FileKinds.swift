internal import CLinux

extension Files {
  /// Whether the path names a socket.
  public static func isSocket(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & UInt32(S_IFMT) == UInt32(S_IFSOCK)
  }
}
