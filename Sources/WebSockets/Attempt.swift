internal import CWebSockets
internal import Linux

/// One attempt to get an answer from a server: how far it came, and what was said on the way.
final class Attempt {
  let server: ServerAddress
  let clock: ClockReading
  private let headers: [RequestHeader]
  private let tls: ClientTLS?

  private(set) var stage = ConnectStage.connect
  private var stageBegan = MonotonicClock.microseconds()
  private var hasDetails = false
  private var isUnderWay = false
  private unowned(unsafe) var endpoint: Endpoint?

  /// OpenSSL's reason to refuse the server's certificate.
  private var certificateCode: CInt = 0
  var hasWrongPin = false
  /// The last thing the server's TLS complained about; 0 is only a goodbye.
  var alert: CInt = 0
  /// In vain.
  var wasAskedForCertificate = false
  /// Whether a certificate from the future is let through: this device's clock is known to be wrong,
  /// and a pin, asked for later in the same check, proves the server.
  var mayForgiveDate = false
  /// When the first certificate of the checked chain runs out.
  var certificateEnd: Int64?
  private var status = 0
  /// What the server wants us to wait at least.
  private(set) var retryAfterSeconds = 0
  /// What the server says is wrong with what we showed; empty when it says nothing.
  private var complaint = ""

  init(_ server: ServerAddress, headers: [RequestHeader], clock: ClockReading, tls: ClientTLS?) {
    self.server = server
    self.headers = headers
    self.clock = clock
    self.tls = tls
  }

  // MARK: Beginning

  /// - Parameters:
  ///   - method: nil for a WebSocket.
  /// - Returns: nil when the connection is on its way, else the system's code for why it is not.
  func begin(
    _ endpoint: Endpoint, at numeric: String, through host: Host, method: String? = nil,
    subprotocol: String? = nil
  ) -> CInt? {
    self.endpoint = endpoint
    hasDetails = true
    isUnderWay = true
    tls?.begin(self)
    LibraryLog.beginDetails()
    let strings = Host.Strings()
    var wanted = lws_client_connect_info()
    wanted.context = endpoint.loop.context
    wanted.vhost = host.pointer
    wanted.address = strings.keep(numeric)
    wanted.port = server.port
    wanted.path = strings.keep(server.path)
    wanted.host = strings.keep(server.hostAndPort)
    if let method { wanted.method = strings.keep(method) }
    if let subprotocol { wanted.protocol = strings.keep(subprotocol) }
    wanted.local_protocol_name = strings.keep("plain")
    wanted.alpn = strings.keep("http/1.1")
    // Where a redirection leads is not what the technician has configured.
    wanted.ssl_connection = CInt(LCCSCF_HTTP_NO_FOLLOW_REDIRECT.rawValue)
    if server.isSecure { wanted.ssl_connection |= CInt(LCCSCF_USE_SSL.rawValue) }
    wanted.retry_and_idle_policy = UnsafePointer(endpoint.loop.policy)
    wanted.opaque_user_data = endpoint.loop.adopt(endpoint)
    // It may come as far as the handshake before the call below returns.
    var early: OpaquePointer?
    let wsi = withUnsafeMutablePointer(to: &early) { early in
      earlyWsi = UnsafePointer(early)
      defer { earlyWsi = nil }
      wanted.pwsi = early
      return lws_client_connect_via_info(&wanted)
    }
    if let wsi {
      endpoint.wsi = wsi
      _ = cwebsockets_impatience(
        lws_get_socket_fd(wsi), Attempt.unansweredMilliseconds, Attempt.idleSeconds)
      return nil
    }
    let code = cwebsockets_errno()
    let said = LibraryLog.lastWords.connectCode
    end()
    endpoint.loop.disown(endpoint)
    return said != 0 ? said : code
  }

  /// What the other side's system has not acknowledged for this long is lost, and so is the
  /// connection: TCP_USER_TIMEOUT. Below the limit of the WebSocket's own heartbeat.
  private static let unansweredMilliseconds: CInt = 12_000
  /// Silence after which the system asks the other one whether it is still there.
  private static let idleSeconds: CInt = 10

  private var earlyWsi: UnsafePointer<OpaquePointer?>?

  var descriptor: CInt {
    guard let wsi = endpoint?.wsi ?? earlyWsi?.pointee else { return -1 }
    return lws_get_socket_fd(wsi)
  }

  /// Whoever waited for it waits no more; the connection ends on its own.
  func giveUp() {
    end()
    endpoint?.giveUp()
  }

  /// Nothing more is heard of it, or nobody listens any more.
  func end() {
    guard isUnderWay else { return }
    isUnderWay = false
    tls?.end(self)
    endDetails()
  }

  private func endDetails() {
    guard hasDetails else { return }
    hasDetails = false
    LibraryLog.endDetails()
  }

  // MARK: On the way

  func milliseconds(in stage: ConnectStage) -> Int64 {
    stage == self.stage ? (MonotonicClock.microseconds() - stageBegan) / 1_000 : 0
  }

  private func reach(_ stage: ConnectStage) {
    guard isUnderWay else { return }
    self.stage = stage
    stageBegan = MonotonicClock.microseconds()
  }

  func handshakeBegins() { reach(.handshake) }

  func opened() {
    reach(.open)
    endDetails()
  }

  /// Writes our headers into the request. False when they do not fit.
  func requestBegins(_ wsi: OpaquePointer, _ place: UnsafeMutableRawPointer?, room: Int) -> Bool {
    reach(.upgrade)
    guard let place else { return false }
    let next = place.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self)
    guard let start = next.pointee else { return false }
    let end = start + min(room, RequestHeader.mostBytes)
    for header in headers {
      let value = Array(header.value.utf8)
      let result = (header.name + ":").withCString { name in
        name.withMemoryRebound(to: UInt8.self, capacity: 1) {
          lws_add_http_header_by_name(wsi, $0, value, CInt(value.count), next, end)
        }
      }
      guard result == 0 else { return false }
    }
    return true
  }

  /// OpenSSL refuses a certificate: whether to let it through all the same.
  func forgives(code: CInt) -> Bool {
    if code == X509_V_ERR_CERT_NOT_YET_VALID, mayForgiveDate { return true }
    certificateCode = code
    return false
  }

  /// The head of the server's answer is there.
  func hear(_ wsi: OpaquePointer) {
    status = Int(lws_http_client_http_response(wsi))
    guard status != 0 else { return }
    if status == 401 {
      complaint = Challenge.complaint(Attempt.header(wsi, WSI_TOKEN_HTTP_WWW_AUTHENTICATE))
    }
    retryAfterSeconds = RetryAfter.seconds(Attempt.header(wsi, WSI_TOKEN_HTTP_RETRY_AFTER))
  }

  /// Empty when it is not there, or longer than anything we look for.
  private static func header(_ wsi: OpaquePointer, _ token: lws_token_indexes) -> [UInt8] {
    var text = [CChar](repeating: 0, count: 512)
    let length = lws_hdr_copy(wsi, &text, CInt(text.count), token)
    return text.prefix(Int(max(0, length))).map { UInt8(bitPattern: $0) }
  }

  /// The server's answer is still there, for the last time.
  func isClosing(_ wsi: OpaquePointer) {
    hear(wsi)
    // Before a server hangs up it may have said why, which lws does not read when it was writing.
    guard stage == .upgrade, status == 0, alert == 0, let ssl = lws_get_ssl(wsi) else { return }
    var byte: UInt8 = 0
    SSL_read(ssl, &byte, 1)
    ERR_clear_error()
  }

  // MARK: How it ended

  struct End {
    let kind: LinkFailure.Kind
    var detail = ""
    /// Whether the address answered at all.
    var wasReached = true
    var retryAfterSeconds = 0
  }

  static func kind(ofConnect code: CInt) -> LinkFailure.Kind {
    switch code {
    case ECONNREFUSED: return .refused
    case ETIMEDOUT: return .timedOut(.connect)
    default: return .unreachable
    }
  }

  /// - Parameter reason: lws's.
  func end(_ reason: String) -> End {
    let words = LibraryLog.lastWords
    end()
    if hasWrongPin { return End(kind: .tls(.wrongPin)) }
    if certificateCode != 0 {
      return End(
        kind: .tls(TLSReasons.meaning(ofCertificate: certificateCode, clock: clock)),
        detail: String(cString: X509_verify_cert_error_string(Int(certificateCode))))
    }
    if status != 0 {
      return End(
        kind: .upgradeRefused(status: status), detail: status == 101 ? reason : complaint,
        retryAfterSeconds: retryAfterSeconds)
    }
    guard stage != .connect else {
      let kind =
        words.connectCode != 0 ? Attempt.kind(ofConnect: words.connectCode) : .unreachable
      return End(kind: kind, wasReached: false)
    }
    if alert == SSL_AD_HANDSHAKE_FAILURE, wasAskedForCertificate {
      return End(kind: .tls(.clientRefused), detail: words.tls)
    }
    if let meaning = TLSReasons.meaning(ofAlert: alert) {
      return End(kind: .tls(meaning), detail: words.tls)
    }
    if let meaning = TLSReasons.meaning(of: words.tlsReason) {
      return End(kind: .tls(meaning), detail: words.tls)
    }
    if stage == .handshake {
      return End(kind: .tls(.other), detail: words.tls.isEmpty ? reason : words.tls)
    }
    return End(kind: .closedByPeer(code: 1006), detail: reason)
  }
}
