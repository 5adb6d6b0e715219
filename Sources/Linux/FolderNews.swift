internal import CLinux

/// Tells that entries of a folder came, went or changed hands (inotify). What exactly is not read:
/// whoever is told looks.
public struct FolderNews: ~Copyable {
  private let descriptor: FileDescriptor
  public var number: Int32 { descriptor.number }

  private init(owning descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  public static func open(_ path: String) throws(LinuxError) -> FolderNews {
    let number = inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC))
    guard number >= 0 else { throw .last("watch", path) }
    let descriptor = FileDescriptor(owning: number)
    // IN_ATTRIB: udev gives a new node to its group after it has appeared.
    let mask = UInt32(IN_CREATE | IN_ATTRIB | IN_DELETE | IN_MOVED_TO | IN_ONLYDIR)
    guard inotify_add_watch(number, path, mask) >= 0 else { throw .last("watch", path) }
    return FolderNews(owning: descriptor)
  }

  /// Takes all news so far.
  public func take() throws(LinuxError) {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    // Bounded: what is left keeps the descriptor readable.
    for _ in 0..<64 {
      guard let count = try descriptor.read(into: &bytes, limit: bytes.count), count > 0 else {
        return
      }
    }
  }
}
