import Testing
import VoiceCore
import WireProtocols

/// Sessions that outlive their connections: what is counted, what a new session takes over, and how
/// older versions get along.
struct NativeSessionTests {
  private let sound = Upstream.turnAudio(TurnID(1), packet: packet60, at: .zero)

  // MARK: Counting

  @Test func everythingIsCountedThatIsNotAboutTheConnection() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    for (index, message) in upstream.enumerated() {
      _ = try agent.decode(device.encode(message))
      // The first is the hello.
      #expect(device.sentCount == index && agent.receivedCount == index, "\(message)")
    }
    var downs = 0
    for message in downstream + [.interruptAcknowledged(ReplyID(1))] {
      switch message {
      case .welcome, .refused: break
      default: downs += 1
      }
      _ = try device.decode(agent.encode(message))
      #expect(agent.sentCount == downs && device.receivedCount == downs, "\(message)")
    }
    for notice in notices {
      _ = try device.decode(NativeAgent.encode(notice))
      _ = try agent.decode(NativeDevice.encode(notice))
    }
    #expect(device.receivedCount == downs)
    #expect(agent.receivedCount == upstream.count - 1)
  }

  @Test func whatIsLeftAsideIsCountedToo() throws {
    var (device, agent) = try talking()
    let later = WireMessage.json(#"{"type":"later","opt":true}"#)
    let unknown = WireMessage.json(#"{"type":"later"}"#)
    _ = try device.decode(later)
    _ = try agent.decode(later)
    #expect(throws: WireError.self) { try device.decode(unknown) }
    #expect(throws: WireError.self) { try agent.decode(unknown) }
    #expect(device.receivedCount == 2)
    #expect(agent.receivedCount == 2)
    // Sound from before an interrupt is dropped, but it came.
    _ = device.encode(.interrupt(ReplyID(1), played: .zero))
    #expect(try device.decode(agent.encode(.replyAudio(ReplyID(1), packet: packet20))) == .nothing)
    #expect(device.receivedCount == 3)
  }

  // MARK: Resuming

  @Test func aSessionGoesOnOverAnotherConnection() throws {
    var (device, agent) = try talking()
    let first = device.encode(sound)
    let lost = device.encode(sound)
    let interrupt = device.encode(.interrupt(ReplyID(1), played: .zero))
    _ = try agent.decode(first)

    device.reconnect()
    var stranger = NativeAgent()
    #expect(try stranger.taken(device.encode(.hello(helloAgain))) == .hello(helloAgain))
    #expect(throws: WireError.self, "nothing may come before the welcome") {
      try device.decode(agent.encode(.replyAudio(ReplyID(1), packet: packet20)))
    }
    #expect(try device.taken(agent.encode(.welcome(welcomeBack))) == .welcome(welcomeBack))
    // The session's own state goes on with what was lost, byte for byte.
    #expect(try agent.taken(lost) == sound)
    #expect(try agent.taken(interrupt) == .interrupt(ReplyID(1), played: .zero))
    #expect(agent.receivedCount == 3 && device.sentCount == 3)
    #expect(throws: WireError.self, "what came must not come again") { try agent.decode(lost) }
    let acknowledged = Downstream.interruptAcknowledged(ReplyID(1))
    #expect(try device.taken(agent.encode(acknowledged)) == acknowledged)
    let audio = Downstream.replyAudio(ReplyID(2), packet: packet20)
    #expect(try device.taken(agent.encode(audio)) == audio)
  }

  @Test func noticesComeAfterTheWelcomeOnEachConnection() throws {
    var (device, _) = try talking()
    device.reconnect()
    var stranger = NativeAgent()
    for notice in notices {
      let text = NativeDevice.encode(notice)
      #expect(throws: WireError.self) { try device.decode(text) }
      #expect(throws: WireError.self) { try stranger.decode(text) }
    }
  }

  @Test func aNewSessionTakesAMessageOverWithItsOwnNumbers() throws {
    var (device, _) = try talking()
    _ = device.encode(.interrupt(ReplyID(1), played: .zero))
    let start = device.encode(.turnStart(TurnID(7), preRoll: .milliseconds(60), cause: .bargeIn))
    _ = device.encode(sound)
    let packet = Upstream.turnAudio(TurnID(7), packet: packet60, at: .milliseconds(60))
    let old = device.encode(packet)

    var (fresh, agent) = try talking()
    #expect(fresh.adopt(start) == start)
    let adopted = fresh.adopt(old)
    #expect(Array(adopted.bytes[..<3]) == Array(old.bytes[..<3]))
    #expect(adopted.bytes[3] == 0, "the new session has seen no interrupt")
    #expect(Array(adopted.bytes[8..<12]) == [0, 0, 0, 1])
    #expect(Array(adopted.bytes[12...]) == Array(old.bytes[12...]))
    #expect(fresh.sentCount == 2)
    #expect(
      try agent.taken(start)
        == .turnStart(TurnID(7), preRoll: .milliseconds(60), cause: .bargeIn))
    #expect(try agent.taken(adopted) == packet)
    // What is said next has the next number.
    #expect(Array(fresh.encode(packet).bytes[8..<12]) == [0, 0, 0, 2])
  }

  @Test(arguments: [
    (#""received":12"#, #""received":-1"#), (#""received":12"#, #""received":4294967296"#),
    (#""received":12"#, #""received":"12""#), (#","received":12"#, ""), (#""t-1""#, #""""#),
    (#""t-1""#, "7"), (#"{"token":"t-1","received":12}"#, "null"),
    (#""clock_ms":1790000000000"#, #""clock_ms":-1"#),
    (#""clock_ms":1790000000000"#, #""clock_ms":253402300800000"#),
    (#"["resume","eager_end","#, #"[1,"resume","eager_end","#), (#""caps":["#, #""caps":7,"x":["#),
  ])
  func aHelloThatAsksWronglyIsRefused(right: String, wrong: String) throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    let text = device.encode(.hello(helloAgain)).string
    let other = text.replacingFirst(right, wrong)
    #expect(other != text)
    let error = #expect(throws: WireError.self) { try agent.decode(.json(other)) }
    #expect(error?.code == "bad_message")
  }

  @Test(arguments: [
    (#","lease_ms":30000"#, ""), (#""resume_token":"t-2""#, #""resume_token":"""#),
    (#""lease_ms":30000"#, #""lease_ms":3600001"#), (#","received":9"#, ""),
    (#""resumed":true"#, #""resumed":1"#), (#""server_ms":1790000000350"#, #""server_ms":"now""#),
    (#""max_session_ms":86400000"#, #""max_session_ms":2678400001"#),
    (#""max_turn_ms":30000,"#, ""),
  ])
  func aWelcomeThatGrantsWronglyIsRefused(right: String, wrong: String) throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    let text = agent.encode(.welcome(welcomeBack)).string
    let other = text.replacingFirst(right, wrong)
    #expect(other != text)
    let error = #expect(throws: WireError.self) { try device.decode(.json(other)) }
    #expect(error?.code == "bad_message")
  }

  // MARK: Turns

  @Test func aGapDoesNotGoBackwards() throws {
    var (_, agent) = try talking()
    func gap(_ from: Int, _ to: Int) -> WireMessage {
      .json(#"{"type":"turn.gap","turn":1,"from_ms":\#(from),"to_ms":\#(to),"opt":true}"#)
    }
    #expect(try agent.taken(gap(5, 5)) != nil)
    #expect(throws: WireError.self) { try agent.decode(gap(6, 5)) }
    #expect(throws: WireError.self) { try agent.decode(gap(0, 3_600_001)) }
  }

  // MARK: Older versions

  @Test func whoListsNoCapabilitiesHasThoseOfBefore() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    let caps = #","caps":["resume","eager_end","hints","unmute","gaps","capture"]"#
    let old = device.encode(.hello(hello)).string.replacingFirst(caps, "")
    guard case .hello(let heard) = try agent.taken(.json(old)) else {
      Issue.record("not a hello")
      return
    }
    #expect(heard.capabilities == [.eagerEnd, .hints, .unmute])
    #expect(heard.resuming == nil && heard.clock == nil)
    let answer =
      #"{"type":"welcome","proto":"1.1","session_id":"s","agent":"a","#
      + #""audio":{"up":"opus","down":"opus"},"limits":{"max_turn_ms":1000}}"#
    guard case .welcome(let welcome) = try device.taken(.json(answer)) else {
      Issue.record("not a welcome")
      return
    }
    #expect(welcome.capabilities == [.eagerEnd, .hints, .unmute])
    #expect(welcome.resumable == nil && !welcome.isResumed && welcome.received == 0)
  }

  @Test func capabilitiesOfLaterVersionsAreIgnored() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    let text = device.encode(.hello(hello)).string
      .replacingFirst(#""caps":["resume","#, #""caps":["telepathy","resume","#)
    #expect(try agent.taken(.json(text)) == .hello(hello))
  }

  @Test func aRevisionThatIsNotNamedIsTheOneTheTurnHas() throws {
    var (device, agent) = try talking()
    let commit = Upstream.turnCommit(TurnID(1), revision: 1, audio: .zero, reason: .endpoint)
    _ = try agent.taken(device.encode(.turnStart(TurnID(1), preRoll: .zero, cause: .speech)))
    _ = try agent.taken(device.encode(.turnEagerEnd(TurnID(1), revision: 0, audio: .zero)))
    _ = try agent.taken(device.encode(.turnResumed(TurnID(1), revision: 1)))
    let text = device.encode(commit).string.replacingFirst(#""rev":1,"#, "")
    #expect(try agent.taken(.json(text)) == commit)
    func start(_ turn: Int) -> WireMessage {
      .json(#"{"type":"response.start","response":1,"turn":\#(turn)}"#)
    }
    #expect(
      try device.taken(start(1)) == .replyStart(ReplyID(1), answering: TurnID(1), revision: 1))
    #expect(
      try device.taken(start(2)) == .replyStart(ReplyID(1), answering: TurnID(2), revision: 0))
  }
}
