/// Where a server listens: `wss://host:port/path`, or `ws://` without encryption; `https://` for one
/// that is asked and answers.
public struct ServerAddress: Equatable, Sendable, CustomStringConvertible {
  /// In bytes. The library keeps host and port in 127 bytes and would cut what is longer.
  public static let longestHost = 120
  public static let longestURL = 1_024

  private let scheme: String
  public let isSecure: Bool
  public let host: String
  public let port: Int32
  /// Begins with a slash; with the query, if there is one.
  public let path: String

  /// An agent's: `wss://` or `ws://`.
  public init(url: String) throws(LinkError) {
    try self.init(url, secure: "wss://", plain: "ws://")
  }

  /// A web server's: `https://` only.
  public init(https url: String) throws(LinkError) {
    try self.init(url, secure: "https://", plain: nil)
  }

  init(_ url: String, secure: String, plain: String?) throws(LinkError) {
    func bad(_ wanted: String) -> LinkError { .badAddress(given: Self.shown(url), wanted: wanted) }
    var rest = Array(url.utf8)[...]
    guard rest.count <= Self.longestURL else { throw bad("at most \(Self.longestURL) bytes") }
    guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
      throw bad("use visible ASCII characters, without #")
    }
    if rest.starts(with: secure.utf8) {
      (isSecure, scheme) = (true, secure)
      rest = rest.dropFirst(secure.utf8.count)
    } else if let plain, rest.starts(with: plain.utf8) {
      (isSecure, scheme) = (false, plain)
      rest = rest.dropFirst(plain.utf8.count)
    } else {
      throw bad("it must begin with \(secure)" + (plain.map { " or \($0)" } ?? ""))
    }

    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    rest = rest.dropFirst(authority.count)
    let beforeQuery = rest.first == UInt8(ascii: "/") ? "" : "/"
    path = beforeQuery + String(decoding: rest, as: UTF8.self)

    guard !authority.contains(UInt8(ascii: "@")) else {
      throw bad("no user name or password in it")
    }
    var host = authority
    var port: Int32 = isSecure ? 443 : 80
    if authority.first == UInt8(ascii: "[") {
      guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { throw bad("] is missing") }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let after = authority[authority.index(after: end)...]
      if !after.isEmpty { port = try Self.port(after, bad) }
      guard !host.isEmpty, host.allSatisfy(Self.isHexOrColon) else {
        throw bad("not an IPv6 address")
      }
    } else {
      if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
        host = authority[..<colon]
        port = try Self.port(authority[colon...], bad)
      }
      guard !host.isEmpty, host.allSatisfy(Self.isNameByte) else {
        throw bad("the host must be a name or an address")
      }
    }
    guard host.count <= Self.longestHost else {
      throw bad("the host may have \(Self.longestHost) characters")
    }
    self.host = String(decoding: host, as: UTF8.self)
    self.port = port
  }

  /// For the Host header: always with the port, which some servers insist on.
  public var hostAndPort: String { (isIPv6 ? "[\(host)]" : host) + ":\(port)" }
  public var description: String { scheme + hostAndPort + path }

  private var isIPv6: Bool { host.utf8.contains(UInt8(ascii: ":")) }

  private static func port(_ text: ArraySlice<UInt8>, _ bad: (String) -> LinkError)
    throws(LinkError)
    -> Int32
  {
    let digits = text.dropFirst()
    guard text.first == UInt8(ascii: ":"), !digits.isEmpty, digits.count <= 5,
      digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
      let port = Int32(String(decoding: digits, as: UTF8.self)), port >= 1, port <= 65_535
    else { throw bad("the port must be 1 to 65535") }
    return port
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"):
      return true
    default: return false
    }
  }

  private static func isHexOrColon(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
      return true
    default: return false
    }
  }

  /// For an error message: bounded, and without a password somebody may have put before the host.
  private static func shown(_ url: String) -> String {
    var bytes = Array(url.utf8.prefix(80))
    if let at = bytes.lastIndex(of: UInt8(ascii: "@")) {
      bytes.replaceSubrange(0..<at, with: "…".utf8)
    }
    for index in bytes.indices where bytes[index] < 0x20 { bytes[index] = UInt8(ascii: " ") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
