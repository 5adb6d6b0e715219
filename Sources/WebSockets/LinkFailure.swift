/// Why a link is closed, in a kind for programs and one line of advice for people.
public struct LinkFailure: Equatable, Sendable, CustomStringConvertible {
  public enum Kind: Equatable, Sendable {
    /// Nobody listens there.
    case refused
    case unreachable
    case nameNotFound
    /// A step of connecting took longer than it may, or the open connection went dead.
    case timedOut(ConnectStage)
    case tls(TLSReason)
    /// The server answered, but not with a WebSocket of our protocol. 101: with another protocol.
    case upgradeRefused(status: Int)
    /// 1005: it gave no code; 1006: the connection broke.
    case closedByPeer(code: Int)
    /// The peer sent a larger message than we take.
    case tooLarge
    /// The peer sent a text message, or a goodbye, that is no UTF-8.
    case notText
    /// We closed it ourselves.
    case local
  }

  public enum TLSReason: Equatable, Sendable {
    case unknownAuthority
    case selfSigned
    case wrongName
    case expired
    case notYetValid
    /// The same, but this device's clock is known to be wrong.
    case clockWrong
    /// Anything else about it, which the detail says: made for another purpose, by no authority, and so on.
    case unfit
    /// No certificate of the chain has a key that is pinned.
    case wrongPin
    /// Our own file of authorities cannot be used.
    case badAuthorityFile
    /// Our own certificate or its key cannot be used.
    case badClientCertificate
    /// The server does not take our certificate, or wants one.
    case clientRefused
    /// The same, because it has run out by the server's clock.
    case clientExpired
    /// The same, because no authority that the server trusts has signed it.
    case clientUnknown
    /// It speaks nothing newer than TLS 1.1.
    case tooOld
    /// Keys or methods that are too easy to break.
    case weak
    case other
  }

  public let kind: Kind
  /// What the library or the peer said; may be empty.
  public let detail: String
  /// What a technician can do about it.
  public let advice: String
  /// What a server that answered wants us to wait at least (`Retry-After`); 0: it did not say.
  public var retryAfterSeconds = 0

  public var description: String { reason + ": " + advice }

  /// What happened, without what to do about it.
  public var reason: String { detail.utf8.isEmpty ? summary : summary + " (" + detail + ")" }

  /// The kind in a few words.
  public var summary: String {
    switch kind {
    case .refused: return "connection refused"
    case .unreachable: return "not reachable"
    case .nameNotFound: return "name not found"
    case .timedOut(.open): return "the open connection went silent"
    case .timedOut(let stage): return "no answer: " + stage.words + " took too long"
    case .tls(.unknownAuthority): return "certificate of an unknown authority"
    case .tls(.selfSigned): return "certificate signed by itself"
    case .tls(.wrongName): return "certificate for another name"
    case .tls(.expired): return "certificate expired"
    case .tls(.notYetValid): return "certificate not valid yet"
    case .tls(.clockWrong):
      return "certificate not valid yet by this device's clock, which is wrong"
    case .tls(.unfit): return "certificate not fit for a server"
    case .tls(.wrongPin): return "certificate without the pinned key"
    case .tls(.badAuthorityFile): return "unusable file of authorities"
    case .tls(.badClientCertificate): return "unusable certificate of this device"
    case .tls(.clientRefused): return "certificate of this device refused"
    case .tls(.clientExpired): return "certificate of this device expired"
    case .tls(.clientUnknown): return "certificate of this device of an unknown authority"
    case .tls(.tooOld): return "TLS too old"
    case .tls(.weak): return "TLS too weak"
    case .tls(.other): return "no TLS connection"
    case .upgradeRefused(let status): return "answered with status \(status)"
    case .closedByPeer(1006): return "connection lost"
    case .closedByPeer(4012): return "closed by the agent, which restarts (code 4012)"
    case .closedByPeer(4013): return "closed by the agent, try again later (code 4013)"
    case .closedByPeer(let code): return "closed by the agent with code \(code)"
    case .tooLarge: return "message too large"
    case .notText: return "text that is not UTF-8"
    case .local: return "closed"
    }
  }

  /// The kind in one word for programs.
  public var code: String {
    switch kind {
    case .refused: "no-agent"
    case .unreachable: "unreachable-agent"
    case .nameNotFound: "unknown-agent-name"
    case .timedOut: "no-answer"
    case .tls(.unknownAuthority): "unknown-authority"
    case .tls(.selfSigned): "self-signed"
    case .tls(.wrongName): "wrong-name"
    case .tls(.expired): "expired-certificate"
    case .tls(.notYetValid): "certificate-not-yet-valid"
    case .tls(.clockWrong): "certificate-wrong-clock"
    case .tls(.unfit): "unfit-certificate"
    case .tls(.wrongPin): "wrong-pin"
    case .tls(.badAuthorityFile): "bad-authority-file"
    case .tls(.badClientCertificate): "bad-own-certificate"
    case .tls(.clientRefused): "own-certificate-refused"
    case .tls(.clientExpired): "expired-own-certificate"
    case .tls(.clientUnknown): "unknown-own-certificate"
    case .tls(.tooOld), .tls(.weak), .tls(.other): "no-tls"
    case .upgradeRefused(401), .upgradeRefused(403): "not-let-in"
    case .upgradeRefused: "not-our-agent"
    case .closedByPeer, .tooLarge, .notText, .local: "closed"
    }
  }

  init(
    _ kind: Kind, detail: String = "", to address: ServerAddress, trust: TLSTrust,
    clock: ClockReading, patience: ConnectPatience, limit: Int, who: String
  ) {
    self.kind = kind
    if case .timedOut(let stage) = kind, stage != .open, detail.utf8.isEmpty {
      self.detail = "more than \(patience.limit(of: stage) / 1_000) s"
    } else {
      self.detail = detail
    }
    advice =
      LinkAdvice(
        kind: kind, address: address, trust: trust, clock: clock, limit: limit, who: who
      ).text
  }
}
