import Linux
import Synchronization
import Testing
import VoiceCore
import WebSockets
import WireProtocols

@testable import CloudAgent

/// A running agent, without encryption, on a port of its own.
final class TestAgent {
  private final class Started: Sendable {
    let port = Mutex<Int32>(0)
    let failure = Mutex<String?>(nil)
    let ready: Wakeup
    let stop: Wakeup
    init() throws {
      ready = try .open()
      stop = try .open()
    }
  }

  private let started: Started
  private var thread: RealtimeThread?
  let port: Int32

  init(clock: BrokerClock = BrokerClock(), _ change: (inout AgentOptions) -> Void = { _ in }) throws
  {
    var options = AgentOptions()
    options.port = 0
    change(&options)
    let started = try Started()
    self.started = started
    let asked = options
    thread = try RealtimeThread.start(name: "agent", priority: nil) {
      do {
        let agent = try Agent(asked, clock: clock)
        started.port.withLock { $0 = agent.port }
        started.ready.signal()
        try agent.run(until: started.stop.number)
      } catch {
        started.failure.withLock { $0 = "\(error)" }
        started.ready.signal()
      }
    }
    _ = try Waiting.firstReadable(of: [started.ready.number], milliseconds: 60_000)
    port = started.port.withLock { $0 }
    let failure = started.failure.withLock { $0 }
    try #require(failure == nil, "\(failure ?? "")")
  }

  /// As SIGTERM does; returns when the agent is gone.
  func stop() {
    started.stop.signal()
    if let thread = thread.take() { thread.join() }
  }

  deinit { stop() }
}

/// A device as simple as can be, which remembers everything it was sent. After a cut it comes back, if
/// it is to, and goes on with its session.
final class TestDevice {
  private(set) var received: [Downstream] = []
  /// The numbered messages among them, as bytes.
  private(set) var numbered: [WireMessage] = []
  private(set) var notices: [LinkNotice] = []
  var comesBack = false
  /// What it would go on with.
  private(set) var token: String?
  private var sent: [WireMessage] = []
  private var isUp = false
  private(set) var end: LinkFailure?
  /// When the first sound came of the answer to the last turn.
  private(set) var firstSoundAt: Int64?
  private var awaited: ReplyID?
  private var wire = NativeDevice()
  private var link: ServerLink?
  private let loop: EventLoop
  private let address: ServerAddress
  private var lastTurn = TurnID(0)

  init(
    on loop: EventLoop, port: Int32, buffer: SampleSpan = .seconds(20), token: String? = nil
  ) throws {
    self.loop = loop
    self.token = token
    address = try ServerAddress(url: "ws://127.0.0.1:\(port)\(Agent.path)")
    link = ServerLink(
      on: loop, subprotocol: NativeDevice.subprotocol,
      maximumMessage: WireLimits.largestMessage, maximumQueueBytes: 1 << 20
    ) { [weak self] event in
      switch event {
      case .opened: self?.sayHello(buffer)
      case .received(let isText, let bytes): self?.take(isText ? .text(bytes) : .binary(bytes))
      case .pong: break
      case .closed(let failure): self?.hasClosed(failure)
      }
    }
    link?.connect(to: address)
  }

  private func sayHello(_ buffer: SampleSpan) {
    var hello = Upstream.Hello(
      device: "test", model: "test", firmware: "0", packetMilliseconds: 60, replyBuffer: buffer)
    hello.resuming = token.map { .init(token: $0, received: wire.receivedCount) }
    put(wire.encode(.hello(hello)))
  }

  private func hasClosed(_ failure: LinkFailure) {
    isUp = false
    guard comesBack else { return end = failure }
    wire.reconnect()
    link?.connect(to: address)
  }

  private func take(_ message: WireMessage) {
    do throws(WireError) {
      let before = wire.receivedCount
      let news = try wire.decode(message)
      if wire.receivedCount > before { numbered.append(message) }
      if case .notice(let notice) = news { notices.append(notice) }
      guard let message = news.message else { return }
      received.append(message)
      if case .welcome(let welcome) = message { hasJoined(welcome) }
      if case .replyStart(let reply, lastTurn, _) = message { awaited = reply }
      if case .replyAudio(let reply, _) = message, reply == awaited, firstSoundAt == nil {
        firstSoundAt = MonotonicClock.microseconds()
      }
    } catch {
      Issue.record("the agent broke the protocol: \(error)")
    }
  }

  private func hasJoined(_ welcome: Downstream.Welcome) {
    isUp = true
    token = welcome.resumable?.token
    put(NativeDevice.encode(.acknowledged(wire.receivedCount)))
    if welcome.isResumed { for message in sent.dropFirst(welcome.received) { put(message) } }
  }

  /// Without a connection it is kept for the next one.
  func send(_ message: Upstream) {
    let bytes = wire.encode(message)
    sent.append(bytes)
    if isUp { put(bytes) }
  }

  private func put(_ message: WireMessage) {
    switch message {
    case .text(let bytes): _ = link?.send(bytes, isText: true)
    case .binary(let bytes): _ = link?.send(bytes, isText: false)
    }
  }

  func sendRaw(_ text: String) { _ = link?.send(Array(text.utf8), isText: true) }

  /// A whole turn, as fast as the link takes it.
  @discardableResult
  func say(_ packets: [[UInt8]], cause: TurnCause = .speech) -> TurnID {
    begin(cause: cause)
    for (index, packet) in packets.enumerated() { hear(packet, at: index) }
    commit(packets.count)
    return lastTurn
  }

  func begin(cause: TurnCause = .speech) {
    lastTurn = lastTurn.next
    firstSoundAt = nil
    awaited = nil
    send(.turnStart(lastTurn, preRoll: .zero, cause: cause))
  }

  func hear(_ packet: [UInt8], at index: Int) {
    send(.turnAudio(lastTurn, packet: packet, at: .milliseconds(Int64(index) * 60)))
  }

  /// Probably it has said all.
  func pause(_ packets: Int, revision: Int) {
    let audio = SampleSpan.milliseconds(Int64(packets) * 60)
    send(.turnEagerEnd(lastTurn, revision: revision, audio: audio))
  }

  func commit(_ packets: Int, revision: Int = 0) {
    let audio = SampleSpan.milliseconds(Int64(packets) * 60)
    send(.turnCommit(lastTurn, revision: revision, audio: audio, reason: .endpoint))
  }

  /// Lets the loop run until `isTrue`; the bound is generous, for slow machines.
  func wait(seconds: Int64 = 60, until isTrue: () -> Bool) -> Bool {
    let limit = MonotonicClock.microseconds() + seconds * 1_000_000
    while !isTrue() {
      if MonotonicClock.microseconds() > limit { return false }
      _ = loop.run(atMostMilliseconds: 5)
    }
    return true
  }

  var welcomes: [Downstream.Welcome] {
    received.compactMap { if case .welcome(let welcome) = $0 { welcome } else { nil } }
  }
  var isWelcome: Bool { !welcomes.isEmpty }
  func reply(to turn: TurnID) -> ReplyID? {
    for case .replyStart(let reply, turn, _) in received { return reply }
    return nil
  }
  func sound(of reply: ReplyID) -> SampleSpan {
    var sound = SampleSpan.zero
    for case .replyAudio(reply, let packet) in received {
      sound += PacketCoding.duration(of: packet) ?? .zero
    }
    return sound
  }
  /// Whether so much of the reply is here that another packet would find no room.
  func isFull(_ reply: ReplyID?, _ buffer: SampleSpan) -> Bool {
    guard let reply else { return false }
    let sound = sound(of: reply)
    return sound <= buffer && sound > buffer - .milliseconds(120)
  }
  func text(of reply: ReplyID) -> String {
    var text: [String] = []
    for case .replyText(reply, let words, _) in received { text.append(words.words) }
    return text.joined(separator: " ")
  }
  func end(of reply: ReplyID) -> ReplyStatus? {
    for case .replyEnd(reply, let status, _) in received { return status }
    return nil
  }
  var transcripts: [String] {
    var words: [String] = []
    for case .transcript(_, let spoken, true) in received { words.append(spoken.words) }
    return words
  }
  func isAcknowledged(_ reply: ReplyID) -> Bool {
    received.contains(.interruptAcknowledged(reply))
  }
}
