internal import CWebSockets

/// What lws calls a vhost: the settings some connections share. Its owner hands it to
/// `EventLoop.retire`.
final class Host {
  /// C strings that lws keeps pointers to.
  final class Strings {
    private var all: [UnsafeMutablePointer<CChar>] = []
    /// Whom lws finds through `lws_vhost_user`.
    var owner: AnyObject?

    func keep(_ text: String) -> UnsafePointer<CChar> {
      let copy = strdup(text)!
      all.append(copy)
      return UnsafePointer(copy)
    }

    deinit { for text in all { free(text) } }
  }

  let pointer: OpaquePointer

  private init(_ pointer: OpaquePointer) { self.pointer = pointer }

  /// Nil with the reason in `LibraryLog`. Connections are bound to "plain" unless another protocol
  /// is named.
  static func open(
    on context: OpaquePointer, name: String, subprotocol: String? = nil,
    configure: (inout lws_context_creation_info, Strings) -> Void
  ) -> Host? {
    let strings = Strings()
    var protocols = [lws_protocols(), lws_protocols(), lws_protocols()]
    protocols[0].name = strings.keep("plain")
    protocols[0].callback = EventLoop.callback
    protocols[0].rx_buffer_size = EventLoop.readSize
    if let subprotocol {
      protocols[1].name = strings.keep(subprotocol)
      protocols[1].callback = EventLoop.callback
      protocols[1].rx_buffer_size = EventLoop.readSize
    }
    var info = lws_context_creation_info()
    info.port = CONTEXT_PORT_NO_LISTEN
    info.vhost_name = strings.keep(name)
    info.alpn = strings.keep("http/1.1")
    // Else lws takes a proxy from the environment; port 0 means none.
    info.http_proxy_address = strings.keep("none:0")
    info.timeout_secs = EventLoop.stepSeconds
    info.connect_timeout_secs = EventLoop.stepSeconds
    configure(&info, strings)
    info.finalize = { _, strings in
      if let strings { Unmanaged<Strings>.fromOpaque(strings).release() }
    }
    info.finalize_arg = Unmanaged.passRetained(strings).toOpaque()
    let pointer = protocols.withUnsafeBufferPointer { list in
      info.protocols = list.baseAddress
      return lws_create_vhost(context, &info)
    }
    guard let pointer else { return nil }
    return Host(pointer)
  }

  /// lws frees it when the last of its connections is closed.
  func close() { lws_vhost_destroy(pointer) }
}
