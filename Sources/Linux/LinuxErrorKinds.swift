internal import CLinux

extension LinuxError {
  /// A file above the reader's limit.
  public var isTooBig: Bool { code == EFBIG }
}
