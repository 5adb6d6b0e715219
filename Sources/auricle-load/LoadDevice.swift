import Linux
import VoiceCore
import WebSockets
import WireProtocols

/// One of many: a person who says something for 1.2 s, waits for the answer, and says the next thing.
final class LoadDevice {
  /// What it does comes in steps of a packet.
  static let packet = SampleSpan.milliseconds(60)
  private static let spoken = 20
  private static let committed = 27
  /// 3.6 s for a turn and its answer.
  private static let cycle = 60

  let index: Int
  private let isEager: Bool
  private let load: Load
  private var wire = NativeDevice()
  private var link: ServerLink?
  private(set) var isReady = false
  private(set) var isLost = false
  private var step: Int
  private var turn = TurnID(0)
  private var committedAt: Int64?
  private var sound: [UInt8]
  private var reply: (id: ReplyID, sent: SampleSpan, isWhole: Bool, startedAt: Int64)?
  private var unacknowledged = 0

  init(_ index: Int, in load: Load, isEager: Bool) {
    self.index = index
    self.load = load
    self.isEager = isEager
    // Everybody is somewhere else in what they say.
    step = -(index * 7 % LoadDevice.cycle)
    // As large as 60 ms at 16 kbit/s; the echo does not look into it.
    sound = [0x58] + (0..<119).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
  }

  func connect(on loop: EventLoop, to address: ServerAddress, trust: TLSTrust) {
    link = ServerLink(
      on: loop, trust: trust, subprotocol: NativeDevice.subprotocol,
      maximumMessage: WireLimits.largestMessage, maximumQueueBytes: 1 << 20
    ) { [weak self] event in
      self?.handle(event)
    }
    link?.connect(to: address)
  }

  var traffic: Traffic { link?.traffic ?? Traffic() }

  private func handle(_ event: ServerLink.Event) {
    switch event {
    case .opened:
      put(
        wire.encode(
          .hello(
            .init(
              device: "load-\(index)", model: "load", firmware: "0",
              packetMilliseconds: Int(LoadDevice.packet.milliseconds), replyBuffer: .seconds(20)))))
    case .received(let isText, let bytes): take(isText ? .text(bytes) : .binary(bytes))
    case .pong: break
    case .closed(let failure):
      isReady = false
      isLost = true
      Output.complain("auricle-load: device \(index): \(failure)")
    }
  }

  private func take(_ message: WireMessage) {
    do throws(WireError) {
      let before = wire.receivedCount
      let news = try wire.decode(message)
      unacknowledged += wire.receivedCount - before
      guard let message = news.message else { return }
      switch message {
      case .welcome:
        isReady = true
        put(NativeDevice.encode(.acknowledged(0)))
      case .replyStart(let id, turn, _):
        reply = (id, .zero, false, MonotonicClock.microseconds())
      case .replyAudio(let id, let packet): hear(id, packet)
      case .replyEnd(let id, _, _): if reply?.id == id { reply?.isWhole = true }
      case .refused(let code, let message, _):
        Output.complain("auricle-load: device \(index): \(code): \(message)")
      default: break
      }
    } catch {
      Output.complain("auricle-load: device \(index): the agent broke the protocol: \(error)")
      load.mistakes += 1
    }
  }

  private func hear(_ id: ReplyID, _ packet: [UInt8]) {
    load.heard(packet.count)
    guard reply?.id == id else { return }
    reply?.sent += PacketCoding.duration(of: packet) ?? .zero
    guard let committedAt else { return }
    self.committedAt = nil
    load.answered(after: MonotonicClock.microseconds() - committedAt)
    report(.playing, played: .zero)
  }

  private func report(_ state: PlaybackState, played: SampleSpan) {
    guard let reply else { return }
    let buffered = reply.sent - played
    send(.playback(reply.id, played: played, buffered: buffered, state: state))
  }

  // MARK: The person

  /// Every 60 ms.
  func live() {
    guard isReady else { return }
    defer { step = step + 1 == LoadDevice.cycle ? 0 : step + 1 }
    guard step >= 0 else { return }
    follow()
    switch step {
    case 0..<LoadDevice.spoken:
      if step == 0 {
        if committedAt != nil { load.unanswered += 1 }
        committedAt = nil
        turn = turn.next
        send(.turnStart(turn, preRoll: .zero, cause: .speech))
      }
      let place = SampleSpan.milliseconds(Int64(step) * LoadDevice.packet.milliseconds)
      load.spoke(sound.count)
      send(.turnAudio(turn, packet: sound, at: place))
    case LoadDevice.spoken where isEager:
      send(.turnEagerEnd(turn, revision: 0, audio: audio))
    case LoadDevice.committed:
      committedAt = MonotonicClock.microseconds()
      send(.turnCommit(turn, audio: audio, reason: .endpoint))
    default: break
    }
    if unacknowledged >= 32 || (unacknowledged > 0 && step % 30 == 29) {
      unacknowledged = 0
      put(NativeDevice.encode(.acknowledged(wire.receivedCount)))
    }
  }

  private var audio: SampleSpan {
    .milliseconds(Int64(LoadDevice.spoken) * LoadDevice.packet.milliseconds)
  }

  /// The loudspeaker.
  private func follow() {
    guard let reply, reply.isWhole else { return }
    let since = MonotonicClock.microseconds() - reply.startedAt
    guard since >= reply.sent.milliseconds * 1_000 else { return }
    report(.drained, played: reply.sent)
    self.reply = nil
  }

  private func send(_ message: Upstream) { put(wire.encode(message)) }

  private func put(_ message: WireMessage) {
    switch message {
    case .text(let bytes): _ = link?.send(bytes, isText: true)
    case .binary(let bytes): _ = link?.send(bytes, isText: false)
    }
  }
}
