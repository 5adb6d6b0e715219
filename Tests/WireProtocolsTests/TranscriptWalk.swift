import Testing
import VoiceCore
import WireProtocols

/// Goes through a recorded conversation with both sides of ours: each line must be what its sender
/// would write, be taken by its receiver, and have the right numbers in it.
struct TranscriptWalk {
  /// What one direction of a session carried.
  private struct Direction {
    var made: [WireMessage] = []
    var arrived = 0
    /// What the receiver has told of it.
    var acknowledged = 0
    /// What is to come again before anything else.
    var again: [WireMessage] = []

    mutating func resume() { again = Array(made[arrived...]) }
  }

  /// Messages that may be unacknowledged.
  private static let mostUnacknowledged = 32

  private var device = NativeDevice()
  private var agent = NativeAgent()
  /// The agent, if nothing since the last that arrived had been lost.
  private var dreamer: NativeAgent?
  private var up = Direction()
  private var down = Direction()
  /// Made by somebody else's code, so ours has not counted them.
  private var foreign = (up: 0, down: 0)
  /// The hello that waits for its answer, and who took it.
  private var stranger: NativeAgent?
  private var asked: Upstream.Hello.Resuming?
  private var tokens: [String] = []
  private var isResumable = false
  private var owesFirstAck = false
  /// What comes again was made in another session.
  private var isAdopting = false

  mutating func take(_ line: TranscriptLine) throws {
    switch line.content {
    case .event("cut"), .event("close"): device.reconnect()
    case .event: break
    case .message(.device, let message): try takeUp(message, line)
    case .message(.agent, let message): try takeDown(message, line)
    }
    #expect(agent.receivedCount == up.arrived)
    #expect(device.receivedCount == down.arrived)
    #expect(device.sentCount + foreign.up == up.made.count)
    #expect(agent.sentCount + foreign.down == down.made.count)
    if isResumable {
      #expect(up.arrived - up.acknowledged <= TranscriptWalk.mostUnacknowledged)
      #expect(down.arrived - down.acknowledged <= TranscriptWalk.mostUnacknowledged)
    }
  }

  mutating func finish() {
    #expect(up.again.isEmpty && down.again.isEmpty, "something was not sent again")
  }

  // MARK: From the device

  private mutating func takeUp(_ message: WireMessage, _ line: TranscriptLine) throws {
    if message.isText, message.string.hasPrefix(#"{"type":"hello""#) {
      return try takeHello(message, line)
    }
    if !line.isLost, tokens.count > 1 { tokens.removeFirst() }
    if let code = line.refused {
      let error = #expect(throws: WireError.self) { try agent.decode(message) }
      #expect(error?.code == code)
      // What is not understood was numbered all the same; anything else ends the session.
      foreign.up += agent.receivedCount - up.arrived
      for _ in up.arrived..<agent.receivedCount { up.made.append(message) }
      up.arrived = agent.receivedCount
      return
    }
    // What is lost is right, too, for who got all that was lost before it.
    var scratch = line.isLost ? dreamer ?? agent : agent
    let received = try scratch.decode(message)
    dreamer = line.isLost ? scratch : nil
    if case .notice(let notice) = received {
      #expect(NativeDevice.encode(notice) == message)
      if case .acknowledged(let count) = notice {
        #expect(count == down.arrived)
        down.acknowledged = count
        owesFirstAck = false
      }
      if !line.isLost { agent = scratch }
      return
    }
    #expect(!owesFirstAck, "the first message after a welcome is an acknowledgement")
    if line.isAgain {
      try sendAgain(message)
    } else if line.isUnknown {
      #expect(received == .nothing)
      foreign.up += 1
      up.made.append(message)
    } else {
      #expect(up.again.isEmpty || isAdopting, "what was lost comes first")
      #expect(device.encode(try #require(received.message)) == message)
      up.made.append(message)
    }
    if !line.isLost {
      agent = scratch
      up.arrived += 1
    }
  }

  /// The same bytes in the same session; with its own numbers in a new one.
  private mutating func sendAgain(_ message: WireMessage) throws {
    try #require(!up.again.isEmpty)
    let before = up.again.removeFirst()
    if !isAdopting {
      #expect(before == message)
    } else {
      #expect(device.adopt(before) == message)
      up.made.append(message)
    }
  }

  private mutating func takeHello(_ message: WireMessage, _ line: TranscriptLine) throws {
    var fresh = NativeAgent()
    if let code = line.refused {
      let error = #expect(throws: WireError.self) { try fresh.decode(message) }
      #expect(error?.code == code)
      return
    }
    guard case .hello(let hello) = try #require(try fresh.decode(message).message) else { return }
    #expect(device.encode(.hello(hello)) == message)
    asked = hello.resuming
    if let asked { #expect(asked.received == down.arrived) }
    stranger = fresh
  }

  // MARK: From the agent

  private mutating func takeDown(_ message: WireMessage, _ line: TranscriptLine) throws {
    if let code = line.refused {
      let error = #expect(throws: WireError.self) { try device.decode(message) }
      #expect(error?.code == code)
      down.arrived = device.receivedCount
      foreign.down += 1
      down.made.append(message)
      return
    }
    if message.isText, message.string.hasPrefix(#"{"type":"welcome""#) {
      return try takeWelcome(message, line)
    }
    var scratch = device
    let received = try scratch.decode(message)
    switch received {
    case .notice(let notice):
      #expect(NativeAgent.encode(notice) == message)
      if case .acknowledged(let count) = notice {
        #expect(count == up.arrived)
        up.acknowledged = count
      }
      return
    case .message(.refused(let code, let words, let isFatal, let turn)):
      #expect(
        agent.encode(.refused(code: code, message: words, isFatal: isFatal, turn: turn)) == message)
      #expect(line.isOlder == code.elementsEqual("session_replaced"))
      return
    case .message, .nothing: break
    }
    #expect((received == .nothing) == (line.isDropped || line.isUnknown))
    if line.isAgain {
      try #require(!down.again.isEmpty)
      #expect(down.again.removeFirst() == message)
    } else {
      #expect(down.again.isEmpty, "what was lost comes first")
      down.made.append(message)
      if line.isUnknown {
        foreign.down += 1
      } else {
        #expect(agent.encode(try said(message, received)) == message)
      }
    }
    if !line.isLost {
      device = scratch
      down.arrived += 1
    }
  }

  private func said(_ message: WireMessage, _ received: Received<Downstream>) throws -> Downstream {
    if let said = received.message { return said }
    let (header, packet) = try NativeHeader.parse(message.bytes, expecting: .downlink)
    return .replyAudio(ReplyID(header.reference), packet: packet)
  }

  private mutating func takeWelcome(_ message: WireMessage, _ line: TranscriptLine) throws {
    let fresh = try #require(stranger, "nobody said hello")
    stranger = nil
    var newcomer = NativeDevice()
    guard case .welcome(let welcome) = try #require(try newcomer.decode(message).message) else {
      return
    }
    #expect(agent.encode(.welcome(welcome)) == message)
    if welcome.isResumed {
      let token = try #require(asked).token
      #expect(tokens.contains(token))
      tokens = [token]
      #expect(welcome.received == up.arrived)
      up.resume()
      down.resume()
      (up.acknowledged, down.acknowledged) = (up.arrived, down.arrived)
      isAdopting = false
      if !line.isLost { _ = try device.decode(message) }
    } else {
      #expect(welcome.received == 0)
      let lastTurn = up.made.lastIndex {
        $0.isText && $0.string.hasPrefix(#"{"type":"turn.start""#)
      }
      // What the microphone's sound became is no part of the turn.
      let unanswered =
        asked == nil
        ? nil : lastTurn.map { up.made[$0...].filter { !$0.string.contains(#""capture""#) } }
      (device, agent, foreign) = (newcomer, fresh, (0, 0))
      (up, down, tokens) = (Direction(), Direction(), [])
      up.again = unanswered ?? []
      isAdopting = true
    }
    let resumable = try #require(welcome.resumable)
    #expect(!tokens.contains(resumable.token), "each welcome brings a token of its own")
    tokens.append(resumable.token)
    isResumable = true
    owesFirstAck = !line.isLost
  }
}
