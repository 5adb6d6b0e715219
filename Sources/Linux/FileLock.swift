internal import CLinux

/// A file that at most one process holds; the kernel lets go of it when the process ends, however.
public struct FileLock: ~Copyable, Sendable {
  private let file: FileDescriptor

  private init(owning file: consuming FileDescriptor) { self.file = file }

  /// Nil when another process holds it.
  public static func take(_ path: String) throws(LinuxError) -> FileLock? {
    let number = clinux_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw .last("lock", path) }
    let file = FileDescriptor(owning: number)
    if flock(file.number, LOCK_EX | LOCK_NB) == 0 { return FileLock(owning: file) }
    if clinux_errno() == EWOULDBLOCK { return nil }
    throw .last("lock", path)
  }
}
