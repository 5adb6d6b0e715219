internal import CWebSockets
internal import Linux

extension SocketServer {
  /// What lws knows of a server; it may come through here after the server is gone. Counts everybody
  /// who stands in it, let in or not.
  final class Door: Doorkeeper {
    /// While the system has no descriptors for more callers they wait this long.
    static let pauseMilliseconds: Int64 = 500

    unowned(unsafe) var server: SocketServer?
    private let loop: EventLoop
    private(set) var callers = 0
    private var byNeighbour: [UInt64: Int] = [:]
    /// lws's own listening connection, known from the first caller on.
    private var listener: OpaquePointer?
    private var pause: Alarm?

    init(on loop: EventLoop) { self.loop = loop }

    func close() {
      server = nil
      pause = nil
      listener = nil
    }

    override func meets(
      _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ input: UnsafeMutableRawPointer?
    ) -> CInt {
      guard let server else { return -1 }
      switch reason {
      case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        listener = wsi
        return mayCome(CInt(truncatingIfNeeded: Int(bitPattern: input)), server) ? 0 : -1
      case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        let caller = Caller(on: loop, descriptor: lws_get_socket_fd(wsi), at: self)
        callers += 1
        byNeighbour[caller.neighbour, default: 0] += 1
        lws_set_opaque_user_data(wsi, loop.adopt(caller))
        caller.began(wsi, patience: server.limits.patienceMilliseconds)
        return 0
      // Whoever was instantiated is an endpoint.
      default: return -1
      }
    }

    /// Before anything is spent on them.
    private func mayCome(_ descriptor: CInt, _ server: SocketServer) -> Bool {
      let limits = server.limits
      let neighbours = byNeighbour[cwebsockets_neighbour(descriptor)] ?? 0
      if neighbours < limits.perAddress, callers < limits.connections + limits.waiting {
        return true
      }
      server.onTrouble(.tooMany(from: Door.address(of: descriptor)))
      return false
    }

    func left(_ neighbour: UInt64) {
      callers -= 1
      let others = (byNeighbour[neighbour] ?? 1) - 1
      byNeighbour[neighbour] = others > 0 ? others : nil
    }

    /// Else lws would ask the system again and again, as fast as it can.
    override func cannotAccept(code: CInt) {
      guard let server, pause == nil else { return }
      // Nobody is connected yet who would miss us.
      guard let listener else {
        return MonotonicClock.sleep(untilMicroseconds: MonotonicClock.microseconds() + 100_000)
      }
      lws_rx_flow_control(listener, 0)
      pause = Alarm(on: loop, afterMilliseconds: Door.pauseMilliseconds) {
        [unowned(unsafe) self] in
        pause = nil
        if let listener = self.listener { lws_rx_flow_control(listener, 1) }
      }
      server.onTrouble(.cannotAccept(code: code))
    }

    static func address(of descriptor: CInt) -> String {
      // The longest IPv6 address with the name of an interface.
      var text = [CChar](repeating: 0, count: 64)
      cwebsockets_neighbour_text(descriptor, &text, UInt32(text.count))
      return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }
  }
}
