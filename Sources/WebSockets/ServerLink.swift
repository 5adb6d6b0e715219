internal import CWebSockets
internal import Linux

/// A WebSocket to a server: connects when told, reports exactly one end per `connect()`, and leaves
/// it to its owner when to try again.
public final class ServerLink {
  public enum Event {
    case opened
    case received(isText: Bool, bytes: [UInt8])
    /// Comes exactly once after each `connect()`; then, and only then, `connect()` may be called again.
    case closed(LinkFailure)
  }

  /// While there is another address, one that does not answer in this time is passed over. A broken
  /// IPv6 before a working IPv4 is the usual reason.
  static let patienceMilliseconds: Int64 = 2_500

  public let address: ServerAddress
  private let loop: EventLoop
  private let caFile: String?
  private let subprotocol: String
  private let maximumMessage: Int
  private let maximumQueueBytes: Int
  private let onEvent: (Event) -> Void

  private enum State {
    case idle
    case lookingUp
    case connecting(LinkSocket)
    case open(LinkSocket)
    /// `closed` is on its way.
    case ending
  }
  private var state = State.idle
  private var host: Host?
  private var lookup: (NameLookup, Watch)?
  private var addresses: [String] = []
  private var patience: Alarm?
  private let counted = TrafficCount()

  /// - Parameters:
  ///   - caFile: certificates of the only authorities to trust; nil for the system's.
  ///   - maximumMessage: a larger message ends the connection.
  ///   - maximumQueueBytes: what waits to be sent; `send` refuses beyond it.
  public init(
    on loop: EventLoop, to address: ServerAddress, caFile: String?, subprotocol: String,
    maximumMessage: Int, maximumQueueBytes: Int, onEvent: @escaping (Event) -> Void
  ) {
    self.loop = loop
    self.address = address
    self.caFile = caFile
    self.subprotocol = subprotocol
    self.maximumMessage = maximumMessage
    self.maximumQueueBytes = maximumQueueBytes
    self.onEvent = onEvent
  }

  deinit {
    if let lookup { loop.unwatch(lookup.1) }
    letGo()
    if let host { loop.retire(host) }
  }

  public var isOpen: Bool {
    if case .open = state { return true }
    return false
  }

  /// Of all connections so far.
  public var traffic: Traffic { counted.total }

  /// Ends with `closed`, perhaps after `opened`. How long that may take is for the caller to decide,
  /// who ends the wait with `close()`.
  public func connect() { connect(at: nil) }

  /// - Parameter known: addresses to try instead of looking the name up.
  func connect(at known: [String]?) {
    guard case .idle = state else { preconditionFailure("connect() before closed came") }
    state = .lookingUp
    if let failure = prepare() { return finish(failure) }
    if let addresses = known ?? NameLookup.numeric(address.host) { return found(addresses) }
    // One that is still under way from before will do.
    if lookup == nil, !startLookup() { finish(failure(.local, "no thread for the name lookup")) }
  }

  /// False when the queue has no room or the link is not open; then nothing is queued.
  public func send(_ bytes: [UInt8], isText: Bool) -> Bool {
    guard case .open(let socket) = state else { return false }
    return socket.send(bytes, isText: isText)
  }

  /// What is queued is still sent, if the server takes it soon. Does nothing on a closed link.
  public func close() {
    switch state {
    case .idle, .ending: break
    case .lookingUp, .connecting, .open:
      letGo()
      finish(failure(.local))
    }
  }

  // MARK: Connecting

  /// The failure, if the authorities cannot be loaded.
  private func prepare() -> LinkFailure? {
    guard host == nil else { return nil }
    if let caFile, address.isSecure {
      do throws(LinuxError) { _ = try Files.read(caFile) } catch {
        return failure(.tls(.badAuthorityFile), error.reason)
      }
    }
    LibraryLog.forget()
    host = Host.open(on: loop.context, name: "link") { info, strings in
      guard address.isSecure else { return }
      info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
      info.ssl_client_options_set = Int(CWEBSOCKETS_NO_OLD_TLS)
      guard let caFile else { return }
      info.options |= UInt64(LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS)
      info.client_ssl_ca_filepath = strings.keep(caFile)
    }
    let words = LibraryLog.lastWords
    if host == nil { return failure(.local, words.error) }
    // lws goes on without authorities; every certificate would be refused with a misleading reason.
    if LibraryLog.has(words.error, "Unable to load SSL Client certs") {
      forgetHost()
      return failure(.tls(.badAuthorityFile), "no certificate in it")
    }
    return nil
  }

  private func startLookup() -> Bool {
    guard let lookup = NameLookup.start(address.host) else { return false }
    do throws(LinkError) {
      let watch = try loop.watch(lookup.readyDescriptor) { [unowned(unsafe) self] in lookupEnded() }
      self.lookup = (lookup, watch)
      return true
    } catch {
      return false
    }
  }

  private func lookupEnded() {
    guard let (lookup, watch) = lookup, let result = lookup.result else { return }
    loop.unwatch(watch)
    self.lookup = nil
    guard case .lookingUp = state else { return }
    switch result {
    case .failed(let reason): finish(failure(.nameNotFound, reason))
    case .addresses(let addresses): found(addresses)
    }
  }

  private func found(_ addresses: [String]) {
    self.addresses = addresses
    loop.later { self.tryNextAddress() }
  }

  private func tryNextAddress() {
    guard case .lookingUp = state, let host else { return }
    guard !addresses.isEmpty else { return finish(failure(.nameNotFound, "no address")) }
    let numeric = addresses.removeFirst()
    let socket = LinkSocket(
      on: loop, counting: counted, subprotocol: subprotocol, maximumMessage: maximumMessage,
      maximumQueueBytes: maximumQueueBytes)
    guard let code = socket.connect(to: address, at: numeric, through: host) else {
      socket.link = self
      state = .connecting(socket)
      if !addresses.isEmpty {
        patience = Alarm(on: loop, afterMilliseconds: ServerLink.patienceMilliseconds) {
          [unowned(unsafe) self] in passOver(socket)
        }
      }
      return
    }
    missed(failure(LinkSocket.kind(ofConnect: code)))
  }

  private func passOver(_ socket: LinkSocket) {
    guard case .connecting(let current) = state, current === socket, !socket.hasReached else {
      return
    }
    letGo()
    missed(failure(.timedOut))
  }

  /// The address could not be reached; there may be another one.
  private func missed(_ failure: LinkFailure) {
    patience = nil
    guard !addresses.isEmpty else { return finish(failure) }
    state = .lookingUp
    loop.later { self.tryNextAddress() }
  }

  // MARK: What the socket tells

  func socketOpened(_ socket: LinkSocket) {
    state = .open(socket)
    patience = nil
    onEvent(.opened)
  }

  func socketReceived(_ bytes: [UInt8], isText: Bool) {
    onEvent(.received(isText: isText, bytes: bytes))
  }

  func socketEnded(_ kind: LinkFailure.Kind, _ detail: String, wasReached: Bool) {
    let failure = failure(kind, detail)
    if wasReached { finish(failure) } else { missed(failure) }
  }

  // MARK: Ending

  private func finish(_ failure: LinkFailure) {
    state = .ending
    addresses = []
    patience = nil
    // A repaired file of authorities is read at the next attempt.
    if case .tls = failure.kind { forgetHost() }
    loop.later {
      self.state = .idle
      self.onEvent(.closed(failure))
    }
  }

  /// The socket says goodbye on its own; we hear no more of it.
  private func letGo() {
    switch state {
    case .connecting(let socket), .open(let socket):
      socket.link = nil
      socket.leave()
    case .idle, .lookingUp, .ending: break
    }
  }

  private func forgetHost() {
    if let host { loop.retire(host) }
    host = nil
  }

  private func failure(_ kind: LinkFailure.Kind, _ detail: String = "") -> LinkFailure {
    LinkFailure(kind, detail: detail, to: address, caFile: caFile, limit: maximumMessage)
  }
}
