internal import CloudAgent
internal import VoiceCore

/// The agent's ears and voice: they take their time, hold things back and fail.
struct Workshop {
  struct Result {
    let at: Int
    let session: SessionID
    let result: WorkResult
  }

  /// Wishes with short answers, long ones, and such as change something.
  private static let wishes: [Intent?] = [
    .hours, .hello, .history, .exhibition, .again, .goOn, .thanks, .stop, .volume(60), nil,
    .tickets,
  ]

  private let manner: Scenario.AgentManner
  private let judge: Judge
  private var dice: Dice
  private var process = 1
  private var waiting: [Result] = []
  private var isPrompt = false

  init(_ manner: Scenario.AgentManner, judge: Judge, dice: Dice) {
    self.manner = manner
    self.judge = judge
    self.dice = dice
  }

  mutating func clear(_ process: Int) {
    self.process = process
    waiting = []
  }

  /// From now on nothing is late and nothing fails.
  mutating func calm(at now: Int) {
    isPrompt = true
    waiting = waiting.map {
      Result(at: min($0.at, now + 20), session: $0.session, result: $0.result)
    }
  }

  mutating func results(at now: Int) -> [Result] {
    guard !waiting.isEmpty else { return [] }
    var due: [Result] = []
    waiting.removeAll { result in
      guard result.at <= now else { return false }
      due.append(result)
      return true
    }
    return due
  }

  private mutating func add(_ result: WorkResult, for session: SessionID, at time: Int) {
    waiting.append(Result(at: time, session: session, result: result))
  }

  mutating func take(_ work: Work, for session: SessionID, at now: Int) {
    switch work {
    case .listen, .resume: break
    case .hear(let turn, _, _):
      guard dice.chance(manner.glimpses, of: 1_000) else { break }
      let hint: TurnHint = dice.pick([.complete, .unfinished, .none])
      add(
        .glimpsed(turn, .init(words: Spoken("so far"), hint: hint), upTo: .milliseconds(600)),
        for: session, at: now + dice.within(1...20))
    case .guess(let turn, let revision, _):
      add(.guessed(turn, revision: revision, words()), for: session, at: now + thinking(turn))
    case .understand(let turn):
      add(.understood(turn, words()), for: session, at: now + thinking(turn))
    case .forget(let turn):
      // What is on its way may still come.
      guard dice.percent(50) else { break }
      waiting.removeAll { $0.session == session && $0.result.turn == turn }
    case .speak(let reply, let text): speak(reply, text, for: session, at: now)
    case .hush(let reply):
      guard dice.percent(50) else { break }
      waiting.removeAll { $0.session == session && $0.result.reply == reply }
    }
  }

  private mutating func thinking(_ turn: TurnID) -> Int {
    guard dice.percent(manner.late), !isPrompt else { return dice.within(manner.understanding) }
    judge.unanswerable.append(turn.number)
    return dice.within(300...3_000)
  }

  private mutating func words() -> WorkResult.Understood {
    let wish = dice.pick(Workshop.wishes)
    let isEmpty = wish == nil && dice.percent(50)
    return .init(intent: wish, words: Spoken(isEmpty ? "" : "words"))
  }

  private mutating func speak(
    _ reply: ReplyID, _ text: String, for session: SessionID, at now: Int
  ) {
    let key = ReplyKey(process: process, session: session.number, reply: reply.number)
    if dice.percent(manner.voiceFails), !isPrompt {
      if let turn = judge.ledger.find(key)?.answering?.turn {
        judge.unanswerable.append(turn.number)
      }
      return add(.voiceFailed(reply), for: session, at: now + 2)
    }
    // About as long as people need for it, but no longer than a simulation has time for.
    var left = max(6, min(text.utf8.count * 6, dice.pick([30, 150, 400])))
    let pieceEvery = isPrompt ? 1...8 : manner.pieceEvery
    var time = now + dice.within(pieceEvery)
    let size = dice.pick([2, 6])
    while left > 0 {
      let frames = min(left, manner.pieceFrames)
      var packets: [[UInt8]] = []
      var rest = frames
      while rest > 0 {
        let length = rest >= size ? size : 1
        let first = judge.ledger.make(length, of: key)
        packets.append(SoundCode.replyPacket(first: first, frames: length))
        rest -= length
      }
      left -= frames
      add(
        .spoke(reply, Speech(packets: packets, isEndOfSentence: left == 0)), for: session, at: time)
      time += dice.within(pieceEvery)
    }
  }
}

extension WorkResult {
  fileprivate var turn: TurnID? {
    switch self {
    case .glimpsed(let turn, _, _), .guessed(let turn, _, _), .understood(let turn, _): turn
    case .spoke, .voiceFailed: nil
    }
  }

  fileprivate var reply: ReplyID? {
    switch self {
    case .spoke(let reply, _), .voiceFailed(let reply): reply
    case .glimpsed, .guessed, .understood: nil
    }
  }
}
