internal import CWebSockets
internal import Linux

/// One connection of a `ServerLink`, from the first packet to the last. It may outlive its link's
/// interest in it while it says goodbye.
final class LinkSocket: WebSocket {
  /// Cleared by the link when it loses interest.
  unowned(unsafe) var link: ServerLink?

  private let subprotocol: String
  private let counted: TrafficCount
  private var startedAt: Int64 = 0
  private var certificateCode: CInt = 0
  private var status = 0
  private var hasDetails = false

  init(
    on loop: EventLoop, counting counted: TrafficCount, subprotocol: String, maximumMessage: Int,
    maximumQueueBytes: Int
  ) {
    self.subprotocol = subprotocol
    self.counted = counted
    super.init(on: loop, maximumMessage: maximumMessage, maximumQueueBytes: maximumQueueBytes)
  }

  /// Nil when the connection is on its way, else the system's code for why it is not.
  func connect(to server: ServerAddress, at numeric: String, through host: Host) -> CInt? {
    startedAt = MonotonicClock.microseconds()
    hasDetails = true
    LibraryLog.beginDetails()
    let strings = Host.Strings()
    var wanted = lws_client_connect_info()
    wanted.context = loop.context
    wanted.vhost = host.pointer
    wanted.address = strings.keep(numeric)
    wanted.port = server.port
    wanted.path = strings.keep(server.path)
    // From here lws also takes the name that the certificate must bear.
    wanted.host = strings.keep(server.hostAndPort)
    wanted.protocol = strings.keep(subprotocol)
    wanted.local_protocol_name = strings.keep("plain")
    wanted.alpn = strings.keep("http/1.1")
    // Where a redirection leads is not what the technician has configured.
    wanted.ssl_connection = CInt(LCCSCF_HTTP_NO_FOLLOW_REDIRECT.rawValue)
    if server.isSecure { wanted.ssl_connection |= CInt(LCCSCF_USE_SSL.rawValue) }
    wanted.retry_and_idle_policy = UnsafePointer(loop.policy)
    wanted.opaque_user_data = loop.adopt(self)
    if let wsi = lws_client_connect_via_info(&wanted) {
      self.wsi = wsi
      counted.begin(self)
      return nil
    }
    let code = cwebsockets_errno()
    let said = LibraryLog.lastWords.connectCode
    endDetails()
    loop.disown(self)
    return said != 0 ? said : code
  }

  /// Something was sent, so the address answers.
  var hasReached: Bool {
    guard let wsi, let traffic = Traffic(of: wsi) else { return false }
    return traffic.sent > 0
  }

  static func kind(ofConnect code: CInt) -> LinkFailure.Kind {
    switch code {
    case ECONNREFUSED: return .refused
    case ETIMEDOUT: return .timedOut
    default: return .unreachable
    }
  }

  // MARK: What happens to it

  override func refusedCertificate(code: CInt) { certificateCode = code }

  override func mayOpen(_ wsi: OpaquePointer) -> Bool {
    // lws lets a server get away with choosing no protocol at all.
    var chosen = [CChar](repeating: 0, count: 64)
    let length = lws_hdr_copy(wsi, &chosen, CInt(chosen.count), WSI_TOKEN_PROTOCOL)
    return length > 0 && strcmp(chosen, subprotocol) == 0
  }

  override func didOpen() {
    endDetails()
    link?.socketOpened(self)
  }

  override func didReceive(_ bytes: [UInt8], isText: Bool) {
    link?.socketReceived(bytes, isText: isText)
  }

  override func isClosing(_ wsi: OpaquePointer) {
    status = Int(lws_http_client_http_response(wsi))
    counted.end(self, Traffic(of: wsi))
  }

  override func didEnd(_ end: End) {
    let words = LibraryLog.lastWords
    endDetails()
    // Clear it first: the link may drop its last reference to us.
    guard let link else { return }
    self.link = nil
    switch end {
    case .closedByPeer(let code): link.socketEnded(.closedByPeer(code: code), "", wasReached: true)
    case .silent: link.socketEnded(.timedOut, "the open connection went silent", wasReached: true)
    case .tooLarge: link.socketEnded(.tooLarge, "", wasReached: true)
    case .notText: link.socketEnded(.notText, "", wasReached: true)
    case .neverOpened(let reason): tell(link, reason, words)
    }
  }

  override func released() {
    super.released()
    counted.end(self, nil)
  }

  private func tell(_ link: ServerLink, _ reason: String, _ words: LibraryLog.Words) {
    let elapsed = MonotonicClock.microseconds() - startedAt
    let tookTooLong = elapsed > Int64(EventLoop.stepSeconds) * 1_000_000 - 200_000
    if certificateCode != 0 {
      let meaning = LinkSocket.meaning(ofCertificateCode: certificateCode)
      let detail = String(cString: X509_verify_cert_error_string(Int(certificateCode)))
      return link.socketEnded(.tls(meaning), detail, wasReached: true)
    }
    if status != 0 {
      return link.socketEnded(.upgradeRefused(status: status), reason, wasReached: true)
    }
    guard counted.lastEnded.sent > 0 else {
      if words.connectCode != 0 {
        return link.socketEnded(
          LinkSocket.kind(ofConnect: words.connectCode), "", wasReached: false)
      }
      return link.socketEnded(tookTooLong ? .timedOut : .unreachable, "", wasReached: false)
    }
    if tookTooLong { return link.socketEnded(.timedOut, reason, wasReached: true) }
    if LibraryLog.has(reason, "connect S") || LibraryLog.has(reason, "server's cert") {
      return link.socketEnded(
        .tls(.other), words.tls.isEmpty ? reason : words.tls, wasReached: true)
    }
    link.socketEnded(.closedByPeer(code: 1006), reason, wasReached: true)
  }

  private func endDetails() {
    guard hasDetails else { return }
    hasDetails = false
    LibraryLog.endDetails()
  }

  private static func meaning(ofCertificateCode code: CInt) -> LinkFailure.TLSReason {
    switch code {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return .selfSigned
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_AKID_SKID_MISMATCH:
      return .unknownAuthority
    case X509_V_ERR_CERT_HAS_EXPIRED: return .expired
    case X509_V_ERR_CERT_NOT_YET_VALID: return .notYetValid
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: return .wrongName
    default: return .other
    }
  }
}
