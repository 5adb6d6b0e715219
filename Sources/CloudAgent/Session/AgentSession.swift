internal import VoiceCore

/// One device's conversation with the kiosk, and the agent's half of the protocol's rules: an event
/// in, effects out. Knows no socket, no thread and no clock.
struct AgentSession: Sendable {
  struct Settings: Sendable {
    /// Said in `welcome`; sound beyond it is not listened to.
    var longestTurn = SampleSpan.seconds(30)
    /// Said in `welcome`, and kept by `Reception`; nil for no limit.
    var longestSession: SampleSpan? = nil
    /// Answers every turn at once with this sound, and listens to none; nil for the persona.
    var echo: [[UInt8]]? = nil
  }

  /// A connection that does not say hello within so many ticks is closed.
  static let helloTicks = 10
  /// A turn without sound for so many ticks is given up: it keeps an ear from others. Longer than
  /// any pause a device allows inside a turn.
  static let silentTicks = 10
  /// Turns that wait for their words. A device that commits more is told to wait.
  static let mostThinking = 4
  /// Less room than this for unplayed sound cannot be kept filled.
  static let smallestReplyBuffer = SampleSpan.milliseconds(200)
  /// Sound that was lost on the way is replaced by silence of at most this length.
  static let longestGap = SampleSpan.seconds(2)

  private enum Phase: Equatable { case strange(ticks: Int), talking(replyBuffer: SampleSpan), over }

  private struct OpenTurn: Equatable {
    let id: TurnID
    let cause: TurnCause
    var audio = SampleSpan.zero
    var silentTicks = 0
  }

  private let name: String
  private let settings: Settings
  private var phase = Phase.strange(ticks: 0)
  private var turn: OpenTurn?
  private var lastTurn = TurnID(0)
  private var thinking: [TurnID] = []
  /// The last turn that interrupted a reply.
  private var interruption: TurnID?
  private(set) var reply: OutgoingReply?
  private var lastReply = ReplyID(0)
  private(set) var memory = Memory()
  /// Messages about things that were already over: harmless, but worth a line at the end.
  private(set) var strays = 0

  init(name: String, settings: Settings = Settings()) {
    self.name = name
    self.settings = settings
  }

  mutating func handle(_ event: AgentEvent) -> [AgentEffect] {
    var effects: [AgentEffect] = []
    switch (phase, event) {
    case (.strange, .received(.hello(let hello))): greet(hello, &effects)
    case (.strange, .received):
      refuse("hello_expected", "the first message must be hello", &effects)
    case (.strange(let ticks), .tick):
      phase = .strange(ticks: ticks + 1)
      if ticks + 1 >= AgentSession.helloTicks {
        refuse("hello_expected", "no hello within \(AgentSession.helloTicks) s", &effects)
      }
    case (.talking, .received(let message)): receive(message, &effects)
    case (.talking, .glimpsed(let id, let glimpse, let place)):
      // A turn that is over by now needs no hint.
      guard turn?.id == id else { break }
      if !glimpse.words.words.isEmpty {
        effects.append(.send(.transcript(id, glimpse.words, isFinal: false)))
      }
      if glimpse.hint != .none { effects.append(.send(.hint(id, glimpse.hint, upTo: place))) }
    case (.talking, .understood(let turn, let heard)): answer(turn, heard, &effects)
    case (.talking, .spoke(let id, let speech)):
      guard reply?.id == id else { break }
      reply?.add(speech)
      pump(&effects)
    case (.talking, .voiceFailed(let id)):
      if reply?.id == id { endReply(.failed, &effects) }
    case (.talking, .tick): tick(&effects)
    case (.strange, .drain), (.talking, .drain): leave(&effects)
    // Work that was under way when the session ended.
    case (.strange, .glimpsed), (.strange, .understood), (.strange, .spoke),
      (.strange, .voiceFailed), (.over, _):
      break
    }
    return effects
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
    let welcome = Downstream.Welcome(
      session: name, agent: settings.echo == nil ? Persona.name : "echo",
      longestTurn: settings.longestTurn)
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

  private mutating func leave(_ effects: inout [AgentEffect]) {
    endReply(.cancelled, &effects)
    stopAll(&effects)
    phase = .over
    effects.append(.hangUp(code: 1001, reason: "going away"))
  }

  /// Takes all work back; also when the connection is gone.
  mutating func stopAll(_ effects: inout [AgentEffect]) {
    if let turn { effects.append(.forget(turn.id)) }
    for turn in thinking { effects.append(.forget(turn)) }
    if let reply, !reply.isOver { effects.append(.hush(reply.id)) }
    turn = nil
    thinking = []
    reply = nil
  }

  private mutating func tick(_ effects: inout [AgentEffect]) {
    guard var open = turn else { return }
    open.silentTicks += 1
    turn = open
    guard open.silentTicks >= AgentSession.silentTicks else { return }
    turn = nil
    if settings.echo == nil { effects.append(.forget(open.id)) }
    effects.append(
      .send(
        .refused(
          code: "turn_idle",
          message: "no sound for \(AgentSession.silentTicks) s in turn "
            + "\(open.id.number), it is given up", isFatal: false)))
  }

  // MARK: What the device says

  private mutating func receive(_ message: Upstream, _ effects: inout [AgentEffect]) {
    switch message {
    case .hello: refuse("out_of_order", "hello a second time", &effects)
    case .turnStart(let id, _, let cause): begin(id, cause, &effects)
    case .turnAudio(let id, let packet, let place): hear(id, packet, at: place, &effects)
    case .turnEagerEnd(let id, _, _):
      guard let turn, turn.id == id else { return stray() }
      if settings.echo == nil { effects.append(.glance(id, upTo: turn.audio)) }
    case .turnResumed(let id, _):
      // A hint names the sound it is about, so there is nothing to take back.
      if turn?.id != id { stray() }
    case .turnCommit(let id, _, _, _): commit(id, &effects)
    case .turnCancel(let id, _):
      guard turn?.id == id else { return stray() }
      turn = nil
      if settings.echo == nil { effects.append(.forget(id)) }
    case .interrupt(let id, let played): interrupt(id, played: played, &effects)
    case .unmute(let id, let played):
      guard turn == nil, thinking.isEmpty, let reply, reply.id == id else { return stray() }
      self.reply?.hasPlayed(played, isDrained: false)
      goOn(to: reply.turn, &effects)
    case .playback(let id, let played, _, let state):
      guard reply?.id == id else { return stray() }
      reply?.hasPlayed(played, isDrained: state == .drained)
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
            isFatal: false)))
      return
    }
    // One person, one turn: a new one takes the place of one that was never committed.
    if let turn, settings.echo == nil { effects.append(.forget(turn.id)) }
    lastTurn = id
    turn = OpenTurn(id: id, cause: cause)
    if cause == .bargeIn { interruption = id }
    if settings.echo == nil { effects.append(.listen(id)) }
  }

  private mutating func hear(
    _ id: TurnID, _ packet: [UInt8], at place: SampleSpan, _ effects: inout [AgentEffect]
  ) {
    guard var open = turn, open.id == id, let length = PacketCoding.duration(of: packet) else {
      return stray()
    }
    open.silentTicks = 0
    // What comes again, out of order or beyond the limit is not listened to.
    if place >= open.audio, place + length <= settings.longestTurn {
      if settings.echo == nil {
        let gap = min(place - open.audio, AgentSession.longestGap)
        effects.append(.hear(id, packet: packet, gap: gap))
      }
      open.audio = place + length
    } else {
      stray()
    }
    turn = open
  }

  private mutating func commit(_ id: TurnID, _ effects: inout [AgentEffect]) {
    guard turn?.id == id else { return stray() }
    turn = nil
    if let echo = settings.echo {
      let answer = Answer(sentences: ["(a tone)"], weight: .aside)
      start(answer, to: id, wish: "echo", &effects)
      _ = reply?.takeWish()
      reply?.add(Speech(packets: echo, isEndOfSentence: true))
      return pump(&effects)
    }
    guard thinking.count < AgentSession.mostThinking else {
      effects.append(.forget(id))
      effects.append(
        .send(
          .refused(
            code: "too_many_turns",
            message: "\(thinking.count) turns wait for their answers; turn \(id.number) is dropped",
            isFatal: false)))
      return
    }
    thinking.append(id)
    effects.append(.understand(id))
  }

  // MARK: Answers

  private mutating func answer(
    _ id: TurnID, _ heard: AgentEvent.Understood, _ effects: inout [AgentEffect]
  ) {
    guard let place = thinking.firstIndex(of: id) else { return }
    thinking.remove(at: place)
    if !heard.words.words.isEmpty {
      effects.append(.send(.transcript(id, heard.words, isFinal: true)))
    }
    // The person has gone on speaking: nobody waits for the answer to this.
    guard id == lastTurn else { return }
    if heard.words.words.isEmpty, id == interruption, goOn(to: id, &effects) { return }
    remember()
    memory.asked(heard.intent)
    let answer = Persona.answer(
      heard.intent, isAudible: !heard.words.words.isEmpty, memory: memory)
    start(answer, to: id, wish: heard.intent?.name ?? "unknown", &effects)
    if let volume = answer.volume { effects.append(.send(.setVolume(volume))) }
    pump(&effects)
  }

  private mutating func start(
    _ answer: Answer, to id: TurnID, wish: String, _ effects: inout [AgentEffect]
  ) {
    endReply(.cancelled, &effects)
    lastReply = ReplyID(lastReply.number &+ 1)
    memory.answers(answer, turn: id.number, wish: wish)
    reply = OutgoingReply(id: lastReply, turn: id, answer: answer)
    effects.append(.send(.replyStart(lastReply, answering: id)))
  }

  /// Sends what may be sent and asks the voice for more.
  private mutating func pump(_ effects: inout [AgentEffect]) {
    guard var reply, case .talking(let buffer) = phase else { return }
    while let step = reply.takeStep(within: buffer) {
      switch step {
      case .text(let words, let place):
        effects.append(.send(.replyText(reply.id, words, at: place)))
      case .packet(let packet): effects.append(.send(.replyAudio(reply.id, packet: packet)))
      case .end(let audio): effects.append(.send(.replyEnd(reply.id, .complete, audio: audio)))
      }
    }
    if let wish = reply.takeWish() { effects.append(.speak(reply.id, wish.text)) }
    self.reply = reply
  }

  /// Ends a reply that is still being sent; one that was sent whole has ended.
  private mutating func endReply(_ status: ReplyStatus, _ effects: inout [AgentEffect]) {
    guard let current = reply, !current.isOver else { return }
    reply?.giveUp()
    effects.append(.hush(current.id))
    effects.append(.send(.replyEnd(current.id, status, audio: current.sent)))
  }

  private mutating func interrupt(
    _ id: ReplyID, played: SampleSpan, _ effects: inout [AgentEffect]
  ) {
    if reply?.id == id {
      endReply(.cancelled, &effects)
      reply?.hasPlayed(played, isDrained: false)
      remember()
    } else {
      stray()
    }
    // Also for a reply that is long over: the device waits for it.
    effects.append(.send(.interruptAcknowledged(id)))
  }

  /// The interruption was none: says the rest of what was cut. False when nothing is left of it.
  @discardableResult
  private mutating func goOn(to id: TurnID, _ effects: inout [AgentEffect]) -> Bool {
    guard let reply, settings.echo == nil else { return false }
    let (text, rest) = reply.delivery.heard(played: reply.played)
    guard !rest.isEmpty else { return false }
    memory.heard(text, rest: rest, of: reply.weight)
    // What is left of an aside is none of the topic that can be asked for again.
    let weight: Answer.Weight = reply.weight == .aside ? .aside : .rest
    start(Answer(sentences: rest, weight: weight), to: id, wish: "go-on", &effects)
    pump(&effects)
    return true
  }

  /// Trims what we believe we said to what was heard.
  private mutating func remember() {
    guard let reply else { return }
    let (text, rest) = reply.delivery.heard(played: reply.played)
    memory.heard(text, rest: rest, of: reply.weight)
  }
}
