/// Whom a TLS connection believes, and what it shows of us. The chain of certificates, the name and
/// the dates are always checked; there is no way to switch that off, and everything here only adds
/// to it.
public struct TLSTrust: Equatable, Sendable {
  /// Certificates of the only authorities to believe (PEM); nil for the system's.
  public var caFile: String?
  /// Each a SHA-256 of a public key with its algorithm (SubjectPublicKeyInfo) in base64. When there
  /// are any, one certificate of the checked chain must have one of these keys.
  public var pins: [String]
  /// Who we are, for servers that ask: our certificate with those between it and its authority, and
  /// its private key, both in PEM. Both or neither.
  public var certificateFile: String?
  public var keyFile: String?

  public init(
    caFile: String? = nil, pins: [String] = [], certificateFile: String? = nil,
    keyFile: String? = nil
  ) {
    self.caFile = caFile
    self.pins = pins
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }

  /// As settings have them: empty for none, pins with blanks between.
  public init(caFile: String, pins: String, certificateFile: String, keyFile: String) {
    func some(_ path: String) -> String? { path.utf8.isEmpty ? nil : path }
    self.init(
      caFile: some(caFile),
      pins: Array(pins.utf8)[...].split(separator: UInt8(ascii: " ")).map {
        String(decoding: $0, as: UTF8.self)
      }, certificateFile: some(certificateFile), keyFile: some(keyFile))
  }
}

/// How long each step to an open connection may take. Each has a failure of its own.
public struct ConnectPatience: Equatable, Sendable {
  public var lookupMilliseconds: Int64 = 5_000
  public var connectMilliseconds: Int64 = 5_000
  /// While there is another address, one that does not answer in this time is passed over. A broken
  /// IPv6 before a working IPv4 is the usual reason.
  public var passOverMilliseconds: Int64 = 2_500
  public var handshakeMilliseconds: Int64 = 8_000
  public var upgradeMilliseconds: Int64 = 5_000

  public init() {}

  func limit(of stage: ConnectStage) -> Int64 {
    switch stage {
    case .lookup: lookupMilliseconds
    case .connect: connectMilliseconds
    case .handshake: handshakeMilliseconds
    case .upgrade, .open: upgradeMilliseconds
    }
  }
}

/// The steps to an open connection, in their order.
public enum ConnectStage: Equatable, Sendable {
  case lookup, connect, handshake, upgrade, open

  var words: String {
    switch self {
    case .lookup: "looking its name up"
    case .connect: "connecting"
    case .handshake: "the TLS handshake"
    case .upgrade: "its answer to our request"
    case .open: "the open connection"
    }
  }
}

/// A header of ours in a request. Its value may be a secret, so it is never printed.
public struct RequestHeader: Sendable, CustomStringConvertible {
  /// All headers of a request together may have this many bytes.
  public static let mostBytes = 8 << 10

  let name: String
  let value: String

  /// Nil for a name or value that would not stay a single header.
  public init?(_ name: String, _ value: String) {
    guard !name.isEmpty, name.utf8.allSatisfy(RequestHeader.isNameByte),
      value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.name = name
    self.value = value
  }

  public var description: String { "\(name): \(value.utf8.count) bytes" }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      return true
    default: return false
    }
  }
}
