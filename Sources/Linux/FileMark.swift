internal import CLinux

/// Which file a path led to.
public struct FileMark: Equatable, Sendable {
  let device: UInt64
  let number: UInt64
}

extension Files {
  /// Nil when there is none.
  public static func mark(of path: String) -> FileMark? {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    return FileMark(device: UInt64(facts.st_dev), number: UInt64(facts.st_ino))
  }

  /// Writes a file that is there already, as the kernel's are: never makes one.
  public static func set(_ path: String, to text: String) throws(LinuxError) {
    let number = clinux_open(path, O_WRONLY | O_CLOEXEC, 0)
    guard number >= 0 else { throw .last("write", path) }
    try FileDescriptor(owning: number).writeAll(Array(text.utf8), name: path)
  }
}
