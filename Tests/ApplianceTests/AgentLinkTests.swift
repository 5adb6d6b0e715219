import ControlProtocol
import DeviceLink
import Settings
import Testing
import VoiceCore
import WebSockets
import WireProtocols

@testable import Appliance

/// A link and the agent it talks to, on one loop. The device's clock is the test's.
private final class AgentBench {
  /// Generous: only a hang takes that long.
  static let limit: Int64 = 30_000

  let loop: EventLoop
  private(set) var server: SocketServer!
  private(set) var link: AgentLink!
  private(set) var connecting = 0
  private(set) var received: [Downstream] = []
  private(set) var losses: [(loss: LinkLoss, wait: SampleSpan)] = []
  /// What the agent got, each connection for itself.
  private(set) var served: [SocketServer.Connection: [Upstream]] = [:]
  private(set) var connections: [SocketServer.Connection] = []
  private var agents: [SocketServer.Connection: NativeAgent] = [:]
  private(set) var settings = DeviceSettings()

  init(listens: Bool = true) throws {
    loop = try EventLoop()
    server = try SocketServer(
      on: loop, port: 0, certificateFile: nil, keyFile: nil, interface: "127.0.0.1",
      subprotocol: NativeAgent.subprotocol, path: "/auricle",
      maximumMessage: WireLimits.largestMessage, maximumQueueBytes: 1 << 20
    ) { [unowned self] connection, event in serve(connection, event) }
    settings.agent.url = "ws://127.0.0.1:\(listens ? server.port : 1)/auricle"
    settings.device.name = "hall"
    settings.device.model = "board-7"
    link = try AgentLink(on: loop, settings: settings) { [unowned self] event in
      switch event {
      case .changed(.connecting): connecting += 1
      case .changed: break
      case .received(let message): received.append(message)
      case .noted(.lost(let loss, let wait)): losses.append((loss, wait))
      case .noted: break
      }
      loop.stop()
    }
  }

  private func serve(_ connection: SocketServer.Connection, _ event: SocketServer.Event) {
    switch event {
    case .opened:
      connections.append(connection)
      agents[connection] = NativeAgent()
      served[connection] = []
    case .received(let isText, let bytes):
      do throws(WireError) {
        if let message = try agents[connection]?.decode(isText ? .text(bytes) : .binary(bytes))
          .message
        {
          served[connection]?.append(message)
        }
      } catch {
        Issue.record(error)
      }
    case .closed: break
    }
    loop.stop()
  }

  func answer(_ message: Downstream) {
    guard let connection = connections.last, let wire = agents[connection]?.encode(message) else {
      Issue.record("nobody to answer")
      return
    }
    switch wire {
    case .text(let bytes): answer(bytes, isText: true)
    case .binary(let bytes): answer(bytes, isText: false)
    }
  }

  func answer(_ bytes: [UInt8], isText: Bool) {
    #expect(server.send(bytes, isText: isText, to: connections.last!))
  }

  func wait(_ condition: () -> Bool) throws {
    while !condition() {
      try #require(loop.run(atMostMilliseconds: AgentBench.limit), "waited too long")
    }
  }

  /// Connects and waits for what the device says first.
  func connect(at time: SampleTime) throws {
    let before = connections.count
    link.tick(at: time, isTalking: false)
    try wait { connections.count > before && served[connections.last!]?.isEmpty == false }
  }

  static let welcome = Downstream.welcome(
    Downstream.Welcome(session: "s-1", agent: "test", longestTurn: .seconds(30)))

  func open(at time: SampleTime = .start) throws {
    try connect(at: time)
    answer(AgentBench.welcome)
    let before = received.count
    try wait { received.count > before }
  }
}

@Suite struct AgentLinkTests {
  @Test func theFirstMessageSaysWhoWeAreAndTheWelcomeIsHandedOn() throws {
    let bench = try AgentBench()
    try bench.open()
    #expect(bench.connecting == 1 && bench.link.isOpen && bench.link.connects == 1)
    guard case .hello(let hello)? = bench.served[bench.connections[0]]?.first else {
      Issue.record("no hello")
      return
    }
    #expect(hello.device == "hall" && hello.model == "board-7" && hello.firmware == Version.current)
    #expect(hello.packetMilliseconds == 60 && hello.replyBuffer == .seconds(20))
    #expect(hello.resuming == nil && hello.clock ?? 0 > 1_700_000_000_000)
    #expect(bench.received == [AgentBench.welcome])
    // An open link is left alone however long it stays open.
    bench.link.tick(at: .start + .seconds(100_000), isTalking: false)
    #expect(bench.connecting == 1 && bench.losses.isEmpty)
    #expect(bench.link.traffic.sent > 0 && bench.link.traffic.received > 0)
  }

  @Test func whatIsSentArrivesInOrder() throws {
    let bench = try AgentBench()
    try bench.open()
    let messages: [Upstream] = [
      .turnStart(TurnID(1), preRoll: .milliseconds(600), cause: .speech),
      .turnAudio(TurnID(1), packet: [0x48, 1, 2, 3], at: .zero),
      .turnCommit(TurnID(1), audio: .milliseconds(20), reason: .endpoint),
    ]
    for message in messages { bench.link.send(message) }
    try bench.wait { bench.served[bench.connections[0]]?.count == 4 }
    #expect(bench.served[bench.connections[0]]?.dropFirst().elementsEqual(messages) == true)
  }

  @Test func anAgentThatBreaksTheProtocolIsLeftAndTriedAgain() throws {
    let bench = try AgentBench()
    try bench.open()
    bench.answer(Array("this is no message".utf8), isText: true)
    try bench.wait { bench.losses.count == 1 }
    #expect(bench.losses[0].loss.reason.hasPrefix("the agent broke the protocol: "))
    #expect(bench.losses[0].loss.advice == "do agent and device have matching versions?")
    #expect(!bench.link.isOpen)

    let wait = bench.losses[0].wait
    #expect(wait <= .milliseconds(500))
    try bench.open(at: .start + wait)
    #expect(bench.connecting == 2 && bench.link.connects == 2)
    // The second connection begins like the first: with a hello and a new count.
    #expect(bench.served[bench.connections[1]]?.count == 1)
  }

  @Test func aMessageOfALaterVersionIsSurvived() throws {
    let bench = try AgentBench()
    try bench.open()
    bench.answer(Array(#"{"type":"weather.report"}"#.utf8), isText: true)
    bench.answer(.setVolume(30))
    try bench.wait { bench.received.count == 3 }
    // What was not understood is told like a refusal, for log and watchers, and life goes on.
    guard case .refused("unsupported", _, false, _) = bench.received[1] else {
      Issue.record("the unknown message was not told")
      return
    }
    #expect(bench.received[2] == .setVolume(30))
    #expect(bench.losses.isEmpty && bench.link.isOpen)
  }

  @Test func anAgentThatDoesNotWelcomeUsInTimeIsLeft() throws {
    let bench = try AgentBench()
    try bench.connect(at: .start)
    bench.link.tick(at: .start + .milliseconds(4_990), isTalking: false)
    #expect(bench.link.isOpen)
    bench.link.tick(at: .start + .seconds(5), isTalking: false)
    try bench.wait { bench.losses.count == 1 }
    #expect(bench.losses[0].loss.reason == "no welcome in time")
  }

  @Test func anAgentThatIsNotThereIsTriedAgainAndSaysWhatToDo() throws {
    let bench = try AgentBench(listens: false)
    var now = SampleTime.start
    for attempt in 1...10 {
      bench.link.tick(at: now, isTalking: false)
      try bench.wait { bench.losses.count == attempt }
      let (loss, wait) = bench.losses[attempt - 1]
      #expect(!loss.reason.isEmpty && !loss.advice.isEmpty)
      now = now + wait
    }
    #expect(bench.connecting == 10 && bench.link.connects == 0)
  }

  @Test func whoTalksIsAskedForASignOfLifeAndAnswers() throws {
    let bench = try AgentBench()
    try bench.open()
    for second in 1...4 {
      bench.link.tick(at: .start + .seconds(Int64(second)), isTalking: true)
      // The pong is on its way before this is.
      bench.answer(.setVolume(second))
      let before = bench.received.count
      try bench.wait { bench.received.count > before }
    }
    #expect(bench.losses.isEmpty && bench.link.isOpen)
  }

  @Test func aNetworkThatTakesNothingIsLeftBeforeTheQueueGrowsPastItsBound() throws {
    let bench = try AgentBench()
    try bench.open()
    let packet: [UInt8] = [0x48] + [UInt8](repeating: 7, count: 3_999)
    var sent = 0
    // The loop does not run, so nothing leaves.
    while bench.link.isOpen, sent < 1_000 {
      bench.link.send(.turnAudio(TurnID(1), packet: packet, at: .milliseconds(Int64(sent))))
      sent += 1
    }
    try bench.wait { bench.losses.count == 1 }
    #expect(bench.losses[0].loss.reason == "the network takes nothing any more")
    #expect(sent * packet.count <= AgentLink.largestQueue + 2 * packet.count)
    // After that, what is sent goes nowhere and harms nobody.
    bench.link.send(.turnCancel(TurnID(1), reason: .button))
  }

  @Test func anAddressThatIsNoneIsAnErrorOfTheStart() throws {
    var settings = DeviceSettings()
    settings.agent.url = "http://example.test"
    let loop = try EventLoop()
    #expect(throws: LinkError.self) {
      _ = try AgentLink(on: loop, settings: settings) { _ in }
    }
  }
}
