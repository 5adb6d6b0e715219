internal import CWebSockets
internal import Linux

/// One WebSocket connection, of either side: puts messages together, queues what is to be sent and
/// ends exactly once. What its ends mean is for the subclasses.
class WebSocket: Endpoint {
  enum End {
    case closedByPeer(code: Int)
    /// The peer was silent for longer than the heartbeat allows.
    case silent
    case tooLarge
    /// A text message, or the reason of a goodbye, that is no UTF-8.
    case notText
    case neverOpened(reason: String)
  }

  /// What a queued message costs besides its bytes, so that a queue of tiny ones is bounded too.
  static let overhead = 32
  private static let mostSentInQueue = 64
  /// A peer that does not take the rest of the queue and the close frame in this time is cut off.
  static let farewellSeconds: CInt = 5

  private let maximumMessage: Int
  private let maximumQueueBytes: Int

  private(set) var isOpen = false
  private var hasEnded = false
  private var leaving: (code: UInt16, reason: String)?
  /// We have begun to say goodbye.
  var isLeaving: Bool { leaving != nil }
  private var queue: [(bytes: [UInt8], isText: Bool)] = []
  /// Those before it have been sent; they are taken out together, so that a long queue is not shifted
  /// with each of them.
  private var sent = 0
  private var hasQueued: Bool { sent < queue.count }
  private var queuedBytes = 0
  private var message: [UInt8] = []
  private var peerCode: Int?
  private var lastHeard: Int64 = 0
  private var ping = Ping.none

  /// A ping of ours, besides those that lws sends when it is idle.
  private enum Ping {
    case none, wanted
    case sent(at: Int64)
  }

  init(on loop: EventLoop, maximumMessage: Int, maximumQueueBytes: Int) {
    self.maximumMessage = maximumMessage
    self.maximumQueueBytes = maximumQueueBytes
    super.init(on: loop)
  }

  // MARK: For subclasses

  func didOpen() {}
  func didReceive(_ bytes: [UInt8], isText: Bool) {}
  func didHearPong(roundTripMicroseconds: Int64) {}
  func didEnd(_ end: End) {}
  /// The socket is still there, for the last time.
  func isClosing(_ wsi: OpaquePointer) {}

  // MARK: Sending

  /// False when the queue has no room or the connection is not open; then nothing is queued.
  func send(_ bytes: [UInt8], isText: Bool) -> Bool {
    guard isOpen, leaving == nil, let wsi else { return false }
    let cost = bytes.count + WebSocket.overhead
    guard queuedBytes + cost <= maximumQueueBytes else { return false }
    queuedBytes += cost
    // lws writes its header into the room before the bytes.
    var framed = [UInt8](repeating: 0, count: Int(CWEBSOCKETS_PRE))
    framed.append(contentsOf: bytes)
    queue.append((framed, isText))
    lws_callback_on_writable(wsi)
    return true
  }

  /// Asks the peer for a sign of life, ahead of what is queued; one at a time.
  func sendPing() {
    guard isOpen, leaving == nil, let wsi, case .none = ping else { return }
    ping = .wanted
    lws_callback_on_writable(wsi)
  }

  var silentForMicroseconds: Int64 { MonotonicClock.microseconds() - lastHeard }

  /// Sends what is queued, then says goodbye. A connection that is not open yet is cut off.
  func leave(code: UInt16 = 1000, reason: String = "") {
    guard !hasEnded, leaving == nil else { return }
    leaving = (code, reason)
    guard let wsi else { return }
    guard isOpen else { return EventLoop.kill(wsi) }
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, WebSocket.farewellSeconds)
    lws_callback_on_writable(wsi)
  }

  final override func writable(_ wsi: OpaquePointer) -> Bool {
    if case .wanted = ping {
      var framed = [UInt8](repeating: 0, count: Int(CWEBSOCKETS_PRE)) + WebSocket.pingMark
      let size = WebSocket.pingMark.count
      let written = framed.withUnsafeMutableBufferPointer {
        lws_write(wsi, $0.baseAddress! + Int(CWEBSOCKETS_PRE), size, LWS_WRITE_PING)
      }
      ping = .sent(at: MonotonicClock.microseconds())
      if hasQueued || leaving != nil { lws_callback_on_writable(wsi) }
      return written >= 0
    }
    if hasQueued {
      var (framed, isText) = takeFirst()
      let room = Int(CWEBSOCKETS_PRE)
      queuedBytes -= framed.count - room + WebSocket.overhead
      let written = framed.withUnsafeMutableBufferPointer {
        lws_write(
          wsi, $0.baseAddress! + room, $0.count - room, isText ? LWS_WRITE_TEXT : LWS_WRITE_BINARY)
      }
      if written < 0 { return false }
      if hasQueued || leaving != nil { lws_callback_on_writable(wsi) }
      return true
    }
    guard let leaving else { return true }
    close(wsi, code: leaving.code, reason: leaving.reason)
    return false
  }

  private func takeFirst() -> (bytes: [UInt8], isText: Bool) {
    let first = queue[sent]
    queue[sent].bytes = []
    sent += 1
    if sent == queue.count || sent >= WebSocket.mostSentInQueue {
      queue.removeFirst(sent)
      sent = 0
    }
    return first
  }

  /// Prepares the close frame that lws sends when the callback returns false.
  private func close(_ wsi: OpaquePointer, code: UInt16, reason: String) {
    // A close frame holds 123 bytes of reason.
    var text = Array(reason.utf8.prefix(123))
    text.withUnsafeMutableBufferPointer {
      lws_close_reason(wsi, lws_close_status(rawValue: UInt32(code)), $0.baseAddress, $0.count)
    }
  }

  // MARK: What lws tells

  final override func opened(_ wsi: OpaquePointer) -> Bool {
    guard leaving == nil else { return false }
    self.wsi = wsi
    isOpen = true
    lastHeard = MonotonicClock.microseconds()
    didOpen()
    return true
  }

  final override func received(_ wsi: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Bool {
    lastHeard = MonotonicClock.microseconds()
    lws_validity_confirmed(wsi)
    guard !hasEnded else { return true }
    if lws_is_first_fragment(wsi) != 0 { message.removeAll(keepingCapacity: true) }
    guard message.count + bytes.count + lws_remaining_packet_payload(wsi) <= maximumMessage else {
      return refuse(code: 1009, .tooLarge)
    }
    message.append(contentsOf: bytes)
    guard lws_is_final_fragment(wsi) != 0, lws_remaining_packet_payload(wsi) == 0 else {
      return true
    }
    let isText = lws_frame_is_binary(wsi) == 0
    if isText, String(validating: message, as: UTF8.self) == nil {
      return refuse(code: 1007, .notText)
    }
    didReceive(message, isText: isText)
    return true
  }

  /// Not here and now: lws 4.1 goes on filling its buffer after a refusal with a close frame to
  /// send, beyond the buffer's end. What still comes until it is sent is ignored.
  private func refuse(code: UInt16, _ why: End) -> Bool {
    message = []
    leave(code: code)
    end(why)
    return true
  }

  final override func heardPong(_ bytes: UnsafeRawBufferPointer) {
    lastHeard = MonotonicClock.microseconds()
    // lws's own pings carry nothing.
    guard case .sent(let at) = ping, bytes.elementsEqual(WebSocket.pingMark) else { return }
    ping = .none
    didHearPong(roundTripMicroseconds: lastHeard - at)
  }

  private static var pingMark: [UInt8] { Array("auricle".utf8) }

  final override func peerCloses(_ bytes: UnsafeMutableRawBufferPointer) {
    let reason = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2))
    guard String(validating: reason, as: UTF8.self) != nil else {
      // lws would say the same back. For why not to hang up here and now, see `refuse`.
      for place in bytes.indices { bytes[place] = UInt8(ascii: "?") }
      (bytes[0], bytes[1]) = (UInt8(1007 >> 8), UInt8(1007 & 0xFF))
      return end(.notText)
    }
    peerCode = bytes.count >= 2 ? Int(bytes[0]) << 8 | Int(bytes[1]) : 1005
  }

  final override func failed(_ wsi: OpaquePointer, _ reason: String) {
    isClosing(wsi)
    end(.neverOpened(reason: reason))
  }

  final override func closed(_ wsi: OpaquePointer) {
    isClosing(wsi)
    if let peerCode { return end(.closedByPeer(code: peerCode)) }
    guard isOpen else { return end(.neverOpened(reason: "the server hung up")) }
    // lws hangs up on a dead peer without a word to us.
    let silence = MonotonicClock.microseconds() - lastHeard
    let limit = Int64(loop.heartbeat.hangUpAfterSeconds) * 1_000_000 - 200_000
    end(silence >= limit ? .silent : .closedByPeer(code: 1006))
  }

  override func released() {
    end(isOpen ? .closedByPeer(code: 1006) : .neverOpened(reason: "cut off"))
    super.released()
  }

  private func end(_ end: End) {
    guard !hasEnded else { return }
    hasEnded = true
    isOpen = false
    queue = []
    sent = 0
    queuedBytes = 0
    didEnd(end)
  }
}
