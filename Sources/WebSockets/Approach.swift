internal import CWebSockets
internal import Linux

/// The way to a server: its name, its addresses one after the other, and a deadline for each step.
/// What stands at its end is its owner's.
final class Approach {
  /// Begins a connection to this address; nil when that is on its way, else the system's code.
  typealias Launch = (_ numeric: String, _ host: Host, _ attempt: Attempt) -> CInt?

  private let loop: EventLoop
  private let trust: TLSTrust
  private let patience: ConnectPatience
  private let maximumMessage: Int
  /// What people call the server.
  private let who: String

  private var host: Host?
  private var tls: ClientTLS?
  private var lookup: (NameLookup, Watch)?
  private var deadline: Alarm?
  private var way: Way?

  /// What is known while it is under way.
  private struct Way {
    let server: ServerAddress
    let headers: [RequestHeader]
    let clock: ClockReading
    let launch: Launch
    let failed: (LinkFailure) -> Void
    /// Those not tried yet.
    var addresses: [String] = []
    var attempt: Attempt?
  }

  init(
    on loop: EventLoop, trust: TLSTrust, patience: ConnectPatience, maximumMessage: Int,
    who: String
  ) {
    self.who = who
    self.loop = loop
    self.trust = trust
    self.patience = patience
    self.maximumMessage = maximumMessage
  }

  deinit {
    forgetLookup()
    forgetHost()
  }

  /// - Parameters:
  ///   - known: addresses to try instead of looking the name up.
  ///   - failed: called once, from the loop, unless it arrives or is abandoned.
  func begin(
    to server: ServerAddress, at known: [String]?, headers: [RequestHeader], clock: ClockReading,
    launch: @escaping Launch, failed: @escaping (LinkFailure) -> Void
  ) {
    way = Way(server: server, headers: headers, clock: clock, launch: launch, failed: failed)
    if let (kind, detail) = prepare(server) { return fail(kind, detail) }
    if let addresses = known ?? NameLookup.numeric(server.host) { return found(addresses) }
    // One that is still under way from before will do, if it is for the same name.
    if let (lookup, _) = lookup, !lookup.host.utf8.elementsEqual(server.host.utf8) {
      forgetLookup()
    }
    guard lookup != nil || startLookup(server.host) else {
      return fail(.local, "no thread for the name lookup")
    }
    deadline = Alarm(on: loop, afterMilliseconds: patience.lookupMilliseconds) {
      [unowned(unsafe) self] in fail(.timedOut(.lookup))
    }
  }

  /// The owner has what it wanted; deadlines end.
  func arrived() {
    deadline = nil
    way = nil
  }

  /// Nothing more comes of it.
  func abandon() { arrived() }

  /// The failure as it is told, with what to do about it.
  func failure(
    _ kind: LinkFailure.Kind, _ detail: String, to server: ServerAddress, clock: ClockReading
  )
    -> LinkFailure
  {
    LinkFailure(
      kind, detail: detail, to: server, trust: trust, clock: clock, patience: patience,
      limit: maximumMessage, who: who)
  }

  /// A repaired or renewed file is read at the next attempt.
  func forgetHost() {
    if let host { loop.retire(host) }
    host = nil
    tls = nil
  }

  // MARK: Getting ready

  private func prepare(_ server: ServerAddress) -> (LinkFailure.Kind, String)? {
    if server.isSecure, tls == nil {
      forgetHost()
      do throws(ClientTLS.Problem) { tls = try ClientTLS.open(trust) } catch {
        return (.tls(error.reason), error.detail)
      }
    }
    guard host == nil else { return nil }
    LibraryLog.forget()
    host = Host.open(on: loop.context, name: "link") { info, strings in
      guard let tls else { return }
      info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
      info.provided_client_ssl_ctx = tls.context
      strings.owner = tls
    }
    return host == nil ? (.local, LibraryLog.lastWords.error) : nil
  }

  private func startLookup(_ name: String) -> Bool {
    guard let lookup = NameLookup.start(name) else { return false }
    do throws(LinkError) {
      let watch = try loop.watch(lookup.readyDescriptor) { [unowned(unsafe) self] in lookupEnded() }
      self.lookup = (lookup, watch)
      return true
    } catch {
      return false
    }
  }

  private func lookupEnded() {
    guard let result = lookup?.0.result else { return }
    forgetLookup()
    guard let way, way.attempt == nil, way.addresses.isEmpty else { return }
    switch result {
    case .failed(let reason): fail(.nameNotFound, reason)
    case .addresses(let addresses): found(addresses)
    }
  }

  private func forgetLookup() {
    if let lookup { loop.unwatch(lookup.1) }
    lookup = nil
  }

  // MARK: Trying

  private func found(_ addresses: [String]) {
    deadline = nil
    guard !addresses.isEmpty else { return fail(.nameNotFound, "no address") }
    way?.addresses = addresses
    tryNext()
  }

  private func tryNext() {
    loop.later { self.tryAddress() }
  }

  private func tryAddress() {
    guard let host, let way, !way.addresses.isEmpty, way.attempt == nil else { return }
    let numeric = way.addresses[0]
    self.way?.addresses.removeFirst()
    let attempt = Attempt(way.server, headers: way.headers, clock: way.clock, tls: tls)
    self.way?.attempt = attempt
    if let code = way.launch(numeric, host, attempt) {
      return ended(Attempt.End(kind: Attempt.kind(ofConnect: code), wasReached: false))
    }
    watchOver(attempt, milliseconds: limit(attempt))
  }

  /// Told by the owner, when the attempt's connection is over before it arrived.
  func ended(_ end: Attempt.End) {
    deadline = nil
    guard let way else { return }
    self.way?.attempt = nil
    if end.wasReached || way.addresses.isEmpty {
      return fail(end.kind, end.detail, retryAfterSeconds: end.retryAfterSeconds)
    }
    tryNext()
  }

  private func limit(_ attempt: Attempt) -> Int64 {
    let limit = patience.limit(of: attempt.stage)
    guard attempt.stage == .connect, way?.addresses.isEmpty == false else { return limit }
    return min(limit, patience.passOverMilliseconds)
  }

  private func watchOver(_ attempt: Attempt, milliseconds: Int64) {
    let stage = attempt.stage
    deadline = Alarm(on: loop, afterMilliseconds: milliseconds) { [unowned(unsafe) self] in
      guard way?.attempt === attempt else { return }
      let left = limit(attempt) - attempt.milliseconds(in: attempt.stage)
      guard attempt.stage == stage, left <= 0 else {
        return watchOver(attempt, milliseconds: max(1, left))
      }
      attempt.giveUp()
      ended(Attempt.End(kind: .timedOut(stage), wasReached: stage != .connect))
    }
  }

  private func fail(
    _ kind: LinkFailure.Kind, _ detail: String = "", retryAfterSeconds: Int = 0
  ) {
    guard let way else { return }
    arrived()
    switch kind {
    case .tls, .upgradeRefused(401), .upgradeRefused(403): forgetHost()
    default: break
    }
    var failure = failure(kind, detail, to: way.server, clock: way.clock)
    failure.retryAfterSeconds = retryAfterSeconds
    way.failed(failure)
  }
}
