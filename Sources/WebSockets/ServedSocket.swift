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
  override func didEnd(_ end: End) {
    let server = server
    self.server = nil
    server?.socketEnded(self, code: ServedSocket.code(of: end))
  }

  /// 1005 and 1006 stand for a reason that was not given.
  private static func code(of end: End) -> UInt16? {
    switch end {
    case .closedByPeer(let code): code == 1005 || code == 1006 ? nil : UInt16(exactly: code)
    case .tooLarge: 1009
    case .notText: 1007
    case .silent, .neverOpened: nil
    }
  }

  override func released() {
    super.released()
    caller.leave()
  }
}
