internal import CLinux

extension LinuxError {
  /// A file above the reader's limit.
  public var isTooBig: Bool { code == EFBIG }
  /// The other side of a pipe or socket went away.
  public var isPeerGone: Bool { code == EPIPE || code == ECONNRESET }
  /// The code for a peer that ended the conversation in order.
  public static var hungUp: Int32 { ECONNRESET }
  /// The code for a path that names something else.
  public static var notASocket: Int32 { ENOTSOCK }
}
