internal import VoiceCore
internal import WireProtocols

/// What was said and may have to be said again: messages the agent has not acknowledged, for a
/// session that goes on, and all of a turn that nobody has answered, for one that begins anew.
struct Outbox: Sendable {
  /// Of messages that are not acknowledged: a long outage at 64 kbit/s. Beyond it there is no resuming.
  static let mostPending = 256 << 10
  /// Of the turn that is kept: a minute at 64 kbit/s. A longer one cannot be sent to a new session.
  static let mostKept = 640 << 10
  /// What a message costs besides its bytes.
  static let overhead = 64

  private struct Entry: Sendable {
    /// Its place in the session, 0 when there was none.
    var number: Int
    var message: WireMessage
    /// Part of the turn that is kept.
    var isKept: Bool

    var cost: Int {
      switch message {
      case .text(let bytes), .binary(let bytes): bytes.count + Outbox.overhead
      }
    }
  }

  private var entries: [Entry] = []
  private var kept: TurnID?
  private var acknowledged = 0
  private var pendingBytes = 0
  private var keptBytes = 0
  /// All that is stored.
  private(set) var bytes = 0

  var fits: Bool { pendingBytes <= Outbox.mostPending }

  /// Not acknowledged yet.
  var count: Int {
    var count = 0
    for entry in entries where entry.number > acknowledged { count += 1 }
    return count
  }

  var pending: [WireMessage] {
    var messages: [WireMessage] = []
    for entry in entries where entry.number > acknowledged { messages.append(entry.message) }
    return messages
  }

  // MARK: The turn that is kept

  /// From here on this turn is the one to keep.
  mutating func keep(_ turn: TurnID) {
    release()
    kept = turn
  }

  func keeps(_ turn: TurnID) -> Bool { kept == turn }

  mutating func release(_ turn: TurnID) {
    if kept == turn { release() }
  }

  mutating func release() {
    kept = nil
    for index in entries.indices { entries[index].isKept = false }
    trim()
  }

  /// All of the kept turn, to be added again.
  mutating func takeKept() -> [WireMessage] {
    var messages: [WireMessage] = []
    for entry in entries where entry.isKept { messages.append(entry.message) }
    entries = []
    acknowledged = 0
    trim()
    return messages
  }

  /// The session is over.
  mutating func keepOnlyTurn() {
    for index in entries.indices { entries[index].number = 0 }
    acknowledged = 0
    trim()
  }

  // MARK: Messages

  mutating func add(_ message: WireMessage, number: Int, isKept: Bool) {
    let entry = Entry(number: number, message: message, isKept: isKept)
    entries.append(entry)
    count(entry)
    if keptBytes > Outbox.mostKept { release() }
  }

  /// Part of the kept turn, while there is no session.
  mutating func store(_ message: WireMessage) { add(message, number: 0, isKept: true) }

  /// False when the other side cannot have received so many.
  mutating func acknowledge(upTo number: Int, of sent: Int) -> Bool {
    guard number >= acknowledged, number <= sent else { return false }
    acknowledged = number
    trim()
    return true
  }

  private mutating func trim() {
    entries.removeAll { $0.number <= acknowledged && !$0.isKept }
    (bytes, pendingBytes, keptBytes) = (0, 0, 0)
    for entry in entries { count(entry) }
  }

  private mutating func count(_ entry: Entry) {
    bytes += entry.cost
    if entry.number > acknowledged { pendingBytes += entry.cost }
    if entry.isKept { keptBytes += entry.cost }
  }
}
