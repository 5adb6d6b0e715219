internal import CWebSockets
internal import Synchronization

/// The one wait of a thread: connections, servers, alarms and watched descriptors. Everything made
/// on a loop belongs to the thread that runs it. Other threads reach it through a descriptor that
/// it watches.
public final class EventLoop {
  /// The largest TLS record. lws must take each whole: what is left of one when a connection is
  /// about to be closed sends lws 4.1 round in circles for ever (ws role, `LRS_WAITING_TO_SEND_CLOSE`).
  static let readSize = 16 << 10
  /// Connections and watched descriptors together, unless a loop is made for more; beyond it they
  /// are refused.
  public static let mostDescriptors = 256

  /// How a connection whose peer went away without a word is noticed.
  public struct Heartbeat: Sendable {
    /// A peer silent for this long is sent a ping.
    public var pingAfterSeconds: UInt16 = 10
    /// A peer silent for this long is gone.
    public var hangUpAfterSeconds: UInt16 = 15
    public init() {}
  }

  let context: OpaquePointer
  let heartbeat: Heartbeat
  let policy: UnsafeMutablePointer<lws_retry_bo_t>
  /// For watched descriptors, which need some host to belong to.
  private let home: Host
  private var endpoints: [Endpoint] = []
  /// Of the servers on this loop.
  private var doorkeepers: [Doorkeeper] = []
  private var due: [() -> Void] = []
  private var retired: [Host] = []
  private var isStopped = false

  /// - Parameter mostDescriptors: a little memory each; the search for one is quickest where the
  ///   process may open no more than these.
  public init(
    heartbeat: Heartbeat = Heartbeat(), mostDescriptors: Int = EventLoop.mostDescriptors
  ) throws(LinkError) {
    LibraryLog.silence()
    LibraryLog.forget()
    let policy = UnsafeMutablePointer<lws_retry_bo_t>.allocate(capacity: 1)
    policy.initialize(to: lws_retry_bo_t())
    policy.pointee.secs_since_valid_ping = heartbeat.pingAfterSeconds
    policy.pointee.secs_since_valid_hangup = heartbeat.hangUpAfterSeconds

    var info = lws_context_creation_info()
    info.port = CONTEXT_PORT_NO_LISTEN
    // lws does not check UTF-8 for us: it refuses in the way that `WebSocket.refuse` avoids.
    info.options = UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
    if EventLoop.isFirst() { info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT) }
    info.fd_limit_per_thread = UInt32(mostDescriptors)
    info.timeout_secs = EventLoop.stepSeconds
    info.pt_serv_buf_size = UInt32(EventLoop.readSize)
    info.gid = -1
    info.uid = -1
    guard let context = lws_create_context(&info) else {
      policy.deallocate()
      throw .noEventLoop(reason: LibraryLog.lastWords.error)
    }
    guard let home = Host.open(on: context, name: "home", configure: { _, _ in }) else {
      let reason = LibraryLog.lastWords.error
      lws_context_destroy(context)
      policy.deallocate()
      throw .noEventLoop(reason: reason)
    }
    self.context = context
    self.heartbeat = heartbeat
    self.policy = policy
    self.home = home
  }

  deinit {
    lws_context_destroy(context)
    policy.deallocate()
  }

  // MARK: Running

  /// Until `stop()` is called from within; false when the library could not go on.
  @discardableResult
  public func run() -> Bool {
    isStopped = false
    while !isStopped {
      settle()
      if !isStopped, due.isEmpty, lws_service(context, 0) < 0 { return false }
      if let code = LibraryLog.takeAcceptCode() {
        for doorkeeper in doorkeepers { doorkeeper.cannotAccept(code: code) }
      }
    }
    return true
  }

  /// The same, but for a limited time; true when `stop()` ended it.
  public func run(atMostMilliseconds limit: Int64) -> Bool {
    var isLate = false
    let alarm = Alarm(on: self, afterMilliseconds: limit) { [unowned(unsafe) self] in
      isLate = true
      stop()
    }
    run()
    alarm.cancel()
    return !isLate
  }

  public func stop() { isStopped = true }

  /// Runs `action` soon, outside of all of lws's calls: there it may open, close and free anything.
  func later(_ action: @escaping () -> Void) {
    due.append(action)
    // lws may be on its way to sleep: after its timers it polls before it returns to us.
    if due.count == 1 { lws_cancel_service(context) }
  }

  private func settle() {
    let now = due
    due = []
    for action in now { action() }
    // Closing one may retire another.
    let closing = retired
    retired = []
    for host in closing { host.close() }
  }

  // MARK: Descriptors

  /// Calls `onReadable` as long as there is something to read. The loop watches a duplicate, so the
  /// caller may close its own; like the original it does not block from then on.
  public func watch(_ descriptor: Int32, onReadable: @escaping () -> Void) throws(LinkError)
    -> Watch
  {
    let copy = cwebsockets_duplicate(descriptor)
    guard copy >= 0 else { throw .cannotWatch(descriptor: descriptor) }
    let endpoint = WatchedDescriptor(on: self, onReadable: onReadable)
    var wanted = lws_adopt_desc_t()
    wanted.vh = home.pointer
    wanted.type = LWS_ADOPT_RAW_FILE_DESC
    wanted.fd.filefd = copy
    wanted.opaque = adopt(endpoint)
    guard let wsi = lws_adopt_descriptor_vhost_via_info(&wanted) else {
      disown(endpoint)
      close(copy)
      throw .cannotWatch(descriptor: descriptor)
    }
    endpoint.wsi = wsi
    return Watch(endpoint)
  }

  /// `onReadable` is not called again.
  public func unwatch(_ watch: Watch) {
    watch.endpoint.onReadable = nil
    if let wsi = watch.endpoint.wsi { EventLoop.kill(wsi) }
  }

  // MARK: For the rest of the module

  /// The longest that one step of connecting may take: to reach an address, TLS, the upgrade. lws
  /// keeps it; links are less patient (`ConnectPatience`).
  static let stepSeconds: UInt32 = 10

  /// Keeps `endpoint` until lws is done with it; the result is what lws is to know it by.
  func adopt(_ endpoint: Endpoint) -> UnsafeMutableRawPointer {
    endpoint.place = endpoints.count
    endpoints.append(endpoint)
    return Unmanaged.passUnretained(endpoint).toOpaque()
  }

  func disown(_ endpoint: Endpoint) {
    endpoint.wsi = nil
    let place = endpoint.place
    guard place < endpoints.count, endpoints[place] === endpoint else { return }
    let last = endpoints.removeLast()
    guard last !== endpoint else { return }
    last.place = place
    endpoints[place] = last
  }

  func employ(_ doorkeeper: Doorkeeper) { doorkeepers.append(doorkeeper) }
  func dismiss(_ doorkeeper: Doorkeeper) { doorkeepers.removeAll { $0 === doorkeeper } }

  func retire(_ host: Host) { retired.append(host) }

  /// Ends a connection at the next turn of the loop.
  static func kill(_ wsi: OpaquePointer) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, CInt(LWS_TO_KILL_ASYNC))
  }

  private static let wasMade = Atomic<Bool>(false)

  /// Each initialisation of lws's TLS takes new slots in OpenSSL, which breaks handshakes that are
  /// under way on other loops. So only the first loop of a process asks for it.
  private static func isFirst() -> Bool { !wasMade.exchange(true, ordering: .relaxed) }
}
