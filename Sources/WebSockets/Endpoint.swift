internal import CWebSockets

/// Anything lws calls us about: a connection or a watched descriptor. The loop owns it until lws
/// has let go of it. Returning false asks lws to close it.
class Endpoint {
  /// The loop keeps its endpoints, so it is there as long as they are.
  unowned(unsafe) let loop: EventLoop
  var wsi: OpaquePointer?

  init(on loop: EventLoop) { self.loop = loop }

  /// OpenSSL refused the server's certificate for this reason.
  func refusedCertificate(code: CInt) {}
  /// The server's answer is here, the connection not yet open.
  func mayOpen(_ wsi: OpaquePointer) -> Bool { true }
  func opened(_ wsi: OpaquePointer) -> Bool { true }
  func received(_ wsi: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Bool { true }
  func heardPong() {}
  func writable(_ wsi: OpaquePointer) -> Bool { true }
  func peerCloses(_ bytes: UnsafeRawBufferPointer) {}
  /// It never opened.
  func failed(_ wsi: OpaquePointer, _ reason: String) {}
  func closed(_ wsi: OpaquePointer) {}
  func readable() {}
  /// The last call; lws forgets `wsi` after it.
  func released() { loop.disown(self) }
}
