import ESpeak
import VoiceCore

@testable import CloudAgent

/// Plays the device and the working threads of one session.
struct SessionScript {
  var session: AgentSession
  /// What the next event comes at; each tick is a second later.
  var now = SampleTime.start
  private(set) var log: [AgentEffect] = []

  init(echo: [[UInt8]]? = nil, longestTurn: SampleSpan = .seconds(30)) {
    var settings = AgentSession.Settings()
    settings.echo = echo
    settings.longestTurn = longestTurn
    session = AgentSession(name: "test", settings: settings)
  }

  @discardableResult
  mutating func on(_ event: AgentEvent) -> [AgentEffect] {
    if event == .tick { now = now + .seconds(1) }
    let effects = session.handle(event, at: now)
    log += effects
    return effects
  }

  @discardableResult
  mutating func device(_ message: Upstream) -> [AgentEffect] { on(.received(message)) }

  @discardableResult
  mutating func hello(buffer: SampleSpan = .seconds(20)) -> [AgentEffect] {
    device(
      .hello(
        .init(
          device: "d", model: "m", firmware: "f", packetMilliseconds: 60, replyBuffer: buffer)))
  }

  /// A turn of one packet, up to its commit.
  @discardableResult
  mutating func turn(_ number: UInt32, cause: TurnCause = .speech) -> [AgentEffect] {
    let id = TurnID(number)
    device(.turnStart(id, preRoll: .zero, cause: cause))
    device(.turnAudio(id, packet: SessionScript.packet60, at: .zero))
    return device(.turnCommit(id, audio: .milliseconds(60), reason: .endpoint))
  }

  @discardableResult
  mutating func understood(_ turn: UInt32, _ intent: Intent?, _ words: String = "w")
    -> [AgentEffect]
  {
    on(.understood(TurnID(turn), .init(intent: intent, words: Spoken(words))))
  }

  /// The voice makes every sentence it is asked for, one second each.
  mutating func voice(seconds: Int = 1) {
    while case .work(.speak(let reply, let text))? = pendingWish() {
      let packets = [[UInt8]](repeating: SessionScript.packet20, count: 50 * seconds)
      let marks = [Synthesizer.Mark(character: 0, at: .zero)]
      spoken += 1
      _ = text
      on(.spoke(reply, Speech(packets: packets, marks: marks, isEndOfSentence: true)))
    }
  }
  private var spoken = 0
  private func pendingWish() -> AgentEffect? {
    let wishes = log.filter { if case .work(.speak) = $0 { true } else { false } }
    return spoken < wishes.count ? wishes[spoken] : nil
  }

  var sentMessages: [Downstream] {
    log.compactMap { if case .send(let message) = $0 { message } else { nil } }
  }
  func sound(of reply: UInt32) -> SampleSpan {
    var sound = SampleSpan.zero
    for case .replyAudio(ReplyID(reply), let packet) in sentMessages {
      sound += Speech.sound(in: packet)
    }
    return sound
  }
  var refusals: [String] {
    sentMessages.compactMap { if case .refused(let code, _, _, _) = $0 { code } else { nil } }
  }
  var ends: [Downstream] {
    sentMessages.filter { if case .replyEnd = $0 { true } else { false } }
  }

  /// One Opus frame of 60 ms, wideband.
  static let packet60: [UInt8] = [0x58, 1, 2, 3]
  static let packet20: [UInt8] = [0x48, 1, 2, 3]
}

// Work and its results by their own names.

extension AgentEffect {
  static func listen(_ turn: TurnID) -> AgentEffect { .work(.listen(turn)) }
  static func hear(_ turn: TurnID, packet: [UInt8], gap: SampleSpan) -> AgentEffect {
    .work(.hear(turn, packet: packet, gap: gap))
  }
  static func understand(_ turn: TurnID) -> AgentEffect { .work(.understand(turn)) }
  static func forget(_ turn: TurnID) -> AgentEffect { .work(.forget(turn)) }
  static func speak(_ reply: ReplyID, _ text: String) -> AgentEffect {
    .work(.speak(reply, text))
  }
  static func hush(_ reply: ReplyID) -> AgentEffect { .work(.hush(reply)) }
}

extension AgentEvent {
  static func understood(_ turn: TurnID, _ heard: WorkResult.Understood) -> AgentEvent {
    .worked(.understood(turn, heard))
  }
  static func guessed(
    _ turn: TurnID, revision: Int, _ heard: WorkResult.Understood
  ) -> AgentEvent {
    .worked(.guessed(turn, revision: revision, heard))
  }
  static func glimpsed(
    _ turn: TurnID, _ glimpse: WorkResult.Glimpse, upTo place: SampleSpan
  ) -> AgentEvent {
    .worked(.glimpsed(turn, glimpse, upTo: place))
  }
  static func spoke(_ reply: ReplyID, _ speech: Speech) -> AgentEvent {
    .worked(.spoke(reply, speech))
  }
  static func voiceFailed(_ reply: ReplyID) -> AgentEvent { .worked(.voiceFailed(reply)) }
}
