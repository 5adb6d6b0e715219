import TestSupport
import Testing
import VoiceCore
import WireProtocols

extension Array where Element == UInt8 {
  /// Changed in one to four places: bytes replaced, removed, doubled or inserted.
  func mutated(using random: inout SeededRandom) -> [UInt8] {
    var bytes = self
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(bytes[index], at: index)
      case 3:
        let telling = Array("{}[]\",:\\u0-9eE".utf8)
        bytes.insert(telling.randomElement(using: &random)!, at: index)
      default: bytes.removeSubrange(index..<Swift.min(bytes.count, index + 9))
      }
    }
    return bytes
  }
}

extension WireMessage {
  var bytes: [UInt8] {
    switch self {
    case .text(let bytes), .binary(let bytes): return bytes
    }
  }

  var isText: Bool { if case .text = self { true } else { false } }

  /// A control message as the text it is, for comparing and for failures one can read.
  var string: String { String(decoding: bytes, as: UTF8.self) }

  func with(_ bytes: [UInt8]) -> WireMessage { isText ? .text(bytes) : .binary(bytes) }

  static func json(_ text: String) -> WireMessage { .text(Array(text.utf8)) }
}

extension String {
  func replacingFirst(_ part: String, _ new: String) -> String {
    guard let range = Array(utf8).firstRange(of: Array(part.utf8)) else { return self }
    var bytes = Array(utf8)
    bytes.replaceSubrange(range, with: new.utf8)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Packets of 20 ms, 60 ms and two times 20 ms of Opus, as their first byte says.
let packet20: [UInt8] = [0x48, 1, 2, 3]
let packet60: [UInt8] = [0x58, 4, 5]
let packet40: [UInt8] = [0x49, 6]

let hello = Upstream.Hello(
  device: "kiosk-7", model: "generic", firmware: "0.1.0", packetMilliseconds: 60,
  replyBuffer: .seconds(20))
let welcome = Downstream.Welcome(
  session: "s-1", agent: "auricle-agent 0.1", longestTurn: .seconds(30))

/// One of each kind, in an order that both sides accept.
let upstream: [Upstream] = [
  .hello(hello),
  .capture(.streaming),
  .turnStart(TurnID(1), preRoll: .milliseconds(600), cause: .speech),
  .turnAudio(TurnID(1), packet: packet60, at: .zero),
  .turnAudio(TurnID(1), packet: packet60, at: .milliseconds(60)),
  .turnGap(TurnID(1), from: .milliseconds(120), to: .milliseconds(300)),
  .turnEagerEnd(TurnID(1), revision: 0, audio: .milliseconds(900)),
  .turnResumed(TurnID(1), revision: 1),
  .turnEagerEnd(TurnID(1), revision: 1, audio: .milliseconds(1_740)),
  .turnCommit(TurnID(1), revision: 1, audio: .milliseconds(1_740), reason: .endpoint),
  .capture(.listening),
  .playback(ReplyID(1), played: .milliseconds(250), buffered: .milliseconds(900), state: .playing),
  .interrupt(ReplyID(1), played: .milliseconds(1_230)),
  .turnStart(TurnID(2), preRoll: .milliseconds(600), cause: .bargeIn),
  .turnCancel(TurnID(2), reason: .tooShort),
  .unmute(ReplyID(1), played: .milliseconds(1_230)),
  .playback(ReplyID(1), played: .milliseconds(1_230), buffered: .zero, state: .muted),
  .turnStart(TurnID(3), preRoll: .zero, cause: .button),
  .turnCommit(TurnID(3), audio: .zero, reason: .button),
]

let downstream: [Downstream] = [
  .welcome(welcome),
  .transcript(TurnID(1), Spoken("when do you"), isFinal: false),
  .hint(TurnID(1), .unfinished, upTo: .milliseconds(900)),
  .transcript(TurnID(1), Spoken("when do you open"), isFinal: true),
  .replyStart(ReplyID(1), answering: TurnID(1), revision: 1),
  .replyText(ReplyID(1), Spoken("At \"nine\", Zoë 🎈."), at: .zero),
  .replyAudio(ReplyID(1), packet: packet20),
  .replyAudio(ReplyID(1), packet: packet60),
  .replyEnd(ReplyID(1), .complete, audio: .milliseconds(80)),
  .setVolume(40),
  .refused(code: "busy", message: "come back later", isFatal: false),
  .refused(code: "turn_idle", message: "no sound", isFatal: false, turn: TurnID(1)),
]

/// One of each kind, and with the largest numbers there are.
let notices: [LinkNotice] = [
  .ping(1_790_000_000_000), .pong(asked: 1_790_000_000_000, answered: 1_790_000_000_020),
  .acknowledged(32), .goAway(in: .seconds(20), reason: "restart", retryAfter: .seconds(3)),
  .ping(0), .pong(asked: WireLimits.lastMoment, answered: WireLimits.lastMoment),
  .acknowledged(0), .acknowledged(Int(WireLimits.mostMessages)),
  .goAway(in: .zero, reason: "max_session", retryAfter: .seconds(3_600)),
]

/// What a device says that wants to go on with a session, and what it is answered.
let helloAgain = Upstream.Hello(
  device: "kiosk-7", model: "generic", firmware: "0.1.0", packetMilliseconds: 60,
  replyBuffer: .seconds(20), resuming: .init(token: "t-1", received: 12), clock: 1_790_000_000_000)
let welcomeBack = {
  var welcome = Downstream.Welcome(
    session: "s-1", agent: "auricle-agent 0.1", longestTurn: .seconds(30),
    resumable: .init(token: "t-2", lease: .seconds(30)), isResumed: true, received: 9)
  welcome.longestSession = .seconds(86_400)
  welcome.capabilities = [.resume, .hints]
  welcome.clock = 1_790_000_000_350
  return welcome
}()

/// Both sides after hello and welcome.
func talking() throws -> (device: NativeDevice, agent: NativeAgent) {
  var device = NativeDevice()
  var agent = NativeAgent()
  _ = try agent.taken(device.encode(.hello(hello)))
  _ = try device.taken(agent.encode(.welcome(welcome)))
  return (device, agent)
}

extension NativeDevice {
  func encodedOnce(_ message: Upstream) -> WireMessage {
    var copy = self
    return copy.encode(message)
  }

  /// What came of a message for the conversation; nil for everything else.
  mutating func taken(_ message: WireMessage) throws(WireError) -> Downstream? {
    try decode(message).message
  }
}

extension NativeAgent {
  func encodedOnce(_ message: Downstream) -> WireMessage {
    var copy = self
    return copy.encode(message)
  }

  mutating func taken(_ message: WireMessage) throws(WireError) -> Upstream? {
    try decode(message).message
  }
}
