import Linux
import VoiceCore
import WebSockets
import WireProtocols

/// One of many: a person who says something, waits for the answer, hears it, and says it again.
final class LoadDevice {
  /// What it does comes in steps of a packet.
  static let packet = SampleSpan.milliseconds(60)
  /// From the last packet to the commit: 420 ms of silence.
  private static let patience = 7
  /// Between an answer and the next turn: a turn of 1.2 s and its tone take 3.6 s with it.
  private static let pause = 26
  /// An answer that has not been heard by then will never be.
  private static let longestAnswer = 500

  /// What it does in so many steps from now.
  private enum State {
    case speaking(Int)
    case silent(Int)
    case waiting(Int)
    case pausing(Int)
  }

  let index: Int
  private let isEager: Bool
  private let load: Load
  private var wire = NativeDevice()
  private var link: ServerLink?
  private(set) var isReady = false
  private(set) var isLost = false
  private var state: State
  private var steps = 0
  private var turn = TurnID(0)
  private var committedAt: Int64?
  private let speech: [[UInt8]]
  private var reply:
    (id: ReplyID, sent: SampleSpan, isWhole: Bool, startedAt: Int64, reports: Int64)?
  private var unacknowledged = 0

  init(_ index: Int, saying speech: [[UInt8]], in load: Load, isEager: Bool) {
    self.index = index
    self.load = load
    self.speech = speech
    self.isEager = isEager
    // Everybody is somewhere else in what they say.
    state = .pausing(index * 7 % (speech.count + LoadDevice.patience + LoadDevice.pause))
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
      case .replyStart(let id, let turn, _):
        if turn == self.turn { reply = (id, .zero, false, MonotonicClock.microseconds(), 0) }
      case .replyAudio(let id, let packet): hear(id, packet)
      case .replyEnd(let id, _, _): if reply?.id == id { reply?.isWhole = true }
      case .refused(let code, let message, _, _):
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
    follow()
    advance()
    steps += 1
    if unacknowledged >= 32 || (unacknowledged > 0 && steps % 30 == 0) {
      unacknowledged = 0
      put(NativeDevice.encode(.acknowledged(wire.receivedCount)))
    }
  }

  private func advance() {
    switch state {
    case .speaking(let index):
      if index == 0 {
        turn = turn.next
        send(.turnStart(turn, preRoll: .zero, cause: .speech))
      }
      let place = SampleSpan.milliseconds(Int64(index) * LoadDevice.packet.milliseconds)
      load.spoke(speech[index].count)
      send(.turnAudio(turn, packet: speech[index], at: place))
      guard index + 1 == speech.count else { return state = .speaking(index + 1) }
      if isEager { send(.turnEagerEnd(turn, revision: 0, audio: audio)) }
      state = .silent(LoadDevice.patience)
    case .silent(0):
      committedAt = MonotonicClock.microseconds()
      reply = nil
      send(.turnCommit(turn, audio: audio, reason: .endpoint))
      state = .waiting(LoadDevice.longestAnswer)
    case .silent(let rest): state = .silent(rest - 1)
    case .waiting(0):
      load.unanswered += 1
      committedAt = nil
      state = .speaking(0)
    case .waiting(let rest): state = .waiting(rest - 1)
    case .pausing(0): state = .speaking(0)
    case .pausing(let rest): state = .pausing(rest - 1)
    }
  }

  private var audio: SampleSpan {
    .milliseconds(Int64(speech.count) * LoadDevice.packet.milliseconds)
  }

  /// The loudspeaker.
  private func follow() {
    guard let reply, committedAt == nil else { return }
    let since = (MonotonicClock.microseconds() - reply.startedAt) / 1_000
    if reply.isWhole, since >= reply.sent.milliseconds {
      report(.drained, played: reply.sent)
      self.reply = nil
      state = .pausing(LoadDevice.pause)
    } else if since >= reply.reports * 1_000 + 1_000 {
      self.reply?.reports += 1
      report(.playing, played: min(reply.sent, .milliseconds(since)))
    }
  }

  private func send(_ message: Upstream) { put(wire.encode(message)) }

  private func put(_ message: WireMessage) {
    switch message {
    case .text(let bytes): _ = link?.send(bytes, isText: true)
    case .binary(let bytes): _ = link?.send(bytes, isText: false)
    }
  }
}
