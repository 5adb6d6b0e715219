internal import CWebSockets

/// Anything lws calls us about: a connection or a watched descriptor. The loop owns it until lws
/// has let go of it. Returning false asks lws to close it.
class Endpoint {
  /// The loop keeps its endpoints, so it is there as long as they are.
  unowned(unsafe) let loop: EventLoop
  var wsi: OpaquePointer?
  /// Where the loop keeps it.
  var place = 0
  /// Of connections to a server.
  var attempt: Attempt?

  init(on loop: EventLoop) { self.loop = loop }

  /// OpenSSL refused a caller's certificate for this reason.
  func refusedCertificate(code: CInt) {}
  /// Our request is about to be sent; there is room for more headers at `place`.
  func requestBegins(_ wsi: OpaquePointer, _ place: UnsafeMutableRawPointer?, room: Int) -> Bool {
    attempt?.requestBegins(wsi, place, room: room) ?? true
  }
  /// The server's answer is here, the connection not yet open.
  func mayOpen(_ wsi: OpaquePointer) -> Bool { true }
  func opened(_ wsi: OpaquePointer) -> Bool { true }
  func received(_ wsi: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Bool { true }
  func heardPong(_ bytes: UnsafeRawBufferPointer) {}
  /// The answer to a request that is no WebSocket has begun, and goes on, and is complete.
  func answered(_ wsi: OpaquePointer) {}
  func readableAnswer(_ wsi: OpaquePointer) -> Bool { true }
  func receivedAnswer(_ bytes: UnsafeRawBufferPointer) -> Bool { true }
  func answerIsComplete() {}
  func writable(_ wsi: OpaquePointer) -> Bool { true }
  /// What is left in `bytes` is what lws answers the goodbye with.
  func peerCloses(_ bytes: UnsafeMutableRawBufferPointer) {}
  /// It never opened.
  func failed(_ wsi: OpaquePointer, _ reason: String) {}
  func closed(_ wsi: OpaquePointer) {}
  func readable() {}
  /// Everything else that lws tells; the result is what it wants to hear.
  func hears(
    _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ input: UnsafeMutableRawPointer?,
    _ length: Int
  ) -> CInt { 0 }
  /// Nobody waits for this connection any more.
  func giveUp() { if let wsi { EventLoop.kill(wsi) } }
  /// The last call; lws forgets `wsi` after it.
  func released() { loop.disown(self) }
}

/// Whom lws asks about strangers who call at a port. What it does is in the server, so that a program
/// without one carries none of it.
class Doorkeeper {
  /// What lws wants to hear about somebody who is no `Endpoint` yet.
  func meets(
    _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ input: UnsafeMutableRawPointer?
  ) -> CInt { -1 }
  /// The system gave no descriptor for the next caller.
  func cannotAccept(code: CInt) {}
}
