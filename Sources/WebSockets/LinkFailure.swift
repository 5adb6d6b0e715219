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
    /// The peer sent a text message that is no UTF-8.
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
    /// No certificate of the chain has a key that is pinned.
    case wrongPin
    /// Our own file of authorities cannot be used.
    case badAuthorityFile
    /// Our own certificate or its key cannot be used.
    case badClientCertificate
    /// The server does not take our certificate, or wants one.
    case clientRefused
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

  public var description: String { "\(reason): \(advice)" }

  /// What happened, without what to do about it.
  public var reason: String { detail.isEmpty ? summary : "\(summary) (\(detail))" }

  /// The kind in a few words.
  public var summary: String {
    switch kind {
    case .refused: return "connection refused"
    case .unreachable: return "not reachable"
    case .nameNotFound: return "name not found"
    case .timedOut(.open): return "the open connection went silent"
    case .timedOut(let stage): return "no answer: \(stage.words) took too long"
    case .tls(.unknownAuthority): return "certificate of an unknown authority"
    case .tls(.selfSigned): return "certificate signed by itself"
    case .tls(.wrongName): return "certificate for another name"
    case .tls(.expired): return "certificate expired"
    case .tls(.notYetValid): return "certificate not valid yet"
    case .tls(.clockWrong):
      return "certificate not valid yet by this device's clock, which is wrong"
    case .tls(.wrongPin): return "certificate without the pinned key"
    case .tls(.badAuthorityFile): return "unusable file of authorities"
    case .tls(.badClientCertificate): return "unusable certificate of this device"
    case .tls(.clientRefused): return "the agent refuses this device's certificate"
    case .tls(.tooOld): return "TLS too old"
    case .tls(.weak): return "TLS too weak"
    case .tls(.other): return "no TLS connection"
    case .upgradeRefused(let status): return "answered with status \(status)"
    case .closedByPeer(1006): return "connection lost"
    case .closedByPeer(let code): return "closed by the agent with code \(code)"
    case .tooLarge: return "message too large"
    case .notText: return "text that is not UTF-8"
    case .local: return "closed"
    }
  }

  init(
    _ kind: Kind, detail: String = "", to address: ServerAddress, trust: TLSTrust,
    clock: ClockReading, patience: ConnectPatience, limit: Int
  ) {
    self.kind = kind
    let seconds = "more than \(patience.limit(of: kind.stage) / 1_000) s"
    if case .timedOut(let stage) = kind, stage != .open {
      self.detail = detail.isEmpty ? seconds : detail
    } else {
      self.detail = detail
    }
    let place = "\(address.host) port \(address.port)"
    switch kind {
    case .refused: advice = "is the agent running on \(place)?"
    case .unreachable: advice = "check this device's network and the url of the agent"
    case .nameNotFound:
      advice = "\(address.host) is not known: check the url of the agent and the DNS"
    case .timedOut(.lookup): advice = "check this device's DNS server and its network"
    case .timedOut(.handshake):
      advice = "does something else than the agent listen on \(place), or is it overloaded?"
    case .timedOut(.upgrade):
      advice = "is it an agent that listens on \(place), or is it overloaded?"
    case .timedOut: advice = "\(place) does not answer: check the network and the firewalls between"
    case .tls(.unknownAuthority):
      if let caFile = trust.caFile {
        advice = "the agent's certificate is not signed by an authority in \(caFile)"
      } else {
        advice =
          "the agent's certificate is not signed by an authority this system trusts; "
          + "name its authority's file in agent.ca_file"
      }
    case .tls(.selfSigned):
      advice =
        "put the certificate that signed it into "
        + (trust.caFile ?? "a file and name that in agent.ca_file")
    case .tls(.wrongName):
      advice =
        "the agent's certificate is not for \(address.host): use the name it is for in the url"
    case .tls(.expired):
      advice =
        "renew the agent's certificate, or check this device's clock: it is \(clock.day) there"
    case .tls(.notYetValid):
      advice = "check this device's clock, which says \(clock.day), and the agent's certificate"
    case .tls(.clockWrong):
      advice =
        "it says \(clock.day): set it, let it find a time server (NTP), or set agent.pin, which proves "
        + "the agent without a clock"
    case .tls(.wrongPin):
      advice =
        "if the agent has a new key, put that key's pin into agent.pin; else somebody is in between"
    case .tls(.badAuthorityFile): advice = "check agent.ca_file \(trust.caFile ?? "")"
    case .tls(.badClientCertificate):
      advice =
        "check device.certificate \(trust.certificateFile ?? "") and device.key \(trust.keyFile ?? "")"
    case .tls(.clientRefused):
      if let file = trust.certificateFile {
        advice = "\(file) has run out, or the agent does not know its authority: renew it"
      } else {
        advice = "the agent wants one: name its files in device.certificate and device.key"
      }
    case .tls(.tooOld): advice = "the agent must speak TLS 1.2 or newer"
    case .tls(.weak): advice = "the agent needs a larger key, or newer methods"
    case .tls(.other): advice = "is \(place) a TLS server? Without TLS the url begins with ws://"
    case .upgradeRefused(let status):
      switch status {
      case 101, 400, 426: advice = "the server does not speak our protocol: check the url"
      case 401, 403: advice = "the agent does not accept this device"
      case 404: advice = "the agent does not serve \(address.path): check the path in the url"
      case 500...599: advice = "the agent has trouble or is full; it will be tried again"
      default: advice = "check the url of the agent"
      }
    case .closedByPeer(1006): advice = "the network or the agent went away"
    case .closedByPeer(1002), .closedByPeer(1003), .closedByPeer(1007), .closedByPeer(1008),
      .closedByPeer(1009):
      advice = "the agent did not like what this device sent: do their versions match?"
    case .closedByPeer: advice = "the agent's log knows why"
    case .tooLarge:
      advice = "the agent sent more than \(limit) bytes at once: do the versions match?"
    case .notText: advice = "is it an agent of ours that listens on \(place)?"
    case .local: advice = "nothing to do"
    }
  }
}

extension LinkFailure.Kind {
  fileprivate var stage: ConnectStage {
    if case .timedOut(let stage) = self { return stage }
    return .open
  }
}
