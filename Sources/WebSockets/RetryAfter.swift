/// The header with which a server that is busy says how long to leave it alone.
package enum RetryAfter {
  /// A server that says more means a mistake, or somebody else.
  package static let longestSeconds = 600

  /// - Parameter value: of the header. A date, as the standard also allows, counts as nothing: the
  ///   clock it would be compared with may be wrong.
  package static func seconds(_ value: [UInt8]) -> Int {
    guard !value.isEmpty else { return 0 }
    var seconds = 0
    for byte in value {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return 0 }
      seconds = min(seconds * 10 + Int(byte - UInt8(ascii: "0")), longestSeconds)
    }
    return seconds
  }
}
