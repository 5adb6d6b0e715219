internal import Crypto
internal import Linux
internal import VoiceCore
internal import WebSockets

/// Who comes in, how often and for how long: what stands between the sockets and the sessions. Tells
/// the log who got what.
final class Reception {
  static let path = "/token"
  /// A secret or a key file is no larger.
  static let longestFile = 1 << 20
  /// Lines about those who were sent away: a stranger must not fill the log.
  static let complaintsPerMinute = 30

  /// What a connection was let in with.
  final class Guest {
    let token: SessionToken
    init(_ token: SessionToken) { self.token = token }
  }

  /// Nil lets everybody in.
  private var broker: Broker?
  private let longestSession: Int64?
  private let clock: BrokerClock
  private var complaints = Pace(perMinute: Reception.complaintsPerMinute)
  private var unsaid = 0

  init(_ options: AgentOptions, clock: BrokerClock) throws(AgentError) {
    self.clock = clock
    longestSession = options.sessionLimit.map { Int64($0) * 1_000 }
    guard options.isGuarded else {
      Log.warning(
        "event=open_to_all reason=\"no devices named: whoever reaches the port may talk\"")
      return
    }
    var usual = DeviceLimits()
    usual.sessions = options.sessionsPerDevice
    usual.tokensPerMinute = options.tokensPerMinute
    var devices = DeviceList(usual: usual)
    if let file = options.devices {
      devices = try DeviceList(try Reception.read(file), file: file, usual: usual)
    }
    var rules = Broker.Rules()
    rules.lifetime = Int64(options.tokenLifetime) * 1_000
    rules.longestSession = longestSession
    rules.publicURL = options.publicURL
    rules.isSecure = options.certificate != nil
    rules.path = Agent.path
    broker = Broker(
      key: try Reception.key(options.tokenKey), devices: devices, rules: rules, clock: clock)
    Log.info(
      "event=guarded devices=\(devices.devices.count) "
        + "certificates=\(options.deviceAuthority == nil ? "no" : "yes") "
        + "token_s=\(options.tokenLifetime) session_s=\(options.sessionLimit ?? 0)")
  }

  /// Nil when everybody is let in and there are no tokens.
  var service: SocketServer.Service? {
    guard broker != nil else { return nil }
    return .init(
      path: Reception.path, answer: { [unowned self] in answer($0) },
      admit: { [unowned self] in admit($0) })
  }

  // MARK: Tokens

  private func answer(_ request: SocketServer.Request) -> SocketServer.Response {
    do throws(Broker.Refusal) {
      guard let grant = try broker?.grant(Reception.inquiry(request)) else {
        return .problem(404, "not_found", "there are no tokens here")
      }
      Log.info(
        "event=token device=\(grant.token.device) by=\(grant.isByCertificate ? "certificate" : "secret") "
          + "peer=\(Log.quoted(request.peer)) token=\(Reception.end(of: grant.text)) "
          + "expires_in_ms=\(grant.token.expires - grant.token.issued)")
      return BrokerReply.granted(grant)
    } catch {
      complain("event=token_refused \(Reception.words(error)) peer=\(Log.quoted(request.peer))")
      return BrokerReply.refused(error)
    }
  }

  private func admit(_ request: SocketServer.Request) -> SocketServer.Admission {
    do throws(Broker.Refusal) {
      guard let token = try broker?.admit(request.authorization, from: request.neighbour)
      else { return .welcome(nil) }
      return .welcome(Guest(token))
    } catch {
      let end = Reception.end(of: request.authorization, refused: error)
      complain(
        "event=refused \(Reception.words(error))" + (end.map { " token=\($0)" } ?? "")
          + " peer=\(Log.quoted(request.peer))")
      return .refused(BrokerReply.refused(error))
    }
  }

  private static func inquiry(_ request: SocketServer.Request) -> Broker.Inquiry {
    var inquiry = Broker.Inquiry(neighbour: request.neighbour)
    inquiry.host = request.host
    inquiry.authorization = request.authorization
    inquiry.body = request.body
    switch request.certificate {
    case .none: break
    case .of(let name): inquiry.certificate = name
    case .nameless: inquiry.hasNamelessCertificate = true
    }
    return inquiry
  }

  // MARK: Sessions

  /// What the shelf of sessions needs to know of who was let in.
  func admission(of connection: SocketServer.Connection, _ guest: AnyObject?) -> Admission {
    let token = (guest as? Guest)?.token
    if let token { Log.info("event=admitted connection=\(connection.id) device=\(token.device)") }
    let longest = token?.longestSession ?? longestSession
    return Admission(
      device: token?.device, sessions: token?.sessions,
      longestSession: longest.map { .milliseconds($0) },
      longestTurn: token?.longestTurn.map { .milliseconds(Int64($0)) })
  }

  func note(_ trouble: SocketServer.Trouble) {
    switch trouble {
    case .cannotAccept(let code):
      let reason = LinuxError("accept", "a caller", code: code).reason
      complain("event=cannot_accept reason=\(Log.quoted(reason))")
    case .tooMany(let peer):
      complain("event=refused reason=too_many_callers peer=\(Log.quoted(peer))")
    case .full(let peer):
      complain("event=refused reason=full peer=\(Log.quoted(peer))")
    case .badCertificate(let peer, let reason):
      complain("event=bad_certificate reason=\(Log.quoted(reason)) peer=\(Log.quoted(peer))")
    }
  }

  // MARK: The log

  private func complain(_ line: String) {
    guard complaints.take(atMicroseconds: clock.monotonic()) == nil else {
      unsaid += 1
      return
    }
    Log.warning(unsaid == 0 ? line : "\(line) left_out=\(unsaid)")
    unsaid = 0
  }

  /// Of a token that was ours. What else was shown may be anything, a secret perhaps.
  static func end(of authorization: [UInt8]?, refused: Broker.Refusal) -> String? {
    switch refused {
    case .expiredToken, .lockedOut:
      guard let authorization, let shown = Broker.bearer(authorization) else { return nil }
      return end(of: String(decoding: shown, as: UTF8.self))
    default: return nil
    }
  }

  /// Enough to find it again, nothing to use it with.
  private static func end(of token: String) -> String {
    token.utf8.count < 32 ? "…" : "…\(token.suffix(4))"
  }

  private static func words(_ refusal: Broker.Refusal) -> String {
    func line(_ reason: String, _ device: String?) -> String {
      "reason=\(Log.quoted(reason))" + (device.map { " device=\($0)" } ?? "")
    }
    switch refusal {
    case .badRequest(let what): return line(what, nil)
    // Who mistakes the fields sends the secret as the name.
    case .unauthorized(let reason, let device):
      return line(reason, device.map { $0.utf8.count > 24 ? $0.prefix(12) + "…" : $0 })
    case .otherName(let name, let device): return line("the certificate is of \(name)", device)
    case .tooMany(let wait, let device): return line("too many, wait \(wait) ms", device)
    case .noToken: return line("no token", nil)
    case .badToken: return line("bad token", nil)
    case .expiredToken: return line("expired token", nil)
    case .lockedOut(let device): return line("locked out", device)
    case .noRandomBytes: return line("no random bytes", nil)
    }
  }

  // MARK: Files

  private static func read(_ file: String) throws(AgentError) -> [UInt8] {
    do throws(LinuxError) { return try Files.read(file, limit: longestFile) } catch {
      throw AgentError(error.description)
    }
  }

  /// From the file, or one that only this process knows.
  static func key(_ file: String?) throws(AgentError) -> TokenKey {
    guard let file else {
      guard let random = Secrecy.randomBytes(TokenKey.size) else {
        throw AgentError("cannot make a key for tokens: the system has no random bytes")
      }
      return TokenKey(random)
    }
    let isPrivate: Bool
    do throws(LinuxError) { isPrivate = try Files.isPrivate(file) } catch {
      throw AgentError(error.description)
    }
    guard isPrivate else {
      throw AgentError("\(file) may be read or written by others: chmod 600 \(file)")
    }
    var text = String(decoding: try read(file), as: UTF8.self)
    while let last = text.utf8.last, last == 0x0A || last == 0x0D {
      text.unicodeScalars.removeLast()
    }
    guard let bytes = Hexadecimal.decode(text, count: TokenKey.size) else {
      throw AgentError(
        "\(file) is not \(TokenKey.size * 2) hexadecimal digits: openssl rand -hex \(TokenKey.size)"
      )
    }
    return TokenKey(bytes)
  }
}
