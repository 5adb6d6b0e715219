internal import Crypto

/// What lets a device in for a while: who it is and until when, signed by whoever has the key.
/// Agents that share a key take each other's.
package struct SessionToken: Equatable, Sendable {
  /// `DeviceName.isValid`.
  package var device: String
  /// Random: tells tokens of one device apart.
  var number: UInt64
  /// Milliseconds since 1970.
  var issued: Int64
  var expires: Int64
  /// How long a session may last, in milliseconds; nil for no limit.
  var longestSession: Int64?
  /// How many the device may have at once.
  var sessions: Int
  /// How long a turn may be, in milliseconds; nil leaves it to the agent.
  var longestTurn: Int?

  /// Why a token lets nobody in.
  package enum Problem: Error, Equatable { case bad, expired }

  /// The longest one has about 200.
  package static let longestText = 512
  private static let version: UInt8 = 2
  /// Of the fields before the device's name.
  private static let fixedSize = 42

  /// `version, number, issued, expires, longest session, longest turn, sessions, name`, then the signature.
  package func signed(with key: TokenKey) -> String {
    var bytes: [UInt8] = [SessionToken.version]
    SessionToken.append(number, to: &bytes)
    SessionToken.append(UInt64(bitPattern: issued), to: &bytes)
    SessionToken.append(UInt64(bitPattern: expires), to: &bytes)
    SessionToken.append(UInt64(bitPattern: longestSession ?? 0), to: &bytes)
    SessionToken.append(UInt64(clamping: longestTurn ?? 0), to: &bytes)
    bytes.append(UInt8(clamping: sessions))
    bytes += Array(device.utf8)
    return Base64URL.encode(bytes + key.sign(bytes))
  }

  package init(
    device: String, number: UInt64, issued: Int64, expires: Int64, longestSession: Int64?,
    sessions: Int, longestTurn: Int? = nil
  ) {
    self.device = device
    self.number = number
    self.issued = issued
    self.expires = expires
    self.longestSession = longestSession
    self.sessions = sessions
    self.longestTurn = longestTurn
  }

  /// - Parameter now: milliseconds since 1970.
  package init(
    _ text: some Collection<UInt8>, signedWith key: TokenKey, at now: Int64
  ) throws(Problem) {
    guard text.count <= SessionToken.longestText, let bytes = Base64URL.decode(text),
      bytes.count > SessionToken.fixedSize + SHA256.size
    else { throw .bad }
    let content = Array(bytes.dropLast(SHA256.size))
    // Nothing of it is believed before this.
    guard Secrecy.isSame(key.sign(content), Array(bytes.suffix(SHA256.size))),
      content[0] == SessionToken.version
    else { throw .bad }
    number = SessionToken.number(content, at: 1)
    issued = Int64(bitPattern: SessionToken.number(content, at: 9))
    expires = Int64(bitPattern: SessionToken.number(content, at: 17))
    let longest = Int64(bitPattern: SessionToken.number(content, at: 25))
    longestSession = longest > 0 ? longest : nil
    let turn = Int(clamping: SessionToken.number(content, at: 33))
    longestTurn = DeviceLimits.turnRange.contains(turn) ? turn : nil
    sessions = Int(content[41])
    guard let name = String(validating: content[SessionToken.fixedSize...], as: UTF8.self),
      DeviceName.isValid(name)
    else { throw .bad }
    device = name
    guard now < expires else { throw .expired }
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  private static func number(_ bytes: [UInt8], at start: Int) -> UInt64 {
    bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// Signs tokens.
package struct TokenKey: Sendable {
  package static let size = 32
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    precondition(bytes.count == TokenKey.size)
    self.bytes = bytes
  }

  /// The first words keep a signature of ours from meaning anything to anybody else.
  package func sign(_ content: [UInt8]) -> [UInt8] {
    SHA256.authentication(Array("auricle session token".utf8) + content, key: bytes)
  }
}
