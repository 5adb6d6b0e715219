import Linux
import Testing
import VoiceCore
import WebSockets
import WireProtocols

@testable import CloudAgent

/// Connections that are cut, over real sockets, with the real ears and the real voice.
@Suite(.serialized) struct CutTests {
  private let loop: EventLoop
  private let agent: TestAgent
  private let relay: Relay

  init() throws {
    agent = try TestAgent { $0.grace = 1 }
    loop = try EventLoop()
    relay = try Relay(on: loop, to: agent.port)
  }

  private func device(buffer: SampleSpan = .seconds(20)) throws -> TestDevice {
    let device = try TestDevice(on: loop, port: relay.port, buffer: buffer)
    device.comesBack = true
    #expect(device.wait { device.isWelcome })
    return device
  }

  @Test func aQuestionCutThreeTimesIsUnderstood() throws {
    let device = try device()
    let packets = try Visitor().packets("What are your opening hours?")
    device.begin()
    for (index, packet) in packets.enumerated() {
      device.hear(packet, at: index)
      if [5, 15, 25].contains(index) {
        // Some of it has arrived by then, and some is lost on the way.
        _ = loop.run(atMostMilliseconds: 20)
        relay.cut()
      }
    }
    device.commit(packets.count)
    let turn = TurnID(1)
    #expect(device.wait { device.reply(to: turn).flatMap { device.end(of: $0) } != nil })
    #expect(device.transcripts == ["what are your opening hours"])
    #expect(relay.cuts >= 1)
    #expect(device.welcomes.dropFirst().allSatisfy { $0.isResumed })
  }

  @Test(arguments: [500, 2_000, 7_000, 15_000])
  func aReplyThatIsCutArrivesWholeAndOnce(bytes: Int) throws {
    let device = try device()
    relay.cutAfterBytes = bytes
    let turn = device.say(try Visitor().packets("What are your opening hours?"))
    #expect(device.wait { device.reply(to: turn).flatMap { device.end(of: $0) } != nil })
    #expect(relay.cuts == 1)
    #expect(device.welcomes.count == 2)
    #expect(device.welcomes.last?.isResumed == true)
    let reply = try #require(device.reply(to: turn))
    // No packet is missing, none came twice: each begins where the one before it ended.
    var sequence: UInt32 = 0
    var place: Int64 = 0
    for case .binary(let message) in device.numbered {
      let (header, packet) = try NativeHeader.parse(message, expecting: .downlink)
      #expect(header.sequence == sequence + 1)
      #expect(Int64(header.milliseconds) == place)
      sequence = header.sequence
      place += Speech.sound(in: packet).milliseconds
    }
    let ends = device.received.filter { if case .replyEnd = $0 { true } else { false } }
    #expect(ends == [.replyEnd(reply, .complete, audio: .milliseconds(place))])
  }

  @Test func theAnswerIsReadyWhenTheDeviceComesBack() throws {
    let device = try device()
    device.say(try Visitor().packets("Where is the gift shop?"))
    _ = loop.run(atMostMilliseconds: 50)
    device.comesBack = false
    relay.cut()
    #expect(device.wait { device.end != nil })
    // The ears and the voice go on meanwhile.
    let later = try TestDevice(on: loop, port: agent.port, token: device.token)
    #expect(later.wait { later.isWelcome })
    #expect(later.welcomes[0].isResumed)
    #expect(later.wait { later.reply(to: TurnID(1)).flatMap { later.end(of: $0) } == .complete })
  }

  @Test func theNewestConnectionTakesTheSession() throws {
    let old = try TestDevice(on: loop, port: agent.port)
    #expect(old.wait { old.isWelcome })
    old.send(.capture(.listening))
    let new = try TestDevice(on: loop, port: agent.port, token: old.token)
    #expect(new.wait { new.isWelcome && old.end != nil })
    #expect(new.welcomes[0].isResumed)
    #expect(
      old.received.contains {
        if case .refused("session_replaced", _, true, _) = $0 { true } else { false }
      })
    #expect(old.end?.kind == .closedByPeer(code: 1008))
  }

  // MARK: Answers in advance

  @Test func theAnswerIsThereWithTheCommit() throws {
    let device = try device()
    let packets = try Visitor().packets("Where is the gift shop?")
    device.begin()
    for (index, packet) in packets.enumerated() { device.hear(packet, at: index) }
    device.pause(packets.count, revision: 0)
    // The pause that the device waits for.
    let until = MonotonicClock.microseconds() + 1_000_000
    while MonotonicClock.microseconds() < until { _ = loop.run(atMostMilliseconds: 20) }
    #expect(device.reply(to: TurnID(1)) == nil, "nothing is heard before the commit")
    device.commit(packets.count)
    #expect(device.wait { device.firstSoundAt != nil })
    #expect(device.transcripts == ["where is the gift shop"])
  }

  @Test func aPauseInTheMiddleCostsNoWord() throws {
    let device = try device()
    let packets = try Visitor().packets("Tell me the history of this house.")
    device.begin()
    for (index, packet) in packets.enumerated() {
      if index == packets.count / 2 {
        device.pause(index, revision: 0)
        let until = MonotonicClock.microseconds() + 500_000
        while MonotonicClock.microseconds() < until { _ = loop.run(atMostMilliseconds: 20) }
        device.send(.turnResumed(TurnID(1), revision: 1))
      }
      device.hear(packet, at: index)
    }
    device.pause(packets.count, revision: 1)
    device.commit(packets.count, revision: 1)
    #expect(device.wait { !device.transcripts.isEmpty })
    #expect(device.transcripts == ["tell me the history of this house"])
    #expect(device.wait { device.reply(to: TurnID(1)) != nil })
    let revisions = device.received.compactMap {
      if case .replyStart(_, TurnID(1), let revision) = $0 { revision } else { nil }
    }
    #expect(revisions == [1], "the first half is not answered")
  }
}
