/// What happened in a conversation: who was heard when, what the device did, and why.
public struct Timeline: Equatable, Sendable {
  /// A conversation that goes on for hours keeps its first day of events, not all of them.
  public static let mostOfEach = 10_000

  public struct Span: Equatable, Sendable {
    public var start: Int
    /// Nil while it goes on.
    public var end: Int?
    public var words = ""
  }

  public struct State: Equatable, Sendable {
    public var name: String
    public var start: Int
    public var reason: String
  }

  public struct Turn: Equatable, Sendable {
    public var number: Int
    /// The first sound of speech, as the device found it.
    public var onset: Int
    public var cause: String
    public var end: Int?
    public var committedAt: Int?
    public var cancelled: String?
    public var understood = ""
  }

  public struct Reply: Equatable, Sendable {
    public var number: Int
    public var turn: Int?
    public var start: Int
    public var firstSound: Int?
    public var end: Int?
    public var ending: Happening.ReplyPhase?
    public var words = ""
  }

  /// Somebody seemed to speak over a reply.
  public struct Mute: Equatable, Sendable {
    public var reply: Int
    public var onset: Int
    public var ducked: Int?
    public var held: Int?
    public var confirmed: Int?
    public var resumed: Int?
  }

  public private(set) var talks: [Span] = []
  public private(set) var sounds: [Span] = []
  public private(set) var states: [State] = []
  public private(set) var turns: [Turn] = []
  public private(set) var replies: [Reply] = []
  public private(set) var mutes: [Mute] = []
  /// Steps of the script that waited in vain, links that broke, sound that failed: one sentence each.
  public private(set) var troubles: [Trouble] = []
  public private(set) var bytesUp = 0
  public private(set) var bytesUpContinuous = 0
  /// The latest moment anything was said about.
  public private(set) var end = 0
  /// When the script came to its end.
  public private(set) var scriptEnd: Int?

  public struct Trouble: Equatable, Sendable {
    public var at: Int
    public var text: String
  }

  public private(set) var hasLink = false
  public private(set) var lastLoss: String?

  public init() {}

  public mutating func add(_ happening: Happening) {
    let at = happening.at
    end = max(end, at)
    switch happening.what {
    case .talkerStarted(let words): append(Span(start: at, words: words), to: \.talks)
    case .talkerEnded: close(\.talks, at)
    case .loudspeakerStarted: append(Span(start: at), to: \.sounds)
    case .loudspeakerSilent: close(\.sounds, at)
    case .patienceEnded(let line):
      trouble(at, "the visitor waited in vain at line \(line) of the script")
    case .scriptEnded: scriptEnd = at
    case .state(let name, let reason):
      append(State(name: name, start: at, reason: reason), to: \.states)
    case .turnStarted(let number, let onset, let cause):
      append(Turn(number: number, onset: onset, cause: cause), to: \.turns)
    case .turnCommitted(let number, let onset, let end):
      change(turn: number) {
        $0.onset = onset ?? $0.onset
        $0.end = end
        $0.committedAt = at
      }
    case .turnCancelled(let number, let reason):
      change(turn: number) {
        $0.end = at
        $0.cancelled = reason
      }
    case .understood(let number, let words, _): change(turn: number) { $0.understood = words }
    case .reply(let number, let turn, let phase, let words):
      add(phase, of: number, to: turn, words, at)
    case .mute(let reply, let phase, let onset): add(phase, over: reply, from: onset, at)
    case .link(let phase, let reason):
      // Before the first connection there is nothing to lose.
      if phase == "closed", hasLink { trouble(at, "the link to the agent closed: \(reason)") }
      if phase == "closed" { lastLoss = reason }
      if phase == "open" { hasLink = true }
    case .refused(let reason): trouble(at, "the agent refused: \(reason)")
    case .sound(let phase, let reason):
      if phase == "failed" { trouble(at, "the sound failed: \(reason)") }
    case .level: break
    case .bytes(let up, let continuous):
      bytesUp = max(bytesUp, up)
      bytesUpContinuous = max(bytesUpContinuous, continuous)
    }
  }

  public mutating func add(_ happenings: [Happening]) {
    for happening in happenings { add(happening) }
  }

  private mutating func add(
    _ phase: Happening.ReplyPhase, of number: Int, to turn: Int?, _ words: String, _ at: Int
  ) {
    if !replies.contains(where: { $0.number == number }) {
      append(Reply(number: number, turn: turn, start: at), to: \.replies)
    }
    guard let index = replies.lastIndex(where: { $0.number == number }) else { return }
    if replies[index].turn == nil { replies[index].turn = turn }
    if !words.isEmpty {
      replies[index].words += replies[index].words.isEmpty ? words : " " + words
    }
    switch phase {
    case .started, .text: break
    case .firstSound: replies[index].firstSound = replies[index].firstSound ?? at
    case .drained, .dropped, .failed:
      replies[index].end = at
      replies[index].ending = phase
      if phase == .failed { trouble(at, "reply \(number) failed") }
    }
  }

  private mutating func add(
    _ phase: Happening.MutePhase, over reply: Int, from onset: Int?, _ at: Int
  ) {
    let isOpen = mutes.last.map { $0.reply == reply && $0.confirmed == nil && $0.resumed == nil }
    if isOpen != true { append(Mute(reply: reply, onset: onset ?? at), to: \.mutes) }
    guard let index = mutes.indices.last else { return }
    mutes[index].onset = onset ?? mutes[index].onset
    switch phase {
    case .ducked: mutes[index].ducked = at
    case .held: mutes[index].held = at
    case .resumed: mutes[index].resumed = at
    case .confirmed: mutes[index].confirmed = at
    }
  }

  private mutating func append<Element>(
    _ element: Element, to list: WritableKeyPath<Timeline, [Element]>
  ) {
    if self[keyPath: list].count < Timeline.mostOfEach { self[keyPath: list].append(element) }
  }

  private mutating func close(_ list: WritableKeyPath<Timeline, [Span]>, _ at: Int) {
    guard let index = self[keyPath: list].indices.last, self[keyPath: list][index].end == nil else {
      return
    }
    self[keyPath: list][index].end = at
  }

  private mutating func change(turn number: Int, _ change: (inout Turn) -> Void) {
    guard let index = turns.lastIndex(where: { $0.number == number }) else { return }
    change(&turns[index])
  }

  private mutating func trouble(_ at: Int, _ text: String) {
    append(Trouble(at: at, text: text), to: \.troubles)
  }
}
