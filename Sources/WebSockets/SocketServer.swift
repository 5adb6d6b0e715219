internal import CWebSockets
internal import Linux

/// Takes WebSocket connections of one path and one subprotocol; refuses all others before they are
/// open.
public final class SocketServer {
  /// What the server may be made to hold.
  public struct Limits: Sendable {
    /// Open connections; more are answered with 503.
    public var connections = 100
    /// What those are told to wait at least: places are free again when somebody leaves, not at once.
    public static let retryAfterSeconds = 5
    /// Callers of one address, or of one IPv6 network of 64 bits; more are hung up on.
    public var perAddress = Int.max
    /// Callers that are not let in yet, besides the connections; more are hung up on.
    public var waiting: Int { 16 + connections / 4 }
    /// A caller must have said what it wants, and have got it, within this time; else it is hung up
    /// on. lws's own limits begin anew with every byte.
    public var patienceMilliseconds: Int64 = 8_000
    public init() {}
  }

  public struct Connection: Hashable, Sendable {
    /// Counted from 1, never used twice by a server.
    public let id: Int
    public init(id: Int) { self.id = id }
  }

  public enum Event {
    case opened(peer: String)
    case received(isText: Bool, bytes: [UInt8])
    /// With the code that either side gave as the reason; nil when the connection broke.
    case closed(code: UInt16?)
  }

  /// What was not worth an answer, for the log. There may be many of them in a second.
  public enum Trouble {
    /// The system has no descriptors left; the next callers wait for a while.
    case cannotAccept(code: Int32)
    case tooMany(from: String)
    /// All connections are taken; it was told so.
    case full(from: String)
    case badCertificate(from: String, reason: String)
  }

  private let loop: EventLoop
  private let subprotocol: String
  private let path: String
  private let maximumMessage: Int
  private let maximumQueueBytes: Int
  let limits: Limits
  let service: Service?
  private let onEvent: (Connection, Event) -> Void
  /// Called for each of them.
  public var onTrouble: (Trouble) -> Void = { _ in }
  private let door: Door
  private var host: Host?
  private var sockets: [Int: ServedSocket] = [:]
  private var lastID = 0

  /// The real one, also when 0 was asked for.
  public private(set) var port: Int32

  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - certificateFile: the certificate and those between it and its authority, in PEM; nil for a
  ///     server without encryption.
  ///   - interface: the name or address of the only one to listen on; nil for all.
  ///   - callerAuthorityFile: callers may show a certificate of these authorities, in PEM; one of
  ///     another is refused while TLS begins.
  ///   - service: what else is answered, and who is let in; nil for nothing and everybody.
  public init(
    on loop: EventLoop, port: Int32, certificateFile: String?, keyFile: String?, interface: String?,
    callerAuthorityFile: String? = nil, subprotocol: String, path: String, maximumMessage: Int,
    maximumQueueBytes: Int, limits: Limits = Limits(), service: Service? = nil,
    onEvent: @escaping (Connection, Event) -> Void
  ) throws(LinkError) {
    self.loop = loop
    self.port = port
    self.subprotocol = subprotocol
    self.path = path
    self.maximumMessage = maximumMessage
    self.maximumQueueBytes = maximumQueueBytes
    self.limits = limits
    self.service = service
    self.onEvent = onEvent
    door = Door(on: loop)
    if let certificateFile {
      // lws would go on without TLS when a file is missing.
      try SocketServer.checkReadable(certificateFile)
      guard let keyFile else {
        throw .badCertificate(file: certificateFile, reason: "its key is missing")
      }
      try SocketServer.checkReadable(keyFile)
      if let callerAuthorityFile { try SocketServer.checkReadable(callerAuthorityFile) }
    }
    if let interface { try SocketServer.check(interface: interface) }
    door.server = self
    LibraryLog.forget()
    host = Host.open(on: loop.context, name: "server", subprotocol: subprotocol) { info, strings in
      info.port = port
      info.options |= UInt64(LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND)
      if let interface { info.iface = strings.keep(interface) }
      if SocketServer.mustUseIPv4(interface) {
        info.options |= UInt64(LWS_SERVER_OPTION_DISABLE_IPV6)
      }
      info.retry_and_idle_policy = UnsafePointer(loop.policy)
      strings.owner = door
      info.user = Unmanaged.passUnretained(door).toOpaque()
      guard let certificateFile, let keyFile else { return }
      info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
      info.ssl_options_set = Int(CWEBSOCKETS_NO_OLD_TLS)
      info.ssl_cert_filepath = strings.keep(certificateFile)
      info.ssl_private_key_filepath = strings.keep(keyFile)
      guard let callerAuthorityFile else { return }
      info.ssl_ca_filepath = strings.keep(callerAuthorityFile)
      info.options |= UInt64(CWEBSOCKETS_MAY_SHOW_CERTIFICATE)
    }
    guard let host else {
      throw SocketServer.reason(port: port, certificateFile: certificateFile, keyFile: keyFile)
    }
    // lws goes on without; then no caller's certificate would ever be good.
    if let callerAuthorityFile, certificateFile != nil,
      LibraryLog.has(LibraryLog.lastWords.error, "load_verify_locations")
    {
      throw .badCertificate(file: callerAuthorityFile, reason: "there is no certificate in it")
    }
    loop.employ(door)
    self.port = lws_get_vhost_listen_port(host.pointer)
  }

  deinit {
    door.close()
    loop.dismiss(door)
    for socket in sockets.values {
      socket.server = nil
      socket.leave(code: 1001)
    }
    if let host { loop.retire(host) }
  }

  public var connectionCount: Int { sockets.count }
  /// Everybody who is connected, let in or not.
  public var callerCount: Int { door.callers }

  /// False when the connection's queue has no room or it is gone; then nothing is queued.
  public func send(_ bytes: [UInt8], isText: Bool, to connection: Connection) -> Bool {
    socket(connection)?.send(bytes, isText: isText) ?? false
  }

  /// Sends what is queued, then the code. `closed` comes when that is done.
  public func close(_ connection: Connection, code: UInt16 = 1000, reason: String = "") {
    socket(connection)?.leave(code: code, reason: reason)
  }

  /// What `Service.admit` gave the connection on its way.
  public func guest(of connection: Connection) -> AnyObject? { socket(connection)?.caller.guest }

  private func socket(_ connection: Connection) -> ServedSocket? { sockets[connection.id] }

  // MARK: At the door

  /// What lws wants to hear: 0 to go on, -1 to hang up, once our answer is sent.
  func judge(_ wsi: OpaquePointer, _ caller: Caller, upgrade: UnsafeMutableRawPointer?) -> CInt {
    guard let upgrade,
      strcasecmp(upgrade.assumingMemoryBound(to: CChar.self), "websocket") == 0
    else { return caller.respond(wsi, .problem(400, "no_websocket", "this is for WebSockets")) }
    guard let asked = caller.header(wsi, WSI_TOKEN_GET_URI), asked.elementsEqual(path.utf8) else {
      return caller.respond(wsi, .problem(404, "not_found", "WebSockets are at \(path)"))
    }
    guard let offered = caller.header(wsi, WSI_TOKEN_PROTOCOL),
      offered.split(separator: UInt8(ascii: ",")).contains(where: isOurs)
    else {
      return caller.respond(wsi, .problem(400, "subprotocol", "\(subprotocol) must be offered"))
    }
    guard sockets.count < limits.connections else {
      onTrouble(.full(from: caller.peer))
      return caller.respond(
        wsi,
        .problem(
          503, "full", "\(sockets.count) connections are open",
          headers: ["Retry-After: \(Limits.retryAfterSeconds)"]))
    }
    guard let service else { return 0 }
    switch service.admit(caller.request(wsi)) {
    case .welcome(let guest):
      caller.guest = guest
      return 0
    case .refused(let response): return caller.respond(wsi, response)
    }
  }

  /// The upgrade is done: from here on the connection is a WebSocket.
  func letIn(_ wsi: OpaquePointer, _ caller: Caller) -> Bool {
    lastID += 1
    let socket = ServedSocket(
      on: loop, connection: Connection(id: lastID), caller: caller, maximumMessage: maximumMessage,
      maximumQueueBytes: maximumQueueBytes)
    socket.server = self
    sockets[lastID] = socket
    lws_set_opaque_user_data(wsi, loop.adopt(socket))
    return socket.opened(wsi)
  }

  private func isOurs(_ offer: ArraySlice<UInt8>) -> Bool {
    offer.filter { $0 != UInt8(ascii: " ") }.elementsEqual(subprotocol.utf8)
  }

  // MARK: What the sockets tell

  func tell(_ connection: Connection, _ event: Event) { onEvent(connection, event) }

  func socketEnded(_ socket: ServedSocket, code: UInt16?) {
    sockets[socket.connection.id] = nil
    onEvent(socket.connection, .closed(code: code))
  }

  /// On its IPv6 socket lws would take an IPv4 address for all addresses; and where the system has no
  /// IPv6 it would not listen at all, without a word.
  private static func mustUseIPv4(_ interface: String?) -> Bool {
    if !Files.exists("/proc/net/if_inet6") { return true }
    guard let interface else { return false }
    return interface.utf8.contains(UInt8(ascii: ".")) && !interface.utf8.contains(UInt8(ascii: ":"))
      && NameLookup.numeric(interface) != nil
  }

  // MARK: Errors

  private static func checkReadable(_ file: String) throws(LinkError) {
    do throws(LinuxError) { _ = try Files.read(file) } catch {
      throw .badCertificate(file: file, reason: error.reason)
    }
  }

  private static func check(interface: String) throws(LinkError) {
    let code = cwebsockets_try_interface(interface)
    guard code != 0 else { return }
    let reason: String
    switch code {
    case ENODEV: reason = "there is no interface of this name"
    case EADDRNOTAVAIL: reason = "no interface of this machine has this address"
    default: reason = String(cString: strerror(code))
    }
    throw .noSuchInterface(given: interface, reason: reason)
  }

  private static func reason(port: Int32, certificateFile: String?, keyFile: String?) -> LinkError {
    let error = LibraryLog.lastWords.error
    if let certificateFile, LibraryLog.has(error, "problem getting cert") {
      return .badCertificate(file: certificateFile, reason: "there is no certificate in it")
    }
    if let keyFile, LibraryLog.has(error, "problem getting key") {
      let reason =
        LibraryLog.has(error, "mismatch")
        ? "it is not the key of the certificate" : "there is no private key in it"
      return .badCertificate(file: keyFile, reason: reason)
    }
    // lws's line ends with the result and errno of bind.
    if LibraryLog.has(error, "(-1 98)") {
      return .cannotListen(port: port, reason: "another program listens there")
    }
    if LibraryLog.has(error, "(-1 13)") {
      return .cannotListen(port: port, reason: "not permitted")
    }
    return .cannotListen(port: port, reason: error)
  }
}
