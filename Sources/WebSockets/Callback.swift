internal import CWebSockets

extension EventLoop {
  /// Everything lws has to say comes in here and goes to the endpoint it is about.
  static let callback:
    @convention(c) (
      OpaquePointer?, lws_callback_reasons, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int
    ) -> CInt = { wsi, reason, user, input, length in
      guard let wsi else { return 0 }
      if let known = lws_get_opaque_user_data(wsi) {
        let endpoint = Unmanaged<Endpoint>.fromOpaque(known).takeUnretainedValue()
        if reason == LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER {
          return endpoint.requestBegins(wsi, input, room: length) ? 0 : -1
        }
        // lws 4.1 takes a hostile size of a chunk for a negative number.
        if length < 0 { return -1 }
        return tell(
          endpoint, wsi, reason, user,
          UnsafeRawBufferPointer(start: input, count: input == nil ? 0 : length), input, length)
      }
      return answer(wsi, reason, input, length)
    }

  /// About a caller of one of our servers that has not been let in yet. Everything else is answered
  /// with 0: to lws, other answers to its general news mean that it should close its own pipe.
  private static func answer(
    _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ input: UnsafeMutableRawPointer?,
    _ length: Int
  ) -> CInt {
    switch reason {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION, LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED,
      LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, LWS_CALLBACK_HTTP, LWS_CALLBACK_ESTABLISHED:
      break
    // As below.
    case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION: return length == 0 ? 1 : 0
    default: return 0
    }
    guard let host = lws_get_vhost(wsi), let owner = lws_vhost_user(host) else { return 0 }
    return Unmanaged<Doorkeeper>.fromOpaque(owner).takeUnretainedValue().meets(wsi, reason, input)
  }

  private static func tell(
    _ endpoint: Endpoint, _ wsi: OpaquePointer, _ reason: lws_callback_reasons,
    _ user: UnsafeMutableRawPointer?, _ bytes: UnsafeRawBufferPointer,
    _ input: UnsafeMutableRawPointer?, _ length: Int
  ) -> CInt {
    switch reason {
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
      // `length` is OpenSSL's own verdict; returning 0 leaves it as it is.
      if length == 0, let user, let attempt = endpoint.attempt {
        let chain = OpaquePointer(user)
        if attempt.forgives(code: X509_STORE_CTX_get_error(chain)) {
          X509_STORE_CTX_set_error(chain, X509_V_OK)
        }
      }
      return 0
    case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
      if length != 0 { return 0 }
      if let user {
        endpoint.refusedCertificate(code: X509_STORE_CTX_get_error(OpaquePointer(user)))
      }
      // 0 would mean to take the certificate in spite of OpenSSL's verdict.
      return 1
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH: return endpoint.mayOpen(wsi) ? 0 : -1
    case LWS_CALLBACK_CLIENT_ESTABLISHED: return endpoint.opened(wsi) ? 0 : -1
    case LWS_CALLBACK_CLIENT_RECEIVE, LWS_CALLBACK_RECEIVE:
      return endpoint.received(wsi, bytes) ? 0 : -1
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG, LWS_CALLBACK_RECEIVE_PONG:
      endpoint.heardPong(bytes)
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: endpoint.answered(wsi)
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return endpoint.readableAnswer(wsi) ? 0 : -1
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ: return endpoint.receivedAnswer(bytes) ? 0 : -1
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
      endpoint.answerIsComplete()
      return -1
    case LWS_CALLBACK_CLIENT_WRITEABLE, LWS_CALLBACK_CLIENT_HTTP_WRITEABLE,
      LWS_CALLBACK_SERVER_WRITEABLE:
      return endpoint.writable(wsi) ? 0 : -1
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      endpoint.peerCloses(
        UnsafeMutableRawBufferPointer(start: input, count: input == nil ? 0 : length))
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      let reason = bytes.prefix { $0 != 0 && $0 != 0x0A }
      endpoint.failed(wsi, String(decoding: reason, as: UTF8.self))
    case LWS_CALLBACK_CLIENT_CLOSED, LWS_CALLBACK_CLOSED_CLIENT_HTTP, LWS_CALLBACK_CLOSED,
      LWS_CALLBACK_RAW_CLOSE_FILE:
      endpoint.closed(wsi)
    case LWS_CALLBACK_RAW_RX_FILE: endpoint.readable()
    case LWS_CALLBACK_WSI_DESTROY:
      lws_set_opaque_user_data(wsi, nil)
      endpoint.released()
    default: return endpoint.hears(wsi, reason, input, length)
    }
    return 0
  }
}
