internal import CWebSockets

/// Bytes of TCP payload, TLS and handshakes included, as the kernel counted them.
public struct Traffic: Equatable, Sendable {
  public var sent: Int64 = 0
  public var received: Int64 = 0

  public init() {}

  /// Nil when the socket is gone.
  init?(of wsi: OpaquePointer) {
    let descriptor = lws_get_socket_fd(wsi)
    guard descriptor >= 0, cwebsockets_traffic(descriptor, &sent, &received) == 0 else {
      return nil
    }
  }

  static func + (left: Traffic, right: Traffic) -> Traffic {
    var sum = left
    sum.sent += right.sent
    sum.received += right.received
    return sum
  }
}

/// Adds up what the connections of one link carried: those that ended, and those that are there.
final class TrafficCount {
  private var ended = Traffic()
  /// Of the connection that ended last.
  private(set) var lastEnded = Traffic()
  private var live: [LinkSocket] = []

  var total: Traffic {
    var sum = ended
    for socket in live {
      if let wsi = socket.wsi, let now = Traffic(of: wsi) { sum = sum + now }
    }
    return sum
  }

  func begin(_ socket: LinkSocket) { live.append(socket) }

  func end(_ socket: LinkSocket, _ traffic: Traffic?) {
    guard let index = live.firstIndex(where: { $0 === socket }) else { return }
    live.remove(at: index)
    lastEnded = traffic ?? Traffic()
    ended = ended + lastEnded
  }
}
