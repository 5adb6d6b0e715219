import Testing
import VoiceCore
import WireProtocols

@testable import CloudAgent

/// Plays the network, the working threads and the clock of a shelf of sessions. Nothing gets lost in it
/// unless a test cuts a connection.
struct ShelfScript {
  /// A device as the protocol asks for one: it keeps what it sent until it is acknowledged.
  struct Device {
    var name = "kiosk"
    var connection = ConnectionID(0)
    var wire = NativeDevice()
    var token: String?
    /// Numbered messages it made, all of them.
    var sent: [WireMessage] = []
    /// What came to it, in order, over all connections; the bytes of the numbered ones.
    var received: [Downstream] = []
    var numbered: [WireMessage] = []
    var notices: [LinkNotice] = []
    var closedWith: UInt16?
    var isConnected: Bool { closedWith == nil && connection.number > 0 }

    var welcome: Downstream.Welcome? {
      for case .welcome(let welcome) in received.reversed() { return welcome }
      return nil
    }
    var errors: [String] {
      received.compactMap { if case .refused(let code, _, _, _) = $0 { code } else { nil } }
    }
    var ends: [Downstream] { received.filter { if case .replyEnd = $0 { true } else { false } } }
    func sound(of reply: UInt32) -> SampleSpan {
      var sound = SampleSpan.zero
      for case .replyAudio(ReplyID(reply), let packet) in received {
        sound += Speech.sound(in: packet)
      }
      return sound
    }
  }

  var shelf: SessionShelf
  var devices: [Int: Device] = [:]
  private(set) var now = SampleTime.start
  private(set) var work: [(session: SessionID, work: Work)] = []
  private(set) var notes: [SessionNote] = []
  private var connections = 0
  static let wallClock: Int64 = 1_790_000_000_000

  init(_ change: (inout SessionShelf.Settings) -> Void = { _ in }) {
    var settings = SessionShelf.Settings()
    change(&settings)
    shelf = SessionShelf(settings, random: Dice(seed: 1))
  }

  // MARK: Connections

  /// Connects device `index` and says hello; with its token if it has one.
  mutating func connect(
    _ index: Int, _ admission: Admission = Admission(), received: Int? = nil,
    buffer: SampleSpan = .seconds(20), caps: Capabilities = .all
  ) {
    connections += 1
    var device = devices[index] ?? Device(name: admission.device ?? "kiosk-\(index)")
    device.connection = ConnectionID(connections)
    device.closedWith = nil
    device.wire.reconnect()
    devices[index] = device
    tell(.connected(device.connection, admission))
    var hello = Upstream.Hello(
      device: device.name, model: "m", firmware: "f", packetMilliseconds: 60, replyBuffer: buffer)
    hello.capabilities = caps
    if let token = device.token {
      hello.resuming = .init(token: token, received: received ?? device.wire.receivedCount)
    }
    tell(.received(device.connection, device.wire.encode(.hello(hello))))
  }

  /// Acknowledges the welcome as devices do, and after a resume sends again what is missing.
  mutating func settle(_ index: Int) {
    guard let device = devices[index], device.isConnected, let welcome = device.welcome else {
      return
    }
    if welcome.resumable != nil { acknowledge(index) }
    guard welcome.isResumed else { return }
    for message in device.sent[welcome.received...] { raw(index, message) }
  }

  mutating func join(_ index: Int, _ admission: Admission = Admission()) {
    connect(index, admission)
    settle(index)
  }

  mutating func cut(_ index: Int, code: UInt16? = nil) {
    guard let connection = devices[index]?.connection else { return }
    devices[index]?.closedWith = 0
    tell(.disconnected(connection, code: code))
  }

  // MARK: What devices say

  /// Without a connection it only goes to the device's journal.
  mutating func say(_ index: Int, _ message: Upstream) {
    guard let bytes = devices[index]?.wire.encode(message) else { return }
    devices[index]?.sent.append(bytes)
    if devices[index]?.isConnected == true { raw(index, bytes) }
  }

  mutating func notice(_ index: Int, _ notice: LinkNotice) {
    raw(index, NativeDevice.encode(notice))
  }

  mutating func acknowledge(_ index: Int) {
    notice(index, .acknowledged(devices[index]?.wire.receivedCount ?? 0))
  }

  mutating func raw(_ index: Int, _ message: WireMessage) {
    guard let connection = devices[index]?.connection else { return }
    tell(.received(connection, message))
  }

  /// A turn of one packet, up to its commit.
  mutating func turn(_ index: Int, _ number: UInt32) {
    let id = TurnID(number)
    say(index, .turnStart(id, preRoll: .zero, cause: .speech))
    say(index, .turnAudio(id, packet: SessionScript.packet60, at: .zero))
    say(index, .turnCommit(id, audio: .milliseconds(60), reason: .endpoint))
  }

  // MARK: Work and time

  /// All turns are understood as `intent`, and every sentence is said in so many seconds.
  mutating func work(_ intent: Intent = .hours, seconds: Int = 1) {
    while !work.isEmpty {
      let (session, next) = work.removeFirst()
      switch next {
      case .understand(let turn):
        tell(
          .worked(
            session, .understood(turn, .init(intent: intent, words: Spoken("w")))))
      case .speak(let reply, _):
        let packets = [[UInt8]](repeating: SessionScript.packet20, count: 50 * seconds)
        tell(.worked(session, .spoke(reply, Speech(packets: packets, isEndOfSentence: true))))
      default: break
      }
    }
  }

  mutating func wait(_ span: SampleSpan) {
    let end = now + span
    while now < end {
      now = now + .milliseconds(500)
      tell(.tick)
    }
  }

  mutating func tell(_ event: ShelfEvent) {
    let moment = Moment(
      time: now, wallClock: ShelfScript.wallClock + (now - .start).milliseconds)
    for effect in shelf.handle(event, at: moment) {
      switch effect {
      case .send(let message, let connection): deliver(message, on: connection)
      case .close(let connection, let code, _):
        for index in devices.keys where devices[index]?.connection == connection {
          devices[index]?.closedWith = code
        }
      case .work(let session, let work): self.work.append((session, work))
      case .note(_, let note): notes.append(note)
      case .refused: break
      }
    }
  }

  private mutating func deliver(_ message: WireMessage, on connection: ConnectionID) {
    for index in devices.keys where devices[index]?.connection == connection {
      guard var device = devices[index], device.closedWith == nil else { return }
      do throws(WireError) {
        let before = device.wire.receivedCount
        switch try device.wire.decode(message) {
        case .message(let message):
          device.received.append(message)
          if case .welcome(let welcome) = message {
            device.token = welcome.resumable?.token
            if !welcome.isResumed { device.beginAnew() }
          }
        case .notice(let notice): device.notices.append(notice)
        case .nothing: break
        }
        if device.wire.receivedCount > before { device.numbered.append(message) }
      } catch {
        Issue.record("the agent broke the protocol: \(error)")
      }
      devices[index] = device
    }
  }

  var pending: [Work] { work.map { $0.work } }
}

extension ShelfScript.Device {
  /// A new session: what was numbered before counts no longer.
  fileprivate mutating func beginAnew() {
    var fresh = NativeDevice()
    let hello = Upstream.Hello(
      device: name, model: "m", firmware: "f", packetMilliseconds: 60, replyBuffer: .seconds(20))
    _ = fresh.encode(.hello(hello))
    // The codec takes nothing before a welcome.
    var agent = NativeAgent()
    let welcome = Downstream.Welcome(session: "s", agent: "a", longestTurn: .seconds(30))
    do throws(WireError) { _ = try fresh.decode(agent.encode(.welcome(welcome))) } catch {
      Issue.record("\(error)")
    }
    wire = fresh
    sent = []
    numbered = []
  }
}

/// The same numbers every time.
struct Dice: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension ShelfScript {
  /// Of the first message on a connection.
  static func effects(of message: WireMessage) -> [ShelfEffect] {
    var shelf = SessionShelf(.init(), random: Dice(seed: 1))
    let moment = Moment(time: .start, wallClock: wallClock)
    _ = shelf.handle(.connected(ConnectionID(1), Admission()), at: moment)
    return shelf.handle(.received(ConnectionID(1), message), at: moment)
  }
}
