internal import CLinux

/// A system call that failed: what we tried, on what, and the kernel's reason.
public struct LinuxError: Error, Equatable, Sendable, CustomStringConvertible {
  public let action: String
  public let subject: String
  public let code: Int32

  public init(_ action: String, _ subject: String, code: Int32) {
    self.action = action
    self.subject = subject
    self.code = code
  }

  /// Takes the reason from errno, so it must be made right after the call that failed.
  static func last(_ action: String, _ subject: String) -> LinuxError {
    LinuxError(action, subject, code: clinux_errno())
  }

  public var reason: String { String(cString: strerror(code)) }
  public var description: String { "cannot \(action) \(subject): \(reason)" }

  public var isNotFound: Bool { code == ENOENT }
  public var isRefused: Bool { code == ECONNREFUSED }
  public var isPermission: Bool { code == EACCES || code == EPERM }
}

extension LinuxError {
  /// Somebody else has it.
  public static let busy: Int32 = EADDRINUSE
}
