/// A message that broke the protocol. The connection cannot go on after it, except after
/// `unsupported`, which is answered and survived.
public enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLarge(bytes: Int, allowed: Int)
  case notJSON(JSONError)
  case missing(field: String, message: String)
  case wrongKind(field: String, message: String, wanted: String)
  case outOfRange(field: String, message: String, given: Int64, allowed: ClosedRange<Int64>)
  case tooLong(field: String, message: String, bytes: Int, allowed: Int)
  /// A word that is none of the allowed ones, or a name with control characters.
  case badText(field: String, message: String, wanted: String)
  /// A message type or a protocol version that is not ours.
  case unsupported(String)
  case badHeader(String)
  case outOfOrder(String)

  public var description: String {
    switch self {
    case .tooLarge(let bytes, let allowed):
      return "message of \(bytes) bytes, allowed are \(allowed)"
    case .notJSON(let error): return "not JSON: \(error.description)"
    case .missing(let field, let message): return "\(message): \(field) is missing"
    case .wrongKind(let field, let message, let wanted):
      return "\(message): \(field) is not \(wanted)"
    case .outOfRange(let field, let message, let given, let allowed):
      return
        "\(message): \(field) is \(given), allowed are \(allowed.lowerBound) to \(allowed.upperBound)"
    case .tooLong(let field, let message, let bytes, let allowed):
      return "\(message): \(field) has \(bytes) bytes, allowed are \(allowed)"
    case .badText(let field, let message, let wanted):
      return "\(message): \(field) is not \(wanted)"
    case .unsupported(let what): return "\(what) is not supported"
    case .badHeader(let what): return "audio message: \(what)"
    case .outOfOrder(let what): return what
    }
  }

  /// The code an `error` message about it carries.
  public var code: String {
    switch self {
    case .tooLarge: return "too_large"
    case .notJSON, .missing, .wrongKind, .outOfRange, .tooLong, .badText, .badHeader:
      return "bad_message"
    case .unsupported: return "unsupported"
    case .outOfOrder: return "out_of_order"
    }
  }
}
