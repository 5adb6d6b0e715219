import Testing
import VoiceCore
import WireProtocols

/// Interrupts, the order of messages and other versions.
struct NativeOrderTests {
  private let audio = Downstream.replyAudio(ReplyID(1), packet: packet20)

  // MARK: Interrupts

  @Test func soundFromBeforeAnInterruptIsDropped() throws {
    var (device, agent) = try talking()
    #expect(try device.taken(agent.encode(audio)) == audio)
    let interrupt = device.encode(.interrupt(ReplyID(1), played: .zero))
    // The agent has not heard of it yet, then has heard but not acknowledged.
    #expect(try device.taken(agent.encode(audio)) == nil)
    _ = try agent.taken(interrupt)
    #expect(try device.taken(agent.encode(audio)) == nil)
    let acknowledged = Downstream.interruptAcknowledged(ReplyID(1))
    #expect(try device.taken(agent.encode(acknowledged)) == acknowledged)
    #expect(try device.taken(agent.encode(audio)) == audio)
  }

  @Test func ofTwoInterruptsTheFirstAcknowledgementLetsNothingThrough() throws {
    var (device, agent) = try talking()
    _ = try agent.taken(device.encode(.interrupt(ReplyID(1), played: .zero)))
    _ = try agent.taken(device.encode(.interrupt(ReplyID(2), played: .zero)))
    _ = try device.taken(agent.encode(.interruptAcknowledged(ReplyID(1))))
    #expect(try device.taken(agent.encode(audio)) == nil)
    _ = try device.taken(agent.encode(.interruptAcknowledged(ReplyID(2))))
    #expect(try device.taken(agent.encode(audio)) == audio)
  }

  @Test func theEpochGoesRoundAfter256Interrupts() throws {
    var (device, agent) = try talking()
    for _ in 0..<600 {
      _ = try agent.taken(device.encode(.interrupt(ReplyID(1), played: .zero)))
      #expect(try device.taken(agent.encode(audio)) == nil)
      _ = try device.taken(agent.encode(.interruptAcknowledged(ReplyID(1))))
      #expect(try device.taken(agent.encode(audio)) == audio)
    }
  }

  @Test func anAcknowledgementNobodyWaitsForIsAnError() throws {
    var (device, _) = try talking()
    #expect(throws: WireError.self) {
      try device.taken(.json(#"{"type":"interrupt.ack","response":1,"epoch":1}"#))
    }
    _ = device.encode(.interrupt(ReplyID(1), played: .zero))
    #expect(throws: WireError.self) {
      try device.taken(.json(#"{"type":"interrupt.ack","response":1,"epoch":0}"#))
    }
  }

  @Test(arguments: [0, 2, 255])
  func anInterruptThatSkipsAnEpochIsAnError(epoch: Int) throws {
    var (_, agent) = try talking()
    #expect(throws: WireError.self) {
      try agent.taken(
        .json(#"{"type":"interrupt","response":1,"epoch":\#(epoch),"played_ms":0}"#))
    }
  }

  @Test func interruptsThatNobodyAnswersAreBounded() throws {
    var (device, agent) = try talking()
    for _ in 0..<NativeAgent.mostPendingInterrupts {
      _ = try agent.taken(device.encode(.interrupt(ReplyID(1), played: .zero)))
    }
    #expect(throws: WireError.self) {
      try agent.taken(device.encode(.interrupt(ReplyID(1), played: .zero)))
    }
  }

  @Test func onlyTheLastInterruptCanHaveBeenAMistake() throws {
    var (device, agent) = try talking()
    _ = try agent.taken(device.encode(.interrupt(ReplyID(1), played: .zero)))
    let first = device.encode(.unmute(ReplyID(1), played: .zero))
    #expect(try agent.taken(first) == .unmute(ReplyID(1), played: .zero))
    _ = try agent.taken(device.encode(.interrupt(ReplyID(2), played: .zero)))
    let error = #expect(throws: WireError.self) { try agent.taken(first) }
    #expect(error?.code == "out_of_order")
  }

  // MARK: Revisions

  @Test func revisionsThatFollowEachOtherAreTaken() throws {
    var (device, agent) = try talking()
    let turn = TurnID(1)
    let told: [Upstream] = [
      .turnStart(turn, preRoll: .zero, cause: .speech),
      .turnEagerEnd(turn, revision: 0, audio: .milliseconds(900)),
      .turnResumed(turn, revision: 1),
      .turnEagerEnd(turn, revision: 1, audio: .milliseconds(1_800)),
      .turnCommit(turn, revision: 1, audio: .milliseconds(1_800), reason: .endpoint),
      .turnStart(TurnID(2), preRoll: .zero, cause: .speech),
      .turnCommit(TurnID(2), revision: 0, audio: .zero, reason: .button),
    ]
    for message in told { #expect(try agent.taken(device.encode(message)) == message) }
  }

  /// Those of the open turn that are wrong are in `docs/protocol/broken.jsonl`.
  @Test func whatIsSaidOfATurnThatIsNotOpenBreaksNothing() throws {
    var (device, agent) = try talking()
    let told: [Upstream] = [
      .turnEagerEnd(TurnID(7), revision: 5, audio: .milliseconds(900)),
      .turnStart(TurnID(3), preRoll: .zero, cause: .speech),
      .turnResumed(TurnID(2), revision: 9),
      // A number that does not go up: turn 3 stays open.
      .turnStart(TurnID(2), preRoll: .zero, cause: .speech),
      .turnEagerEnd(TurnID(3), revision: 0, audio: .milliseconds(900)),
      .turnCommit(TurnID(2), revision: 4, audio: .zero, reason: .endpoint),
    ]
    for message in told { #expect(try agent.taken(device.encode(message)) == message) }
    let again = device.encode(.turnEagerEnd(TurnID(3), revision: 0, audio: .seconds(1)))
    let error = #expect(throws: WireError.self) { try agent.taken(again) }
    #expect(error?.code == "out_of_order")
  }

  // MARK: Order

  @Test func aNumberThatComesTwiceOrBackwardsIsAnError() throws {
    var (device, agent) = try talking()
    let messages = (0..<4).map { _ in agent.encode(audio) }
    #expect(try device.taken(messages[1]) != nil)
    for old in [messages[0], messages[1]] {
      let error = #expect(throws: WireError.self) { try device.taken(old) }
      #expect(error?.code == "out_of_order")
    }
    // A gap is allowed.
    #expect(try device.taken(messages[3]) != nil)
  }

  @Test func theCountOfMessagesMayGoRound() throws {
    var (device, _) = try talking()
    func audio(_ sequence: UInt32) -> WireMessage {
      let header = NativeHeader(
        kind: .downlink, flags: 0, epoch: 0, reference: 1, sequence: sequence, milliseconds: 0)
      return .binary(header.message(packet20))
    }
    for sequence in [1, 0x7FFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFF, 0, 1] as [UInt32] {
      #expect(try device.taken(audio(sequence)) != nil)
    }
    #expect(throws: WireError.self) { try device.taken(audio(0xFFFF_FFFF)) }
  }

  @Test func helloAndWelcomeComeFirstAndOnce() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    let early = [
      device.encode(.turnStart(TurnID(1), preRoll: .zero, cause: .speech)),
      device.encode(.turnAudio(TurnID(1), packet: packet60, at: .zero)),
    ]
    for message in early { #expect(throws: WireError.self) { try agent.taken(message) } }
    for message in [agent.encode(.setVolume(1)), agent.encode(audio)] {
      #expect(throws: WireError.self) { try device.taken(message) }
    }
    // A refusal may come instead of the welcome.
    let refusal = Downstream.refused(code: "full", message: "", isFatal: true)
    #expect(try device.taken(agent.encode(refusal)) == refusal)
    #expect(try agent.taken(device.encode(.hello(hello))) != nil)
    #expect(try device.taken(agent.encode(.welcome(welcome))) != nil)
    #expect(throws: WireError.self) { try agent.taken(device.encode(.hello(hello))) }
    #expect(throws: WireError.self) { try device.taken(agent.encode(.welcome(welcome))) }
  }

  // MARK: Other versions

  @Test func unknownFieldsAreIgnored() throws {
    var (device, _) = try talking()
    let text = #"{"opt":false,"new":{"deep":[1,2,{}]},"type":"volume","level":7,"seq":9,"x":null}"#
    #expect(try device.taken(.json(text)) == .setVolume(7))
  }

  @Test func unknownTypesAreLeftAsideOnlyWhenTheyMayBe() throws {
    var (device, agent) = try talking()
    #expect(try device.decode(.json(#"{"type":"later","opt":true,"in_ms":5}"#)) == .nothing)
    #expect(try agent.decode(.json(#"{"type":"later","opt":true}"#)) == .nothing)
    for text in [
      #"{"type":"later"}"#, #"{"type":"later","opt":false}"#, #"{"type":"later","opt":"true"}"#,
      #"{"type":"later","opt":1}"#,
    ] {
      let error = #expect(throws: WireError.self) { try device.taken(.json(text)) }
      #expect(error == .unsupported("message type later"))
      #expect(error?.code == "unsupported")
    }
    // The other direction's messages are none of ours.
    #expect(throws: WireError.self) { try device.taken(.json(#"{"type":"turn.start","turn":1}"#)) }
  }

  @Test func anotherMajorVersionIsRefusedAndAnotherMinorIsNot() throws {
    var device = NativeDevice()
    let text = device.encode(.hello(hello)).string
    for version in ["1", "1.0", "1.7", "1.12"] {
      var agent = NativeAgent()
      let said = text.replacingFirst(#""1.2""#, #""\#(version)""#)
      #expect(try agent.taken(.json(said)) == .hello(hello))
    }
    for version in ["0.9", "2.0", "10.0", "11", "", "v1"] {
      var agent = NativeAgent()
      let said = text.replacingFirst(#""1.2""#, #""\#(version)""#)
      #expect(throws: WireError.self) { try agent.taken(.json(said)) }
    }
  }

  @Test func withoutOpusThereIsNoConversation() throws {
    var agent = NativeAgent()
    var device = NativeDevice()
    let text = device.encode(.hello(hello)).string
    for codecs in [#"["pcm16"]"#, "[]", "null", #""pcm16""#, #"{"opus":1}"#, "7"] {
      let other = text.replacingFirst(#""up":["opus"]"#, #""up":\#(codecs)"#)
      #expect(throws: WireError.self) { try agent.taken(.json(other)) }
    }
    let more = text.replacingFirst(#"["opus"]"#, #"["pcm16","opus"]"#)
    #expect(try agent.taken(.json(more)) == .hello(hello))
  }
}
