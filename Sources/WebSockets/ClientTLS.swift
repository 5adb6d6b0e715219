internal import CWebSockets
internal import Linux

/// OpenSSL's side of connections to servers: made of a `TLSTrust`, asked by each handshake.
///
/// We make this instead of lws for three things that lws cannot do: tell which of our files is at
/// fault, judge dates at a moment we choose, and ask for a pin where no path leads around it.
final class ClientTLS {
  /// One of our own files cannot be used.
  struct Problem: Error {
    let reason: LinkFailure.TLSReason
    let detail: String
  }

  let context: OpaquePointer
  private let pins: [[UInt8]]
  /// Those that may still begin a handshake.
  private var attempts: [Attempt] = []

  private init(_ context: OpaquePointer, pins: [[UInt8]]) {
    self.context = context
    self.pins = pins
  }

  deinit {
    SSL_CTX_set_info_callback(context, nil)
    SSL_CTX_free(context)
  }

  static func open(_ trust: TLSTrust) throws(Problem) -> ClientTLS {
    guard let context = cwebsockets_tls_client() else {
      throw Problem(reason: .other, detail: lastReason)
    }
    let tls = ClientTLS(context, pins: trust.pins.map { Array($0.utf8) })
    if let file = trust.caFile {
      try check(file, .badAuthorityFile) { SSL_CTX_load_verify_file(context, $0) }
    } else {
      SSL_CTX_set_default_verify_paths(context)
    }
    if let file = trust.certificateFile {
      try check(file, .badClientCertificate) { SSL_CTX_use_certificate_chain_file(context, $0) }
      // Refuses a key that is not the certificate's, too.
      try check(trust.keyFile ?? "", .badClientCertificate) {
        SSL_CTX_use_PrivateKey_file(context, $0, SSL_FILETYPE_PEM)
      }
    }
    SSL_CTX_set_info_callback(context, info)
    SSL_CTX_set_client_cert_cb(context, asked)
    SSL_CTX_set_cert_verify_callback(context, verify, Unmanaged.passUnretained(tls).toOpaque())
    SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(tls).toOpaque())
    return tls
  }

  func begin(_ attempt: Attempt) { attempts.append(attempt) }
  func end(_ attempt: Attempt) { attempts.removeAll { $0 === attempt } }

  private static func check(
    _ file: String, _ reason: LinkFailure.TLSReason, load: (String) -> CInt
  ) throws(Problem) {
    // What the kernel says about a file says more than what OpenSSL makes of it.
    do throws(LinuxError) { try Files.checkReadable(file) } catch {
      throw Problem(reason: reason, detail: error.description)
    }
    guard load(file) != 1 else { return }
    throw Problem(reason: reason, detail: file + ": " + lastReason)
  }

  private static var lastReason: String {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    if code & 0x7F_FFFF == UInt(PEM_R_NO_START_LINE) { return "nothing of the kind in it" }
    guard let text = ERR_reason_error_string(code) else { return "of no use" }
    return String(cString: text)
  }

  // MARK: What OpenSSL tells

  /// Its "application data": ours, and lws leaves it alone.
  private static func attempt(of ssl: OpaquePointer) -> Attempt? {
    guard let known = SSL_get_ex_data(ssl, 0) else { return nil }
    return Unmanaged<Attempt>.fromOpaque(known).takeUnretainedValue()
  }

  private static let info: @convention(c) (OpaquePointer?, CInt, CInt) -> Void = {
    ssl, place, value in
    guard let ssl else { return }
    if place & CInt(CWEBSOCKETS_HANDSHAKE_START) != 0, SSL_get_ex_data(ssl, 0) == nil {
      guard let ours = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0) else { return }
      let tls = Unmanaged<ClientTLS>.fromOpaque(ours).takeUnretainedValue()
      let descriptor = SSL_get_fd(ssl)
      for attempt in tls.attempts where attempt.descriptor == descriptor {
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(attempt).toOpaque())
        attempt.handshakeBegins()
        // lws offers whatever it takes for a name.
        if NameLookup.numeric(attempt.server.host) != nil { cwebsockets_tls_without_name(ssl) }
      }
    } else if place & CInt(CWEBSOCKETS_READ_ALERT) == CInt(CWEBSOCKETS_READ_ALERT) {
      ClientTLS.attempt(of: ssl)?.alert = value & 0xFF
    }
  }

  /// The server asks for a certificate and we have none. Before TLS 1.3 its disappointment has no
  /// name of its own.
  private static let asked:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<OpaquePointer?>?
    ) -> CInt = { ssl, _, _ in
      if let ssl { ClientTLS.attempt(of: ssl)?.wasAskedForCertificate = true }
      return 0
    }

  /// Instead of OpenSSL's own check, which it makes and adds to. Whatever is missing here refuses.
  private static let verify: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> CInt = {
    chain, ours in
    guard let chain, let ours,
      let ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()),
      let attempt = ClientTLS.attempt(of: OpaquePointer(ssl)),
      let rules = X509_STORE_CTX_get0_param(chain)
    else { return 0 }
    let tls = Unmanaged<ClientTLS>.fromOpaque(ours).takeUnretainedValue()
    cwebsockets_judge_at(rules, attempt.clock.judgedAt)
    // The name anew, too: lws cuts it at the first colon, which leaves nothing of an IPv6 address.
    // Never by the common name: where one authority signs devices, too, one of them may be called like the host.
    X509_VERIFY_PARAM_set_hostflags(
      rules,
      UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    let isAddress = X509_VERIFY_PARAM_set1_ip_asc(rules, attempt.server.host) == 1
    guard X509_VERIFY_PARAM_set1_host(rules, isAddress ? nil : attempt.server.host, 0) == 1 else {
      return 0
    }
    attempt.mayForgiveDate = attempt.clock.isWrong && !tls.pins.isEmpty
    guard X509_verify_cert(chain) == 1 else { return 0 }
    guard tls.pins.isEmpty || tls.hasPin(chain) else {
      attempt.hasWrongPin = true
      X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION)
      return 0
    }
    attempt.certificateEnd = cwebsockets_chain_end(chain)
    return 1
  }

  private func hasPin(_ chain: OpaquePointer) -> Bool {
    var text = [CChar](repeating: 0, count: 45)
    var place: CInt = 0
    while cwebsockets_chain_pin(chain, place, &text) == 1 {
      place += 1
      for pin in pins
      where pin.elementsEqual(text.prefix(44).lazy.map { UInt8(bitPattern: $0) }) { return true }
    }
    return false
  }
}
