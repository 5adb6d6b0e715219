/// What a token broker gave: where to connect, what to show there, and for how long that is good.
/// It holds a secret: for memory only, never for a log.
public struct SessionGrant: Equatable, Sendable {
  public struct Header: Equatable, Sendable {
    public let name: String
    public let value: String
  }

  /// What this one session has otherwise than the settings say; nil leaves it to them.
  public struct Overrides: Equatable, Sendable {
    public var longestTurnMilliseconds: Int64?
  }

  public let url: String
  public let headers: [Header]
  /// From the moment the answer came: the broker's clock may not be ours.
  public let expiresInMilliseconds: Int64
  /// What is spoken there.
  public let profile: String
  public let overrides: Overrides
}

/// Why a broker's answer is none.
public enum BrokerAnswerError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLarge(bytes: Int, allowed: Int)
  case notJSON(JSONError)
  case missing(field: String)
  case wrong(field: String, wanted: String)
  /// A header that would change what the connection is.
  case forbiddenHeader(name: String)

  public var description: String {
    switch self {
    case .tooLarge(let bytes, let allowed):
      return "the broker's answer has \(bytes) bytes, allowed are \(allowed)"
    case .notJSON(let error): return "the broker's answer is not JSON: \(error.description)"
    case .missing(let field): return "the broker's answer lacks \(field)"
    case .wrong(let field, let wanted): return "in the broker's answer \(field) is not \(wanted)"
    case .forbiddenHeader(let name):
      return "the broker's answer sets the header \(name), which is not for it to set"
    }
  }
}

/// Reads what a broker answers (docs/protocol/BROKER.md). A broker is believed where to
/// connect and what to show, and nothing else: what it sends goes into an HTTP request of ours.
public enum BrokerAnswer {
  public static let largest = 16_384
  public static let longestURL = 1_024
  public static let mostHeaders = 8
  public static let longestHeaderName = 64
  /// Of a name and its value together: all of them must fit into one request.
  public static let mostHeaderBytes = 3_072
  /// A shorter one could not be used; nobody needs one for more than a week.
  public static let lifetime: ClosedRange<Int64> = 1_000...604_800_000
  public static let profile = "auricle.v1"

  /// - Parameter allowsPlain: takes `ws://` as well, for tests.
  public static func read(_ bytes: [UInt8], allowsPlain: Bool = false) throws(BrokerAnswerError)
    -> SessionGrant
  {
    let answer = try object(bytes)
    let url = try text("url", of: answer)
    let isSecure = url.utf8.starts(with: "wss://".utf8)
    guard isSecure || allowsPlain && url.utf8.starts(with: "ws://".utf8) else {
      throw .wrong(field: "url", wanted: "a url that begins with wss://")
    }
    guard url.utf8.count <= longestURL, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw .wrong(field: "url", wanted: "at most \(longestURL) visible ASCII characters")
    }
    let expiresIn = try number("expires_in_ms", of: answer, in: lifetime)
    // A broker for several kinds of agents names the one it chose.
    let chosen = try text("profile", of: answer)
    guard chosen.hasSameBytes(as: profile) else {
      throw .wrong(field: "profile", wanted: profile)
    }
    return SessionGrant(
      url: url, headers: try headers(answer), expiresInMilliseconds: expiresIn, profile: profile,
      overrides: try overrides(answer))
  }

  /// What a broker that refuses says is the reason, fit for a log line; nil when it says nothing.
  public static func refusal(_ bytes: [UInt8]) -> String? {
    // An answer that cannot be read has no sentence in it; its status says enough.
    let answer = try? object(bytes)
    guard case .text(let message)? = answer?.member("message") else { return nil }
    // What is no visible ASCII could be anything on a terminal.
    let shown = message.utf8.prefix(WireLimits.longestSentence).map { byte -> UInt8 in
      byte >= 0x20 && byte < 0x7F ? byte : UInt8(ascii: "?")
    }
    return shown.isEmpty ? nil : String(decoding: shown, as: UTF8.self)
  }

  // MARK: Headers

  private static func headers(_ answer: JSONValue) throws(BrokerAnswerError)
    -> [SessionGrant.Header]
  {
    guard let value = answer.member("headers") else { return [] }
    guard case .object(let fields) = value, fields.count <= mostHeaders else {
      throw .wrong(field: "headers", wanted: "an object of at most \(mostHeaders) headers")
    }
    var headers: [SessionGrant.Header] = []
    var room = mostHeaderBytes
    for field in fields {
      // The name in an error is one that was found harmless.
      guard isName(field.name) else {
        throw .wrong(field: "headers", wanted: "an object of names that headers may have")
      }
      guard !isForbidden(field.name) else { throw .forbiddenHeader(name: field.name) }
      for other in headers where isSameName(other.name, field.name) {
        throw .wrong(field: "headers", wanted: "an object that has \(field.name) only once")
      }
      guard case .text(let text) = field.value, isValue(text) else {
        throw .wrong(field: "headers \(field.name)", wanted: "visible ASCII characters")
      }
      room -= field.name.utf8.count + text.utf8.count + 4
      guard room >= 0 else {
        throw .wrong(field: "headers", wanted: "at most \(mostHeaderBytes) bytes")
      }
      headers.append(.init(name: field.name, value: text))
    }
    return headers
  }

  /// A token as RFC 9110 says.
  private static func isName(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= longestHeaderName else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        return true
      default: return false
      }
    }
  }

  /// No line end, and nothing at its edges that a server would take away.
  private static func isValue(_ value: String) -> Bool {
    guard let first = value.utf8.first, first != 0x20, value.utf8.last != 0x20 else { return false }
    return value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
  }

  /// Headers that make the request the one it is.
  private static func isForbidden(_ name: String) -> Bool {
    for own in [
      "host", "connection", "upgrade", "content-length", "transfer-encoding", "origin", "expect",
      "te", "trailer",
    ] where isSameName(name, own) {
      return true
    }
    return isSameName(String(decoding: name.utf8.prefix(14), as: UTF8.self), "sec-websocket-")
  }

  private static func isSameName(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte
  }

  // MARK: Fields

  private static func overrides(_ answer: JSONValue) throws(BrokerAnswerError)
    -> SessionGrant.Overrides
  {
    var overrides = SessionGrant.Overrides()
    guard let value = answer.member("session_overrides") else { return overrides }
    guard case .object = value else {
      throw .wrong(field: "session_overrides", wanted: "an object")
    }
    if value.member("max_turn_ms") != nil {
      overrides.longestTurnMilliseconds = try number(
        "max_turn_ms", of: value, in: 1_000...WireLimits.longestMilliseconds)
    }
    return overrides
  }

  private static func object(_ bytes: [UInt8]) throws(BrokerAnswerError) -> JSONValue {
    guard bytes.count <= largest else { throw .tooLarge(bytes: bytes.count, allowed: largest) }
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(bytes) } catch { throw .notJSON(error) }
    guard case .object = value else { throw .wrong(field: "the whole", wanted: "an object") }
    return value
  }

  private static func text(_ field: String, of answer: JSONValue) throws(BrokerAnswerError)
    -> String
  {
    guard let value = answer.member(field) else { throw .missing(field: field) }
    guard case .text(let text) = value else { throw .wrong(field: field, wanted: "a string") }
    return text
  }

  private static func number(
    _ field: String, of answer: JSONValue, in allowed: ClosedRange<Int64>
  ) throws(BrokerAnswerError) -> Int64 {
    guard let value = answer.member(field) else { throw .missing(field: field) }
    guard case .integer(let number) = value, allowed.contains(number) else {
      throw .wrong(
        field: field,
        wanted: "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    return number
  }
}
