internal import VoiceCore
internal import WireProtocols

/// The messages of one direction that the other side has not acknowledged, in order: what a resumed
/// session begins with.
struct Journal: Sendable {
  /// What a message costs besides its bytes, so that a journal of tiny ones is bounded too.
  static let overhead = 48
  /// Room for the words of a conversation, besides sound.
  static let leastBytes = 128 << 10
  /// Less than the queue of a connection, which must take all of it after a resume.
  static let mostBytes = 768 << 10
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

  /// Nobody can have got more than there were; one that is less than before changes nothing.
  mutating func acknowledge(_ total: Int) {
    while acknowledged < total, first < messages.count {
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
  }

  private static func cost(of message: WireMessage) -> Int {
    switch message {
    case .text(let bytes), .binary(let bytes): bytes.count + overhead
    }
  }
}
