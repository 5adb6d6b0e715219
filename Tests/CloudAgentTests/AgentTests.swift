import Linux
import Testing
import VoiceCore
import WebSockets

@testable import CloudAgent

/// The whole agent over real sockets, with the real recognisers and the real voice.
@Suite(.serialized) struct AgentTests {
  @Test func aQuestionIsAnsweredAloud() throws {
    let agent = try TestAgent()
    let loop = try EventLoop()
    let device = try TestDevice(on: loop, port: agent.port)
    #expect(device.wait { device.isWelcome })
    let turn = device.say(try Visitor().packets("What are your opening hours?"))
    #expect(device.wait { device.reply(to: turn).flatMap { device.end(of: $0) } != nil })
    let reply = try #require(device.reply(to: turn))
    #expect(device.transcripts == ["what are your opening hours"])
    #expect(device.text(of: reply).hasPrefix("We are open from ten"))
    #expect(device.sound(of: reply) > .seconds(5))
    #expect(device.end(of: reply) == .complete)
  }

  @Test func anInterruptedStoryGoesOnFromWhereItWasHeard() throws {
    let agent = try TestAgent()
    let loop = try EventLoop()
    let device = try TestDevice(on: loop, port: agent.port, buffer: .seconds(8))
    #expect(device.wait { device.isWelcome })
    let turn = device.say(try Visitor().packets("Tell me the history of this house."))
    #expect(device.wait { device.isFull(device.reply(to: turn), .seconds(8)) })
    let story = try #require(device.reply(to: turn))

    // In the middle of the second sentence.
    device.send(.interrupt(story, played: .milliseconds(7_000)))
    #expect(device.wait { device.isAcknowledged(story) })
    #expect(device.isFull(story, .seconds(8)))
    #expect(device.end(of: story) == .cancelled)

    let next = device.say(try Visitor().packets("Please continue."), cause: .bargeIn)
    #expect(device.wait { device.isFull(device.reply(to: next), .seconds(8)) })
    let rest = try #require(device.reply(to: next))
    let text = device.text(of: rest)
    #expect(!text.contains("This house was built"))
    #expect(text.contains("only pigeons lived here"))
  }

  /// More than there are ears, all at the same moment.
  @Test func severalDevicesAtOnceAreAllAnswered() throws {
    let agent = try TestAgent()
    let loop = try EventLoop()
    let questions = [
      ("Where are the toilets?", "The toilets are downstairs"),
      ("How much is a ticket?", "A ticket costs nine euros"),
      ("Where is the cafe?", "The cafe is on the first floor"),
      ("Where can I park my car?", "The car park is behind"),
      ("What can you do?", "I can tell you when"),
      ("When is the next guided tour?", "Guided tours start"),
    ]
    #expect(questions.count > EarPool.ears)
    var devices: [TestDevice] = []
    for _ in questions { devices.append(try TestDevice(on: loop, port: agent.port)) }
    #expect(devices[0].wait { devices.allSatisfy { $0.isWelcome } })
    for (device, question) in zip(devices, questions) {
      device.say(try Visitor().packets(question.0))
    }
    #expect(
      devices[0].wait {
        devices.allSatisfy { $0.reply(to: TurnID(1)).flatMap($0.end(of:)) == .complete }
      })
    for (device, question) in zip(devices, questions) {
      let reply = try #require(device.reply(to: TurnID(1)))
      #expect(device.text(of: reply).hasPrefix(question.1))
    }
  }

  @Test func aDeviceThatLeavesInTheMiddleLeavesTheEarsToOthers() throws {
    let agent = try TestAgent()
    let loop = try EventLoop()
    for _ in 0..<EarPool.ears + 1 {
      let device = try TestDevice(on: loop, port: agent.port)
      #expect(device.wait { device.isWelcome })
      // Begun, never committed.
      device.send(.turnStart(TurnID(1), preRoll: .zero, cause: .speech))
      device.send(.turnAudio(TurnID(1), packet: [0x58, 1, 2, 3], at: .zero))
      device.sendRaw("{}")
      #expect(device.wait { device.end != nil })
    }
    let device = try TestDevice(on: loop, port: agent.port)
    #expect(device.wait { device.isWelcome })
    device.say(try Visitor().packets("Where is the gift shop?"))
    #expect(device.wait { device.transcripts == ["where is the gift shop"] })
  }

  @Test func theEchoAnswersWithItsTone() throws {
    let agent = try TestAgent { $0.isEcho = true }
    let loop = try EventLoop()
    let device = try TestDevice(on: loop, port: agent.port)
    #expect(device.wait { device.isWelcome })
    let turn = device.say([[0x58, 1, 2, 3]])
    #expect(device.wait { device.reply(to: turn).flatMap { device.end(of: $0) } == .complete })
    #expect(device.sound(of: try #require(device.reply(to: turn))) == .milliseconds(420))
  }

  @Test func moreDevicesThanAllowedAreSentAway() throws {
    let agent = try TestAgent {
      $0.isEcho = true
      $0.connections = 2
    }
    let loop = try EventLoop()
    let guests = [
      try TestDevice(on: loop, port: agent.port), try TestDevice(on: loop, port: agent.port),
    ]
    #expect(guests[0].wait { guests.allSatisfy { $0.isWelcome } })
    let third = try TestDevice(on: loop, port: agent.port)
    #expect(third.wait { third.end != nil })
    #expect(third.end?.kind == .upgradeRefused(status: 503))
    #expect(!third.isWelcome)
    #expect(guests.allSatisfy { $0.end == nil })
  }

  @Test(arguments: ["{", "[]", "{\"type\":\"hello\"}", "{\"type\":\"nonsense\"}", ""])
  func whatIsNoMessageEndsNothingButItsOwnConnection(text: String) throws {
    let agent = try TestAgent { $0.isEcho = true }
    let loop = try EventLoop()
    let guest = try TestDevice(on: loop, port: agent.port)
    let rowdy = try TestDevice(on: loop, port: agent.port)
    #expect(guest.wait { guest.isWelcome && rowdy.isWelcome })
    rowdy.sendRaw(text)
    let turn = guest.say([[0x58, 1, 2, 3]])
    #expect(guest.wait { guest.reply(to: turn) != nil })
    #expect(guest.end == nil)
  }

  @Test func whenToldToStopItSaysGoodbye() throws {
    let agent = try TestAgent { $0.grace = 1 }
    let loop = try EventLoop()
    let device = try TestDevice(on: loop, port: agent.port, buffer: .seconds(1))
    #expect(device.wait { device.isWelcome })
    let turn = device.say(try Visitor().packets("Tell me the history of this house."))
    #expect(device.wait { device.isFull(device.reply(to: turn), .seconds(1)) })
    let stopper = try RealtimeThread.start(name: "stopper", priority: nil) { [agent = Box(agent)] in
      agent.value.stop()
    }
    #expect(device.wait { device.end != nil })
    stopper.join()
    #expect(device.end?.kind == .closedByPeer(code: 1001))
    #expect(device.end(of: try #require(device.reply(to: turn))) == .cancelled)
  }

  @Test func aMissingVoiceIsAnErrorBeforeAnythingListens() {
    var options = AgentOptions()
    options.voice = "nobody"
    #expect(throws: (any Error).self) { _ = try Agent(options) }
  }
}

/// The test waits for the other thread, so that only one of them uses the value at a time.
private struct Box: @unchecked Sendable {
  let value: TestAgent
  init(_ value: TestAgent) { self.value = value }
}
