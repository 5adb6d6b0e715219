internal import COpus

public struct OpusError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What we asked of the library.
  public let action: String
  public let code: Int32

  public var description: String {
    "opus cannot \(action): \(String(cString: opus_strerror(code)))"
  }

  static func check(_ code: Int32, _ action: String) throws(OpusError) {
    if code < 0 { throw OpusError(action: action, code: code) }
  }
}
