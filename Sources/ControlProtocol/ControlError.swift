/// What was wrong with what the other side sent. Its description is the sentence in `error=`.
public enum ControlError: Error, Equatable, Sendable, CustomStringConvertible {
  case blockTooLong(limit: Int)
  case tooManyFields(limit: Int)
  case notAField(String)
  case fieldTwice(String)
  case badEscape(String)
  case notUTF8(String)
  case noRequest
  case unknownRequest(String)
  case unknownField(String, request: String)
  case badValue(key: String, given: String, allowed: String)

  public var description: String {
    switch self {
    case .blockTooLong(let limit): "a block is longer than \(limit) bytes"
    case .tooManyFields(let limit): "a block has more than \(limit) fields"
    case .notAField(let line): "\"\(line)\" is no field: key=value is right"
    case .fieldTwice(let key): "\(key) is given twice"
    case .badEscape(let key):
      "\(key) holds a backslash that means nothing: \\\\, \\n, \\r and \\0 are right"
    case .notUTF8(let key): "\(key) is not valid UTF-8"
    case .noRequest: "no request: the first field is request=NAME"
    case .unknownRequest(let name):
      "unknown request \(name): there are status, watch, listen, stop, mute, volume, cue, cards, use, settings, version, measure, check"
    case .unknownField(let key, let request): "\(request) takes no \(key)"
    case .badValue(let key, let given, let allowed):
      "\(key)=\(given) is wrong: allowed is \(allowed)"
    }
  }
}
