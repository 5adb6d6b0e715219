extension SocketServer {
  /// What a server answers besides WebSockets, and whom it lets in.
  public struct Service {
    /// The one path that takes a POST; any other method there is answered with 405.
    public var path: String
    /// Answers a POST.
    public var answer: (Request) -> Response
    /// Decides about a WebSocket that is right in all else; its `body` is empty.
    public var admit: (Request) -> Admission

    /// A longer body is answered with 413.
    public static let longestBody = 4_096

    public init(
      path: String, answer: @escaping (Request) -> Response,
      admit: @escaping (Request) -> Admission
    ) {
      self.path = path
      self.answer = answer
      self.admit = admit
    }
  }

  public struct Request {
    /// In words, for the log.
    public let peer: String
    /// The same for all addresses that one customer may have: an IPv4 address, or 64 bits of IPv6.
    public let neighbour: UInt64
    public let host: [UInt8]?
    public let authorization: [UInt8]?
    public let certificate: Certificate
    public internal(set) var body: [UInt8] = []
  }

  /// What a caller showed while TLS began. A bad one of an unknown authority never comes so far.
  public enum Certificate: Equatable {
    case none
    case of(name: String)
    /// It is good, but has no common name, or several, or one that is not text.
    case nameless
  }

  public struct Response {
    public var status: Int
    /// JSON.
    public var body: [UInt8]
    /// Whole lines, without their ends.
    public var headers: [String]

    public init(status: Int, body: [UInt8], headers: [String] = []) {
      self.status = status
      self.body = body
      self.headers = headers
    }
  }

  public enum Admission {
    /// `SocketServer.guest(of:)` gives the value back.
    case welcome(AnyObject?)
    case refused(Response)
  }
}
