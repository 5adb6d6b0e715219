internal import Crypto
internal import WireProtocols

/// Gives devices that prove themselves a token, and lets in who shows one. Decides; knows no socket
/// and writes no log.
package struct Broker: Sendable {
  struct Rules: Sendable {
    /// Milliseconds.
    var lifetime: Int64 = 600_000
    var longestSession: Int64?
    /// What devices are told to connect to; nil for the host they asked.
    var publicURL: String?
    var isSecure = true
    var path = "/auricle"
  }

  /// Addresses and devices whose pace is known.
  static let mostRemembered = 4_096
  /// Requests of one address, behind which there may be a house full of devices.
  static let requestsPerMinute = 120
  /// Upgrades of one address that show no good token. Those that show one are never in their way.
  static let refusalsPerMinute = 120

  struct Inquiry {
    var neighbour: UInt64
    var host: [UInt8]?
    var authorization: [UInt8]?
    /// Of a certificate that was found good.
    var certificate: String?
    var hasNamelessCertificate = false
    var body: [UInt8] = []
  }

  /// What a device is given.
  struct Grant: Equatable, Sendable {
    var token: SessionToken
    var text: String
    var isByCertificate: Bool
    var url: String
  }

  enum Refusal: Error, Equatable {
    case badRequest(String)
    /// For the log alone, who was not known and who had a wrong secret.
    case unauthorized(reason: String, device: String?)
    case tooMany(waitMilliseconds: Int64, device: String?)
    case noToken, badToken, expiredToken
    case lockedOut(device: String)
    /// The proof is good, but of a device with another name.
    case otherName(ofCertificate: String, device: String)
    case noRandomBytes
  }

  private let key: TokenKey
  private let devices: DeviceList
  private let rules: Rules
  private let clock: BrokerClock
  private var byNeighbour: RecentTable<UInt64, Pace>
  /// Upgrades that were refused.
  private var refusedByNeighbour: RecentTable<UInt64, Pace>
  private var byDevice: RecentTable<String, Pace>
  /// Compared with when there is nothing to compare with, so that it takes as long.
  private let nobody: [UInt8]

  init(
    key: TokenKey, devices: DeviceList, rules: Rules, clock: BrokerClock = BrokerClock(),
    remembering most: Int = Broker.mostRemembered
  ) {
    self.key = key
    self.devices = devices
    self.rules = rules
    self.clock = clock
    byNeighbour = RecentTable(limit: most)
    refusedByNeighbour = RecentTable(limit: most)
    byDevice = RecentTable(limit: most)
    nobody = Secrecy.randomBytes(SHA256.size) ?? key.sign([])
  }

  // MARK: Tokens for devices

  mutating func grant(_ inquiry: Inquiry) throws(Refusal) -> Grant {
    let now = clock.monotonic()
    let perMinute = Broker.requestsPerMinute
    let wait = byNeighbour.update(inquiry.neighbour, or: Pace(perMinute: perMinute)) {
      $0.take(atMicroseconds: now)
    }
    if let wait { throw .tooMany(waitMilliseconds: wait, device: nil) }
    let claimed = try claimedName(inquiry.body)
    let (device, isByCertificate) = try proven(inquiry, claimed)
    let limits = devices.limits(of: device)
    let perDevice = limits.tokensPerMinute
    let pause = byDevice.update(device, or: Pace(perMinute: perDevice)) {
      $0.take(atMicroseconds: now)
    }
    if let pause { throw .tooMany(waitMilliseconds: pause, device: device) }
    guard let url = url(inquiry.host) else {
      throw .badRequest("the Host header must be a name or an address, perhaps with a port")
    }
    guard let random = Secrecy.randomBytes(8) else { throw .noRandomBytes }
    let issued = clock.unix()
    let token = SessionToken(
      device: device, number: random.reduce(0) { $0 << 8 | UInt64($1) }, issued: issued,
      expires: issued + rules.lifetime, longestSession: rules.longestSession,
      sessions: limits.sessions, longestTurn: limits.longestTurn)
    return Grant(
      token: token, text: token.signed(with: key), isByCertificate: isByCertificate, url: url)
  }

  /// Who the device says it is.
  private func claimedName(_ body: [UInt8]) throws(Refusal) -> String? {
    guard !body.isEmpty else { return nil }
    var limits = JSONReader.Limits()
    limits.depth = 4
    limits.values = 64
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(body, limits: limits) } catch {
      throw .badRequest("the body is not JSON: \(error.description)")
    }
    guard case .object = value else { throw .badRequest("the body is not an object") }
    switch value.member("device") {
    case nil: return nil
    case .text(let name) where DeviceName.isValid(name): return name
    default: throw .badRequest("device is not \(DeviceName.wanted)")
    }
  }

  /// Whose proof it is. A secret that is given must be right, also beside a certificate.
  private func proven(_ inquiry: Inquiry, _ claimed: String?) throws(Refusal) -> (String, Bool) {
    if let authorization = inquiry.authorization {
      guard let secret = Broker.bearer(authorization) else {
        throw .unauthorized(reason: "Authorization is not Bearer and a secret", device: claimed)
      }
      // The same steps for a device that is not known.
      let given = DeviceSecret.hash(of: secret)
      let known = claimed.flatMap { devices.devices[$0]?.proof }
      var wanted = nobody
      if case .secret(let hash) = known { wanted = hash }
      let isRight = Secrecy.isSame(given, wanted)
      guard let claimed, isRight, case .secret = known else {
        let reason =
          switch known {
          case .secret: "wrong secret"
          case .certificate: "a secret for a device with a certificate"
          case .some(.none): "locked out"
          case nil: claimed == nil ? "no device named" : "unknown device"
          }
        throw .unauthorized(reason: reason, device: claimed)
      }
      return (claimed, false)
    }
    guard let name = inquiry.certificate else {
      let reason =
        inquiry.hasNamelessCertificate
        ? "a certificate without exactly one common name" : "neither secret nor certificate"
      throw .unauthorized(reason: reason, device: claimed)
    }
    guard DeviceName.isValid(name) else {
      throw .unauthorized(reason: "the certificate's name is no device's name", device: nil)
    }
    if let claimed, claimed != name {
      throw .otherName(ofCertificate: name, device: claimed)
    }
    if devices.devices[name]?.proof == DeviceList.Device.Proof.none {
      throw .lockedOut(device: name)
    }
    return (name, true)
  }

  private func url(_ host: [UInt8]?) -> String? {
    if let url = rules.publicURL { return url }
    guard let host, Broker.isPlain(host) else { return nil }
    let scheme = rules.isSecure ? "wss" : "ws"
    return "\(scheme)://\(String(decoding: host, as: UTF8.self))\(rules.path)"
  }

  /// `host`, `host:port` or the same with `[an IPv6 address]`: nothing that could lead somewhere else.
  package static func isPlain(_ host: [UInt8]) -> Bool {
    if host.first == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")), isIPv6(host[1..<end]) else {
        return false
      }
      let rest = host[(end + 1)...]
      return rest.isEmpty || (rest.first == UInt8(ascii: ":") && isPort(rest.dropFirst()))
    }
    let parts = host.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count <= 2, (1...253).contains(parts[0].count) else { return false }
    let isName = parts[0].allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    return isName && (parts.count == 1 || isPort(parts[1]))
  }

  private static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
    // 8 groups of 4 digits with 7 colons, or 6 of them and an IPv4 address.
    guard text.count <= 45, text.count(where: { $0 == UInt8(ascii: ":") }) >= 2 else {
      return false
    }
    return text.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
        true
      default: false
      }
    }
  }

  private static func isPort(_ digits: ArraySlice<UInt8>) -> Bool {
    guard (1...5).contains(digits.count),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = Int(String(decoding: digits, as: UTF8.self))
    else { return false }
    return (1...65_535).contains(port)
  }

  // MARK: Devices with tokens

  /// - Parameter neighbour: see `SocketServer.Request`.
  mutating func admit(
    _ authorization: [UInt8]?, from neighbour: UInt64
  ) throws(Refusal) -> SessionToken {
    do throws(Refusal) { return try token(in: authorization) } catch {
      let perMinute = Broker.refusalsPerMinute
      let now = clock.monotonic()
      let wait = refusedByNeighbour.update(neighbour, or: Pace(perMinute: perMinute)) {
        $0.take(atMicroseconds: now)
      }
      if let wait { throw .tooMany(waitMilliseconds: wait, device: nil) }
      throw error
    }
  }

  private func token(in authorization: [UInt8]?) throws(Refusal) -> SessionToken {
    guard let authorization else { throw .noToken }
    guard let text = Broker.bearer(authorization) else { throw .badToken }
    let token: SessionToken
    do throws(SessionToken.Problem) {
      token = try SessionToken(text, signedWith: key, at: clock.unix())
    } catch {
      throw error == .expired ? .expiredToken : .badToken
    }
    if devices.devices[token.device]?.proof == DeviceList.Device.Proof.none {
      throw .lockedOut(device: token.device)
    }
    return token
  }

  /// What comes after "Bearer ", whose case does not matter.
  package static func bearer(_ authorization: [UInt8]) -> ArraySlice<UInt8>? {
    let scheme = Array("bearer ".utf8)
    guard authorization.count > scheme.count,
      zip(authorization, scheme).allSatisfy({ $0 | 0x20 == $1 })
    else { return nil }
    let rest = authorization[scheme.count...].drop { $0 == UInt8(ascii: " ") }
    return rest.isEmpty ? nil : rest
  }
}
