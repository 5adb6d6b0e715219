import DeviceLink
import Testing
import VoiceCore
import WireProtocols

/// A link machine and an agent that keeps sessions, with a wire between them that can be cut. Time
/// is the test's.
struct LinkBench {
  var machine: LinkMachine
  var agent = NativeAgent()
  private(set) var now = SampleTime.start
  private(set) var effects: [LinkMachine.Effect] = []
  /// What arrived at the agent in the session, hellos apart.
  private(set) var heard: [Upstream] = []
  private(set) var hellos: [Upstream.Hello] = []
  private(set) var notices: [LinkNotice] = []
  private(set) var delivered: [Downstream] = []
  private(set) var changes: [Conversation.LinkChange] = []
  private(set) var losses: [(loss: LinkLoss, wait: SampleSpan)] = []
  private(set) var connects = 0
  private(set) var mints = 0
  private(set) var pings = 0
  private(set) var hangUps = 0
  /// Nothing reaches the agent, and nobody knows yet.
  var isCut = false
  private var isHello = true
  private var isCalling = false

  init(_ change: (inout LinkMachine.Settings) -> Void = { _ in }) {
    var settings = LinkMachine.Settings(
      hello: Upstream.Hello(
        device: "hall", model: "board", firmware: "1", packetMilliseconds: 60,
        replyBuffer: .seconds(20)), seed: 7)
    change(&settings)
    machine = LinkMachine(settings: settings)
  }

  mutating func feed(_ event: LinkMachine.Event) {
    for effect in machine.handle(event) {
      effects.append(effect)
      switch effect {
      case .mint: mints += 1
      case .connect:
        connects += 1
        isCalling = true
      case .transmit(let message): arrive(message)
      case .ping: pings += 1
      case .hangUp: hangUps += 1
      case .deliver(let message): delivered.append(message)
      case .change(let change): changes.append(change)
      case .note(.lost(let loss, let wait)): losses.append((loss, wait))
      case .note: break
      }
    }
  }

  private mutating func arrive(_ message: WireMessage) {
    guard !isCut else { return }
    do throws(WireError) {
      if isHello {
        // A hello says which session it is about: until then nobody knows whose codec this is.
        var fresh = NativeAgent()
        if case .message(.hello(let hello)) = try fresh.decode(message) {
          hellos.append(hello)
          if hello.resuming == nil { agent = fresh }
        }
        isHello = false
        return
      }
      switch try agent.decode(message) {
      case .message(let message): heard.append(message)
      case .notice(let notice): notices.append(notice)
      case .nothing: break
      }
    } catch {
      Issue.record(error)
    }
  }

  mutating func pass(_ span: SampleSpan) {
    for _ in 0..<span.frames {
      now = now + Frame.span
      feed(.tick(now))
    }
  }

  mutating func pass(until isReached: (LinkBench) -> Bool) {
    for _ in 0..<10_000 where !isReached(self) { pass(Frame.span) }
    #expect(isReached(self), "waited too long")
  }

  // MARK: The agent

  mutating func say(_ message: Downstream) {
    // What is lost on the way is made all the same.
    let wire = agent.encode(message)
    if !isCut { feed(.received(wire)) }
  }

  /// The connection is there and hello is said.
  mutating func call() {
    pass { $0.isCalling }
    isCalling = false
    isHello = true
    isCut = false
    feed(.opened)
  }

  mutating func open(
    resumed: Bool = false, token: String? = "t-1", received: Int? = nil,
    longestSession: SampleSpan? = nil
  ) {
    call()
    if !resumed { agent = NativeAgent.greeted() }
    var welcome = Downstream.Welcome(
      session: "s", agent: "a", longestTurn: .seconds(30),
      resumable: token.map { .init(token: $0, lease: .seconds(30)) }, isResumed: resumed,
      received: received ?? (resumed ? agent.receivedCount : 0))
    welcome.longestSession = longestSession
    say(.welcome(welcome))
  }

  mutating func cut() {
    isCut = true
    feed(.closed(LinkLoss("connection lost", advice: "wait")))
  }

  mutating func speak(_ turn: UInt32, packets: Range<Int>) {
    for packet in packets {
      feed(
        .say(
          .turnAudio(
            TurnID(turn), packet: [0x48, UInt8(packet)], at: .milliseconds(Int64(packet) * 20))))
    }
  }

  /// Which packets of a turn the agent has, in the order in which they came.
  func packets(of turn: UInt32) -> [Int] {
    heard.compactMap {
      if case .turnAudio(TurnID(turn), let packet, _) = $0 { Int(packet[1]) } else { nil }
    }
  }
}

extension NativeAgent {
  /// One that has had its hello.
  static func greeted() -> NativeAgent {
    var agent = NativeAgent()
    var device = NativeDevice()
    let hello = Upstream.Hello(
      device: "d", model: "m", firmware: "1", packetMilliseconds: 60, replyBuffer: .seconds(20))
    _ = try? agent.decode(device.encode(.hello(hello)))  // our own hello is fine
    return agent
  }
}

func start(_ turn: UInt32) -> LinkMachine.Event {
  .say(.turnStart(TurnID(turn), preRoll: .milliseconds(600), cause: .speech))
}

func commit(_ turn: UInt32, _ milliseconds: Int64) -> LinkMachine.Event {
  .say(.turnCommit(TurnID(turn), audio: .milliseconds(milliseconds), reason: .endpoint))
}
