internal import CWebSockets

/// One connection of a `ServerLink`, from the first packet to the last. It may outlive its link's
/// interest in it while it says goodbye.
final class LinkSocket: WebSocket {
  /// Cleared by the link when it loses interest.
  unowned(unsafe) var link: ServerLink?

  private let subprotocol: String
  private let counted: TrafficCount

  init(
    on loop: EventLoop, counting counted: TrafficCount, subprotocol: String, maximumMessage: Int,
    maximumQueueBytes: Int
  ) {
    self.subprotocol = subprotocol
    self.counted = counted
    super.init(on: loop, maximumMessage: maximumMessage, maximumQueueBytes: maximumQueueBytes)
  }

  /// Nil when the connection is on its way, else the system's code for why it is not.
  func connect(_ attempt: Attempt, at numeric: String, through host: Host) -> CInt? {
    self.attempt = attempt
    let code = attempt.begin(self, at: numeric, through: host, subprotocol: subprotocol)
    if code == nil { counted.begin(self) }
    return code
  }

  override func giveUp() { giveUp(code: 1000) }

  func giveUp(code: UInt16) {
    link = nil
    leave(code: code)
  }

  // MARK: What happens to it

  override func mayOpen(_ wsi: OpaquePointer) -> Bool {
    // lws lets a server get away with choosing no protocol at all.
    var chosen = [CChar](repeating: 0, count: 64)
    let length = lws_hdr_copy(wsi, &chosen, CInt(chosen.count), WSI_TOKEN_PROTOCOL)
    return length > 0 && strcmp(chosen, subprotocol) == 0
  }

  override func didOpen() {
    attempt?.opened()
    link?.socketOpened(self)
  }

  override func didReceive(_ bytes: [UInt8], isText: Bool) {
    link?.socketReceived(bytes, isText: isText)
  }

  override func didHearPong(roundTripMicroseconds: Int64) {
    link?.socketHeardPong(roundTripMicroseconds)
  }

  override func isClosing(_ wsi: OpaquePointer) {
    attempt?.isClosing(wsi)
    counted.end(self, Traffic(of: wsi))
  }

  override func didEnd(_ end: End) {
    var told: Attempt.End
    switch end {
    case .closedByPeer(let code): told = Attempt.End(kind: .closedByPeer(code: code))
    case .silent: told = Attempt.End(kind: .timedOut(.open))
    case .tooLarge: told = Attempt.End(kind: .tooLarge)
    case .notText: told = Attempt.End(kind: .notText)
    case .neverOpened(let reason):
      told = attempt?.end(reason) ?? Attempt.End(kind: .closedByPeer(code: 1006))
    }
    attempt?.end()
    // Clear it first: the link may drop its last reference to us.
    guard let link else { return }
    self.link = nil
    link.socketEnded(self, told)
  }

  override func released() {
    super.released()
    attempt?.end()
    counted.end(self, nil)
  }
}
