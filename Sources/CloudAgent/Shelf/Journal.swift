internal import VoiceCore
internal import WireProtocols

/// The messages of one direction that the other side has not acknowledged, in order: what a resumed
/// session begins with.
struct Journal: Sendable {
  /// What a message costs besides its bytes, so that a journal of tiny ones is bounded too.
  static let overhead = 48
  /// Room for the words of a conversation, besides sound.
  static let leastBytes = 128 << 10
  static let mostBytes = 2 << 20
  /// Sound and headers of a reply take half of this; the rest is for replies that were overtaken.
  static let bytesPerSecond: Int64 = 8_000

  /// Beyond this the session cannot be resumed.
  let limit: Int
  private(set) var bytes = 0
  /// So many of the session's messages have arrived there.
  private(set) var acknowledged = 0
  private var messages: [WireMessage] = []
  private var first = 0

  /// For a device that can hold so much of a reply.
  init(replyBuffer: SampleSpan) {
    let needed = replyBuffer.milliseconds / 1_000 * Journal.bytesPerSecond
    limit = max(Journal.leastBytes, Int(min(needed, Int64(Journal.mostBytes))))
  }

  var count: Int { messages.count - first }
  var waiting: ArraySlice<WireMessage> { messages[first...] }
  var isFull: Bool { bytes > limit }

  mutating func add(_ message: WireMessage) {
    messages.append(message)
    bytes += Journal.cost(of: message)
  }

  /// False when it cannot be: so many were never sent.
  mutating func acknowledge(_ total: Int) -> Bool {
    guard total <= acknowledged + count else { return false }
    // An older one that came late changes nothing.
    while acknowledged < total {
      bytes -= Journal.cost(of: messages[first])
      acknowledged += 1
      first += 1
    }
    if first == messages.count {
      messages.removeAll(keepingCapacity: messages.capacity <= 64)
      first = 0
    } else if first >= 64 {
      messages.removeFirst(first)
      first = 0
    }
    return true
  }

  private static func cost(of message: WireMessage) -> Int {
    switch message {
    case .text(let bytes), .binary(let bytes): bytes.count + overhead
    }
  }
}
