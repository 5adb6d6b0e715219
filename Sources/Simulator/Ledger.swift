internal import VoiceCore

/// One of the agent's replies, in one session of one run of its program.
struct ReplyKey: Hashable {
  let process: Int
  let session: Int
  let reply: UInt32
}

/// The truth about every reply: what was made of it and what was heard. Nobody in the simulation may
/// look at it but the judges.
struct Ledger {
  struct Reply {
    let key: ReplyKey
    /// Set when it was begun; what was prepared and never begun is not to be heard.
    var answering: (turn: TurnID, revision: Int?)?
    /// Frames of ten milliseconds.
    var made = 0
    var heard = 0
    /// Nothing more of it may be heard from this frame on.
    var deadFrom = Int.max
    /// Sound of it went to a loudspeaker that was not there.
    var isBlurred = false

    var name: String { "reply \(key.reply) of session \(key.process).\(key.session)" }
  }

  /// Of each frame: its reply, and its place in it.
  private(set) var frames: [(reply: Int32, place: Int32)] = []
  private(set) var replies: [Reply] = []
  private var indices: [ReplyKey: Int] = [:]

  mutating func index(of key: ReplyKey) -> Int {
    if let index = indices[key] { return index }
    replies.append(Reply(key: key))
    indices[key] = replies.count - 1
    return replies.count - 1
  }

  func find(_ key: ReplyKey) -> Reply? { indices[key].map { replies[$0] } }

  subscript(index: Int) -> Reply {
    get { replies[index] }
    set { replies[index] = newValue }
  }

  /// The number of the first of so many new frames.
  mutating func make(_ count: Int, of key: ReplyKey) -> Int {
    let index = index(of: key)
    let first = frames.count
    for place in replies[index].made..<replies[index].made + count {
      frames.append((Int32(index), Int32(place)))
    }
    replies[index].made += count
    return first
  }
}
