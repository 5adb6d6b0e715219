internal import CWebSockets
internal import Linux

/// Takes WebSocket connections of one path and one subprotocol; refuses all others before they are
/// open.
public final class SocketServer {
  /// More are answered with 503.
  public static let mostConnections = 100

  public struct Connection: Hashable, Sendable {
    /// Counted from 1, never used twice by a server.
    public let id: Int
  }

  public enum Event {
    case opened(peer: String)
    case received(isText: Bool, bytes: [UInt8])
    /// There is room again after `send` refused a message.
    case writable
    case closed
  }

  /// What lws knows of us; it may come through here after we are gone.
  final class Door {
    unowned(unsafe) var server: SocketServer?
  }

  private let loop: EventLoop
  private let subprotocol: String
  private let path: String
  private let maximumMessage: Int
  private let maximumQueueBytes: Int
  private let onEvent: (Connection, Event) -> Void
  private let door = Door()
  private var host: Host?
  private var sockets: [ServedSocket] = []
  private var lastID = 0

  /// The real one, also when 0 was asked for.
  public private(set) var port: Int32

  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - certificateFile: the certificate and those between it and its authority, in PEM; nil for a
  ///     server without encryption.
  ///   - interface: the name or address of the only one to listen on; nil for all.
  public init(
    on loop: EventLoop, port: Int32, certificateFile: String?, keyFile: String?, interface: String?,
    subprotocol: String, path: String, maximumMessage: Int, maximumQueueBytes: Int,
    onEvent: @escaping (Connection, Event) -> Void
  ) throws(LinkError) {
    self.loop = loop
    self.port = port
    self.subprotocol = subprotocol
    self.path = path
    self.maximumMessage = maximumMessage
    self.maximumQueueBytes = maximumQueueBytes
    self.onEvent = onEvent
    if let certificateFile {
      // lws would go on without TLS when a file is missing.
      try SocketServer.checkReadable(certificateFile)
      guard let keyFile else {
        throw .badCertificate(file: certificateFile, reason: "its key is missing")
      }
      try SocketServer.checkReadable(keyFile)
    }
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
    }
    guard let host else {
      throw SocketServer.reason(port: port, certificateFile: certificateFile, keyFile: keyFile)
    }
    self.port = lws_get_vhost_listen_port(host.pointer)
  }

  deinit {
    door.server = nil
    for socket in sockets {
      socket.server = nil
      socket.leave(code: 1001)
    }
    if let host { loop.retire(host) }
  }

  public var connectionCount: Int { sockets.count }

  /// False when the connection's queue has no room or it is gone; then nothing is queued.
  public func send(_ bytes: [UInt8], isText: Bool, to connection: Connection) -> Bool {
    socket(connection)?.send(bytes, isText: isText) ?? false
  }

  /// Sends what is queued, then the code. `closed` comes when that is done.
  public func close(_ connection: Connection, code: UInt16 = 1000, reason: String = "") {
    socket(connection)?.leave(code: code, reason: reason)
  }

  private func socket(_ connection: Connection) -> ServedSocket? {
    for socket in sockets where socket.connection == connection { return socket }
    return nil
  }

  // MARK: At the door

  /// What lws wants to hear: 0 to go on, 1 when we have answered, -1 to hang up.
  func judge(_ wsi: OpaquePointer, upgrade: UnsafeMutableRawPointer?) -> CInt {
    guard let upgrade,
      strcasecmp(upgrade.assumingMemoryBound(to: CChar.self), "websocket") == 0
    else { return refuse(wsi, status: 400) }
    guard let asked = header(wsi, WSI_TOKEN_GET_URI), asked.elementsEqual(path.utf8) else {
      return refuse(wsi, status: 404)
    }
    guard let offered = header(wsi, WSI_TOKEN_PROTOCOL),
      offered.split(separator: UInt8(ascii: ",")).contains(where: isOurs)
    else { return refuse(wsi, status: 400) }
    guard sockets.count < SocketServer.mostConnections else { return refuse(wsi, status: 503) }
    return 0
  }

  func refuse(_ wsi: OpaquePointer, status: UInt32, thenClose: Bool = false) -> CInt {
    guard lws_return_http_status(wsi, status, nil) == 0 else { return -1 }
    return thenClose ? -1 : 1
  }

  func welcome(_ wsi: OpaquePointer) -> Bool {
    lastID += 1
    let socket = ServedSocket(
      on: loop, connection: Connection(id: lastID), maximumMessage: maximumMessage,
      maximumQueueBytes: maximumQueueBytes)
    socket.server = self
    sockets.append(socket)
    lws_set_opaque_user_data(wsi, loop.adopt(socket))
    var peer = [CChar](repeating: 0, count: 64)
    lws_get_peer_simple(wsi, &peer, peer.count)
    socket.peer = peer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    return socket.opened(wsi)
  }

  private func header(_ wsi: OpaquePointer, _ token: lws_token_indexes) -> [UInt8]? {
    var text = [CChar](repeating: 0, count: 256)
    let length = lws_hdr_copy(wsi, &text, CInt(text.count), token)
    guard length > 0 else { return nil }
    return text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
  }

  private func isOurs(_ offer: ArraySlice<UInt8>) -> Bool {
    offer.filter { $0 != UInt8(ascii: " ") }.elementsEqual(subprotocol.utf8)
  }

  // MARK: What the sockets tell

  func tell(_ connection: Connection, _ event: Event) { onEvent(connection, event) }

  func socketEnded(_ socket: ServedSocket) {
    sockets.removeAll { $0 === socket }
    onEvent(socket.connection, .closed)
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

/// One connection of a `SocketServer`.
final class ServedSocket: WebSocket {
  let connection: SocketServer.Connection
  unowned(unsafe) var server: SocketServer?
  var peer = ""

  init(
    on loop: EventLoop, connection: SocketServer.Connection, maximumMessage: Int,
    maximumQueueBytes: Int
  ) {
    self.connection = connection
    super.init(on: loop, maximumMessage: maximumMessage, maximumQueueBytes: maximumQueueBytes)
  }

  override func didOpen() { server?.tell(connection, .opened(peer: peer)) }
  override func didReceive(_ bytes: [UInt8], isText: Bool) {
    server?.tell(connection, .received(isText: isText, bytes: bytes))
  }
  override func didDrain() { server?.tell(connection, .writable) }
  override func didEnd(_ end: End) {
    let server = server
    self.server = nil
    server?.socketEnded(self)
  }
}
