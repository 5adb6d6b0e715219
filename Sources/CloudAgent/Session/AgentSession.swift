internal import VoiceCore

/// One device's conversation with the kiosk, and the agent's half of the protocol's rules: an event
/// in, effects out. Knows no socket, no thread and no clock, and nothing of connections: to it, a
/// lost one is a pause.
struct AgentSession: Sendable {
  struct Settings: Sendable {
    /// Said in `welcome`; sound beyond it is not listened to.
    var longestTurn = SampleSpan.seconds(30)
    /// Answers every turn at once with this sound, and listens to none; nil for the persona.
    var echo: [[UInt8]]? = nil
  }

  /// Turns that wait for their words. A device that commits more is told to wait.
  static let mostThinking = 4
  /// Less room than this for unplayed sound cannot be kept filled.
  static let smallestReplyBuffer = SampleSpan.milliseconds(200)

  private enum Phase: Equatable { case strange, talking(replyBuffer: SampleSpan), over }

  /// A turn that was committed and waits for its words.
  private struct Thought: Equatable {
    let turn: TurnID
    let revision: Int
  }

  private let name: String
  private let settings: Settings
  private var phase = Phase.strange
  private var capabilities = Capabilities.all
  private var now = SampleTime.start
  private var turn: OpenTurn?
  private var lastTurn = TurnID(0)
  private var thinking: [Thought] = []
  /// The last turn that interrupted a reply.
  private var interruption: TurnID?
  /// The server is going: nothing new is begun.
  private var isLeaving = false
  private(set) var reply: OutgoingReply?
  private var lastReply = ReplyID(0)
  private(set) var memory = Memory()
  /// Messages about things that were already over: harmless, but worth a line at the end.
  private(set) var strays = 0

  init(name: String, settings: Settings = Settings()) {
    self.name = name
    self.settings = settings
  }

  /// Nothing is open, being thought about or being said.
  var isAtRest: Bool { turn == nil && thinking.isEmpty && reply?.isAtRest ?? true }

  /// What there is to say to whoever says hello; the rest of it is about the connection.
  var welcome: Downstream.Welcome {
    .init(
      session: name, agent: settings.echo == nil ? Persona.name : "echo",
      longestTurn: settings.longestTurn)
  }

  mutating func handle(_ event: AgentEvent, at time: SampleTime) -> [AgentEffect] {
    now = time
    var effects: [AgentEffect] = []
    switch (phase, event) {
    case (.strange, .received(.hello(let hello))): greet(hello, &effects)
    case (.strange, .received):
      refuse("hello_expected", "the first message must be hello", &effects)
    case (.talking, .received(let message)): receive(message, &effects)
    case (.talking, .worked(let result)): take(result, &effects)
    case (.talking, .tick): tick(&effects)
    case (.talking, .drain(let grace)): drain(within: grace, &effects)
    case (.strange, .leave), (.talking, .leave): leave(&effects)
    // Work that was under way when the session ended.
    case (.strange, .worked), (.strange, .tick), (.strange, .drain), (.over, _): break
    }
    return effects
  }

  private mutating func take(_ result: WorkResult, _ effects: inout [AgentEffect]) {
    switch result {
    case .glimpsed(let id, let glimpse, let place):
      // A turn that is over by now needs no hint.
      guard turn?.id == id else { break }
      if !glimpse.words.words.isEmpty {
        effects.append(.send(.transcript(id, glimpse.words, isFinal: false)))
      }
      if glimpse.hint != .none, capabilities.contains(.hints) {
        effects.append(.send(.hint(id, glimpse.hint, upTo: place)))
      }
    case .guessed(let id, let revision, let heard): guess(id, revision, heard, &effects)
    case .understood(let id, let heard):
      guard let thought = thinking.first(where: { $0.turn == id }) else { break }
      answer(thought, heard, nil, &effects)
    case .spoke(let id, let speech):
      if reply?.id == id {
        reply?.add(speech)
        pump(&effects)
      } else if turn?.guess?.prepared?.reply.id == id {
        turn?.guess?.prepared?.reply.add(speech)
      }
    case .voiceFailed(let id):
      if reply?.id == id {
        endReply(.failed, &effects)
      } else if turn?.guess?.prepared?.reply.id == id {
        turn?.guess?.prepared = nil
      }
    }
  }

  // MARK: Beginning and end

  private mutating func greet(_ hello: Upstream.Hello, _ effects: inout [AgentEffect]) {
    guard hello.replyBuffer >= AgentSession.smallestReplyBuffer else {
      return refuse(
        "reply_buffer",
        "max_buffer_ms is \(hello.replyBuffer.milliseconds), at least "
          + "\(AgentSession.smallestReplyBuffer.milliseconds) is needed", &effects)
    }
    phase = .talking(replyBuffer: hello.replyBuffer)
    capabilities = hello.capabilities
    effects.append(.send(.welcome(welcome)))
  }

  private mutating func refuse(
    _ code: String, _ message: String, _ effects: inout [AgentEffect]
  ) {
    effects.append(.send(.refused(code: code, message: message, isFatal: true)))
    stopAll(&effects)
    phase = .over
    effects.append(.hangUp(code: 1008, reason: code))
  }

  /// Turns that have no answer yet are left to the next session: the device says them again there,
  /// while an answer that begins now would be cut off in its middle. What is being said ends early, but
  /// with a whole sentence.
  private mutating func drain(within grace: SampleSpan, _ effects: inout [AgentEffect]) {
    isLeaving = true
    forgetTurns(&effects)
    reply?.shorten(toEndWithin: grace)
    pump(&effects)
  }

  private mutating func leave(_ effects: inout [AgentEffect]) {
    endReply(.cancelled, &effects)
    stopAll(&effects)
    phase = .over
    effects.append(.hangUp(code: 1001, reason: "going away"))
  }

  /// Takes all work back; also when the session is lost.
  mutating func stopAll(_ effects: inout [AgentEffect]) {
    forgetTurns(&effects)
    if let reply, !reply.isOver { effects.append(.work(.hush(reply.id))) }
    reply = nil
  }

  private mutating func forgetTurns(_ effects: inout [AgentEffect]) {
    dropTurn(&effects)
    for thought in thinking { effects.append(.work(.forget(thought.turn))) }
    thinking = []
  }

  /// The open turn, and all that was made of it.
  private mutating func dropTurn(_ effects: inout [AgentEffect]) {
    guard let open = turn else { return }
    turn = nil
    drop(open.guess, &effects)
    if settings.echo == nil { effects.append(.work(.forget(open.id))) }
  }

  private func drop(_ guess: TurnGuess?, _ effects: inout [AgentEffect]) {
    if let reply = guess?.prepared?.reply { effects.append(.work(.hush(reply.id))) }
  }

  private mutating func tick(_ effects: inout [AgentEffect]) {
    guard let open = turn, let fault = open.fault(at: now, longest: settings.longestTurn) else {
      return
    }
    let reason =
      switch fault {
      case .silent:
        "no sound that can be used for \(OpenTurn.longestSilence.milliseconds / 1_000) s in turn "
          + "\(open.id.number), it is given up"
      case .endless:
        "turn \(open.id.number) is open for longer than a turn may be and its sound may take, it is "
          + "given up"
      }
    dropTurn(&effects)
    effects.append(
      .send(.refused(code: "turn_idle", message: reason, isFatal: false, turn: open.id)))
  }

  /// The connection is back after `away`: what could not come is not missed.
  mutating func goOn(at time: SampleTime, after away: SampleSpan) {
    turn?.goOn(at: time, after: away)
  }

  // MARK: What the device says

  private mutating func receive(_ message: Upstream, _ effects: inout [AgentEffect]) {
    switch message {
    case .hello: refuse("out_of_order", "hello a second time", &effects)
    case .turnStart(let id, _, let cause): begin(id, cause, &effects)
    case .turnAudio(let id, let packet, let place): hear(id, packet, at: place, &effects)
    case .turnEagerEnd(let id, let revision, _):
      guard let open = turn, open.id == id, open.guess == nil else { return stray() }
      turn?.revision = revision
      guard settings.echo == nil else { return }
      effects.append(.work(.guess(id, revision: revision, upTo: open.audio)))
    case .turnResumed(let id, let revision):
      guard let open = turn, open.id == id else { return stray() }
      drop(open.guess, &effects)
      turn?.guess = nil
      turn?.revision = revision
      if settings.echo == nil { effects.append(.work(.resume(id, revision: revision))) }
    case .turnCommit(let id, let revision, _, _): commit(id, revision, &effects)
    case .turnCancel(let id, _):
      guard turn?.id == id else { return stray() }
      dropTurn(&effects)
    case .interrupt(let id, let played): interrupt(id, played: played, &effects)
    case .unmute(let id, let played):
      guard turn == nil, thinking.isEmpty, !isLeaving, let reply, reply.id == id else {
        return stray()
      }
      self.reply?.hasPlayed(played, isDrained: false)
      goOn(to: Thought(turn: reply.turn, revision: reply.revision), &effects)
    case .playback(let id, let played, let buffered, let state):
      guard reply?.id == id else { return stray() }
      reply?.hasPlayed(played, isDrained: state == .drained)
      // Devices of old call a reply so that is held for a moment, too: it has sound left to play.
      if state == .muted, buffered == .zero { return fallSilent(&effects) }
      pump(&effects)
    // A gap shows in the places of the packets, too.
    case .turnGap(let id, _, _): if turn?.id != id { stray() }
    case .capture: break
    }
  }

  private mutating func stray() { strays &+= 1 }

  private mutating func begin(_ id: TurnID, _ cause: TurnCause, _ effects: inout [AgentEffect]) {
    guard id.number > lastTurn.number else {
      effects.append(
        .send(
          .refused(
            code: "turn_number",
            message: "turn \(id.number) after turn \(lastTurn.number): numbers must grow",
            isFatal: false, turn: id)))
      return
    }
    guard !isLeaving else { return stray() }
    // One person, one turn: a new one takes the place of one that was never committed.
    dropTurn(&effects)
    lastTurn = id
    turn = OpenTurn(id: id, cause: cause, at: now)
    if cause == .bargeIn { interruption = id }
    if settings.echo == nil { effects.append(.work(.listen(id))) }
  }

  private mutating func hear(
    _ id: TurnID, _ packet: [UInt8], at place: SampleSpan, _ effects: inout [AgentEffect]
  ) {
    guard turn?.id == id, let length = PacketCoding.duration(of: packet),
      let gap = turn?.take(length, at: place, within: settings.longestTurn, now: now)
    else { return stray() }
    if settings.echo == nil { effects.append(.work(.hear(id, packet: packet, gap: gap))) }
  }

  /// At the probable end of an open turn: the answer is made, and held back.
  private mutating func guess(
    _ id: TurnID, _ revision: Int, _ heard: WorkResult.Understood, _ effects: inout [AgentEffect]
  ) {
    if let thought = thinking.first(where: { $0 == Thought(turn: id, revision: revision) }) {
      // Committed in the meantime, as it was.
      effects.append(.work(.forget(id)))
      return answer(thought, heard, nil, &effects)
    }
    guard let open = turn, open.id == id, open.revision == revision, open.guess == nil else {
      return
    }
    var guess = TurnGuess(revision: revision, heard: heard)
    // Without words in it, an interruption leads to the rest of the old answer instead.
    if !heard.words.words.isEmpty || id != interruption {
      var believed = memory
      let answer = AgentSession.answer(to: heard, after: reply, &believed)
      lastReply = ReplyID(lastReply.number &+ 1)
      var next = OutgoingReply(id: lastReply, turn: id, revision: revision, answer: answer)
      if let wish = next.takeWish() { effects.append(.work(.speak(next.id, wish.text))) }
      guess.prepared = .init(answer: answer, reply: next)
    }
    turn?.guess = guess
  }

  private mutating func commit(
    _ id: TurnID, _ revision: Int, _ effects: inout [AgentEffect]
  ) {
    guard let open = turn, open.id == id else { return stray() }
    turn = nil
    let thought = Thought(turn: id, revision: revision)
    if let echo = settings.echo {
      let answer = Answer(sentences: ["(a tone)"], weight: .aside)
      start(answer, to: thought, wish: "echo", &effects)
      _ = reply?.takeWish()
      reply?.add(Speech(packets: echo, isEndOfSentence: true))
      return pump(&effects)
    }
    if let guess = open.guess, guess.revision == revision {
      effects.append(.work(.forget(id)))
      return answer(thought, guess.heard, guess.prepared, &effects)
    }
    drop(open.guess, &effects)
    guard thinking.count < AgentSession.mostThinking else {
      effects.append(.work(.forget(id)))
      effects.append(
        .send(
          .refused(
            code: "too_many_turns",
            message: "\(thinking.count) turns wait for their answers; turn \(id.number) is dropped",
            isFatal: false, turn: id)))
      return
    }
    thinking.append(thought)
    effects.append(.work(.understand(id)))
  }

  // MARK: Answers

  private mutating func answer(
    _ thought: Thought, _ heard: WorkResult.Understood, _ prepared: TurnGuess.Prepared?,
    _ effects: inout [AgentEffect]
  ) {
    let id = thought.turn
    thinking.removeAll { $0.turn == id }
    let hasWords = !heard.words.words.isEmpty
    if hasWords { effects.append(.send(.transcript(id, heard.words, isFinal: true))) }
    // The person has gone on speaking: nobody waits for the answer to this.
    guard id == lastTurn else { return }
    if !hasWords, id == interruption, goOn(to: thought, &effects) { return }
    let answer = AgentSession.answer(to: heard, after: reply, &memory)
    // What was prepared may be outdated: since then the device may have told what was heard.
    let isReady = prepared?.answer == answer
    if !isReady, let reply = prepared?.reply { effects.append(.work(.hush(reply.id))) }
    start(
      answer, to: thought, wish: heard.intent?.name ?? "unknown",
      prepared: isReady ? prepared?.reply : nil, &effects)
    if let volume = answer.volume { effects.append(.send(.setVolume(volume))) }
    pump(&effects)
  }

  private static func answer(
    to heard: WorkResult.Understood, after reply: OutgoingReply?, _ memory: inout Memory
  ) -> Answer {
    remember(reply, in: &memory)
    memory.asked(heard.intent)
    return Persona.answer(
      heard.intent, isAudible: !heard.words.words.isEmpty, memory: memory)
  }

  private mutating func start(
    _ answer: Answer, to thought: Thought, wish: String, prepared: OutgoingReply? = nil,
    _ effects: inout [AgentEffect]
  ) {
    endReply(.cancelled, &effects)
    memory.answers(answer, turn: thought.turn.number, wish: wish)
    if let prepared {
      reply = prepared
    } else {
      lastReply = ReplyID(lastReply.number &+ 1)
      reply = OutgoingReply(
        id: lastReply, turn: thought.turn, revision: thought.revision, answer: answer)
    }
    if let reply {
      effects.append(
        .send(.replyStart(reply.id, answering: thought.turn, revision: thought.revision)))
    }
  }

  /// Sends what may be sent and asks the voice for more.
  private mutating func pump(_ effects: inout [AgentEffect]) {
    guard let id = reply?.id, case .talking(let buffer) = phase else { return }
    while let step = reply?.takeStep(within: buffer) {
      switch step {
      case .text(let words, let place): effects.append(.send(.replyText(id, words, at: place)))
      case .packet(let packet): effects.append(.send(.replyAudio(id, packet: packet)))
      case .end(let audio): effects.append(.send(.replyEnd(id, .complete, audio: audio)))
      }
    }
    if let wish = reply?.takeWish() { effects.append(.work(.speak(id, wish.text))) }
  }

  /// Ends a reply that is still being sent; one that was sent whole has ended.
  private mutating func endReply(_ status: ReplyStatus, _ effects: inout [AgentEffect]) {
    guard let current = reply, !current.isOver else { return }
    reply?.giveUp()
    effects.append(.work(.hush(current.id)))
    effects.append(.send(.replyEnd(current.id, status, audio: current.sent)))
  }

  /// The reply was cut, or is not played: what was not heard of it was not said.
  private mutating func fallSilent(_ effects: inout [AgentEffect]) {
    endReply(.cancelled, &effects)
    reply?.giveUp()
    AgentSession.remember(reply, in: &memory)
  }

  private mutating func interrupt(
    _ id: ReplyID, played: SampleSpan, _ effects: inout [AgentEffect]
  ) {
    if reply?.id == id {
      reply?.hasPlayed(played, isDrained: false)
      fallSilent(&effects)
    } else {
      stray()
    }
    // Also for a reply that is long over: the device waits for it.
    effects.append(.send(.interruptAcknowledged(id)))
  }

  /// The interruption was none: says the rest of what was cut. False when nothing is left of it.
  @discardableResult
  private mutating func goOn(to thought: Thought, _ effects: inout [AgentEffect]) -> Bool {
    guard let reply, settings.echo == nil else { return false }
    let (text, rest) = reply.delivery.heard(played: reply.played)
    guard !rest.isEmpty else { return false }
    memory.heard(text, rest: rest, of: reply.weight)
    // What is left of an aside is none of the topic that can be asked for again.
    let weight: Answer.Weight = reply.weight == .aside ? .aside : .rest
    start(Answer(sentences: rest, weight: weight), to: thought, wish: "go-on", &effects)
    pump(&effects)
    return true
  }

  /// Trims what we believe we said to what was heard.
  private static func remember(_ reply: OutgoingReply?, in memory: inout Memory) {
    guard let reply else { return }
    let (text, rest) = reply.delivery.heard(played: reply.played)
    memory.heard(text, rest: rest, of: reply.weight)
  }
}
