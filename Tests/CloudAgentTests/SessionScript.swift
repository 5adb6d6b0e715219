import ESpeak
import VoiceCore

@testable import CloudAgent

/// Plays the device and the working threads of one session.
struct SessionScript {
  var session: AgentSession
  private(set) var log: [AgentEffect] = []

  init(echo: [[UInt8]]? = nil, longestTurn: SampleSpan = .seconds(30)) {
    var settings = AgentSession.Settings()
    settings.echo = echo
    settings.longestTurn = longestTurn
    session = AgentSession(name: "test", settings: settings)
  }

  @discardableResult
  mutating func on(_ event: AgentEvent) -> [AgentEffect] {
    let effects = session.handle(event)
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
    while case .speak(let reply, let text)? = pendingWish() {
      let packets = [[UInt8]](repeating: [7], count: 50 * seconds)
      let marks = [Synthesizer.Mark(character: 0, at: .zero)]
      spoken += 1
      _ = text
      on(.spoke(reply, Speech(packets: packets, marks: marks, isEndOfSentence: true)))
    }
  }
  private var spoken = 0
  private func pendingWish() -> AgentEffect? {
    let wishes = log.filter { if case .speak = $0 { true } else { false } }
    return spoken < wishes.count ? wishes[spoken] : nil
  }

  var sentMessages: [Downstream] {
    log.compactMap { if case .send(let message) = $0 { message } else { nil } }
  }
  func sound(of reply: UInt32) -> SampleSpan {
    let packets = sentMessages.filter {
      if case .replyAudio(ReplyID(reply), _) = $0 { true } else { false }
    }
    return .milliseconds(Int64(packets.count) * 20)
  }
  var ends: [Downstream] {
    sentMessages.filter { if case .replyEnd = $0 { true } else { false } }
  }

  /// One Opus frame of 60 ms, wideband.
  static let packet60: [UInt8] = [0x58, 1, 2, 3]
}
