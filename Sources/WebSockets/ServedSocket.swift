internal import CWebSockets

/// One connection of a `SocketServer`.
final class ServedSocket: WebSocket {
  let connection: SocketServer.Connection
  /// Keeps counting for its address until the connection is gone.
  let caller: Caller
  unowned(unsafe) var server: SocketServer?

  init(
    on loop: EventLoop, connection: SocketServer.Connection, caller: Caller, maximumMessage: Int,
    maximumQueueBytes: Int
  ) {
    self.connection = connection
    self.caller = caller
    super.init(on: loop, maximumMessage: maximumMessage, maximumQueueBytes: maximumQueueBytes)
  }

  override func didOpen() { server?.tell(connection, .opened(peer: caller.peer)) }
  override func didReceive(_ bytes: [UInt8], isText: Bool) {
    server?.tell(connection, .received(isText: isText, bytes: bytes))
  }
  override func didDrain() { server?.tell(connection, .writable) }
  override func didEnd(_ end: End) {
    let server = server
    self.server = nil
    server?.socketEnded(self)
  }

  override func released() {
    super.released()
    caller.leave()
  }
}
