internal import CWebSockets

/// A WebSocket to a server: connects when told, reports exactly one end per `connect`, and leaves
/// it to its owner when to try again.
public final class ServerLink {
  public enum Event {
    case opened
    case received(isText: Bool, bytes: [UInt8])
    /// The server answered a `ping()`.
    case pong(roundTripMicroseconds: Int64)
    /// Comes exactly once after each `connect`; then, and only then, `connect` may be called again.
    case closed(LinkFailure)
  }

  private let loop: EventLoop
  private let approach: Approach
  private let subprotocol: String
  private let maximumMessage: Int
  private let maximumQueueBytes: Int
  private let onEvent: (Event) -> Void

  private enum State {
    case idle
    case connecting(LinkSocket?)
    case open(LinkSocket)
    /// `closed` is on its way.
    case ending
  }
  private var state = State.idle
  private var server: ServerAddress?
  private var clock = ClockReading(system: 0, floor: 0)
  private let counted = TrafficCount()

  /// - Parameters:
  ///   - maximumMessage: a larger message ends the connection.
  ///   - maximumQueueBytes: what waits to be sent; `send` refuses beyond it.
  public init(
    on loop: EventLoop, trust: TLSTrust = TLSTrust(), patience: ConnectPatience = ConnectPatience(),
    subprotocol: String, maximumMessage: Int, maximumQueueBytes: Int,
    onEvent: @escaping (Event) -> Void
  ) {
    self.loop = loop
    self.subprotocol = subprotocol
    self.maximumMessage = maximumMessage
    self.maximumQueueBytes = maximumQueueBytes
    self.onEvent = onEvent
    approach = Approach(
      on: loop, trust: trust, patience: patience, maximumMessage: maximumMessage, who: "the agent")
  }

  deinit { letGo() }

  public var isOpen: Bool { socket != nil }

  /// Of all connections so far.
  public var traffic: Traffic { counted.total }

  /// How much of what was sent over the open connection the other machine has acknowledged. Its
  /// program may be dead all the same.
  public var acknowledgedBytes: Int64 {
    guard let wsi = socket?.wsi else { return 0 }
    return cwebsockets_acknowledged(lws_get_socket_fd(wsi))
  }

  /// How long nothing at all was heard over the open connection, pongs and our own library's pings
  /// included; 0 when there is none.
  public var silentForMicroseconds: Int64 { socket?.silentForMicroseconds ?? 0 }

  /// When the first certificate in the chain of the server we are connected to runs out, in seconds
  /// since 1970; nil without a connection over TLS.
  public var certificateEnd: Int64? { socket?.attempt?.certificateEnd }

  private var socket: LinkSocket? {
    if case .open(let socket) = state { return socket }
    return nil
  }

  /// Ends with `closed`, perhaps after `opened`. Each step has its deadline, so that comes in the
  /// end, whatever the network does.
  ///
  /// - Parameters:
  ///   - headers: sent with the request, such as a token.
  ///   - clock: what dates of certificates are judged by.
  public func connect(
    to server: ServerAddress, headers: [RequestHeader] = [], clock: ClockReading = .now
  ) { connect(to: server, headers: headers, clock: clock, at: nil) }

  /// - Parameter known: addresses to try instead of looking the name up.
  func connect(
    to server: ServerAddress, headers: [RequestHeader] = [], clock: ClockReading = .now,
    at known: [String]?
  ) {
    guard case .idle = state else { preconditionFailure("connect() before closed came") }
    state = .connecting(nil)
    self.server = server
    self.clock = clock
    approach.begin(
      to: server, at: known, headers: headers, clock: clock,
      launch: { [unowned(unsafe) self] numeric, host, attempt in
        let socket = LinkSocket(
          on: loop, counting: counted, subprotocol: subprotocol, maximumMessage: maximumMessage,
          maximumQueueBytes: maximumQueueBytes)
        if let code = socket.connect(attempt, at: numeric, through: host) { return code }
        socket.link = self
        state = .connecting(socket)
        return nil
      }, failed: { [unowned(unsafe) self] in finish($0) })
  }

  /// False when the queue has no room or the link is not open; then nothing is queued.
  public func send(_ bytes: [UInt8], isText: Bool) -> Bool {
    socket?.send(bytes, isText: isText) ?? false
  }

  /// Asks the server for a sign of life, before anything that is queued; `pong` follows. Does nothing
  /// while one is under way, or on a link that is not open.
  public func ping() { socket?.sendPing() }

  /// What is queued is still sent, if the server takes it soon. Does nothing on a closed link.
  public func close(code: UInt16 = 1000) {
    switch state {
    case .idle, .ending: break
    case .connecting, .open:
      letGo(code)
      finish(.local)
    }
  }

  // MARK: What the socket tells

  func socketOpened(_ socket: LinkSocket) {
    approach.arrived()
    state = .open(socket)
    onEvent(.opened)
  }

  func socketReceived(_ bytes: [UInt8], isText: Bool) {
    onEvent(.received(isText: isText, bytes: bytes))
  }

  func socketHeardPong(_ microseconds: Int64) {
    onEvent(.pong(roundTripMicroseconds: microseconds))
  }

  func socketEnded(_ socket: LinkSocket, _ end: Attempt.End) {
    if case .open = state { return finish(end.kind) }
    state = .connecting(nil)
    approach.ended(end)
  }

  // MARK: Ending

  private func finish(_ kind: LinkFailure.Kind) {
    guard let server else { return }
    finish(approach.failure(kind, "", to: server, clock: clock))
  }

  private func finish(_ failure: LinkFailure) {
    state = .ending
    approach.abandon()
    loop.later {
      self.state = .idle
      self.onEvent(.closed(failure))
    }
  }

  /// The socket says goodbye on its own; we hear no more of it.
  private func letGo(_ code: UInt16 = 1000) {
    approach.abandon()
    switch state {
    case .connecting(let socket): socket?.giveUp()
    case .open(let socket): socket.giveUp(code: code)
    case .idle, .ending: break
    }
  }
}
