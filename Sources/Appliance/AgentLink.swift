internal import ControlProtocol
internal import Linux
internal import Settings
internal import VoiceCore
internal import WebSockets
internal import WireProtocols

/// The connection to the agent: messages instead of bytes, and tries again for ever.
final class AgentLink {
  enum Event {
    case connecting
    case received(Downstream)
    /// The connection is over; the next try comes after `wait`.
    case lost(LinkLoss, wait: SampleSpan)
  }

  /// Messages that wait for the network; speech at 16 kbit/s for about two minutes.
  static let largestQueue = 256 << 10

  private let link: ServerLink
  private let server: ServerAddress
  private let clock: ClockKeeper
  private let onEvent: (Event) -> Void
  private let hello: Upstream
  private var wire = NativeDevice()
  private var reconnector: Reconnector
  private var now = SampleTime.start
  /// Why we closed it ourselves, which says more than how the socket ended.
  private var ownReason: LinkLoss?
  private(set) var connects = 0

  init(
    on loop: EventLoop, settings: DeviceSettings,
    onEvent: @escaping (Event) -> Void
  ) throws(LinkError) {
    self.onEvent = onEvent
    hello = .hello(
      Upstream.Hello(
        device: settings.device.name, model: settings.device.model, firmware: Version.current,
        packetMilliseconds: Int(settings.link.packet.milliseconds),
        replyBuffer: settings.link.replyBuffer))
    reconnector = Reconnector(
      connectLimit: settings.link.connectTimeout, longestWait: settings.link.longestWait,
      seed: UInt64(bitPattern: MonotonicClock.microseconds()) ^ UInt64(Process.identifier) << 40)
    clock = ClockKeeper(folder: settings.device.state)
    server = try ServerAddress(url: settings.agent.url)
    var forward: (ServerLink.Event) -> Void = { _ in }
    link = ServerLink(
      on: loop,
      trust: TLSTrust(settings),
      subprotocol: NativeDevice.subprotocol, maximumMessage: WireLimits.largestMessage,
      maximumQueueBytes: AgentLink.largestQueue, onEvent: { forward($0) })
    forward = { self.handle($0) }
  }

  var isOpen: Bool { link.isOpen }
  var traffic: Traffic { link.traffic }

  func tick(at time: SampleTime) {
    now = time
    switch reconnector.tick(at: time) {
    case .none: break
    case .connect:
      onEvent(.connecting)
      link.connect(to: server, clock: clock.reading)
    case .giveUpThisTry:
      close(LinkLoss("no welcome in time", advice: "is it an agent that listens there?"))
    }
  }

  func send(_ message: Upstream) {
    guard link.isOpen else { return }
    let isQueued =
      switch wire.encode(message) {
      case .text(let bytes): link.send(bytes, isText: true)
      case .binary(let bytes): link.send(bytes, isText: false)
      }
    if !isQueued {
      close(LinkLoss("the network takes nothing any more", advice: "is the uplink fast enough?"))
    }
  }

  func close(_ reason: LinkLoss) {
    if ownReason == nil { ownReason = reason }
    link.close()
  }

  private func handle(_ event: ServerLink.Event) {
    switch event {
    case .opened:
      connects += 1
      wire = NativeDevice()
      send(hello)
    case .received(let isText, let bytes):
      receive(isText ? .text(bytes) : .binary(bytes))
    case .pong: break
    case .closed(let failure):
      let loss = ownReason ?? LinkLoss(failure.reason, advice: failure.advice)
      ownReason = nil
      onEvent(.lost(loss, wait: reconnector.closed(at: now)))
    }
  }

  private func receive(_ message: WireMessage) {
    do throws(WireError) {
      guard let message = try wire.decode(message) else { return }
      if case .welcome = message { reconnector.opened(at: now) }
      onEvent(.received(message))
    } catch {
      // A type we do not know is no reason to hang up; a welcome in another version is.
      if case .unsupported = error, reconnector.isOpen {
        return onEvent(
          .received(.refused(code: "unsupported", message: error.description, isFatal: false)))
      }
      close(
        LinkLoss(
          "the agent broke the protocol: \(error.description)",
          advice: "do agent and device have matching versions?"))
    }
  }
}

extension TLSTrust {
  init(_ settings: DeviceSettings) {
    self.init(
      caFile: settings.agent.caFile, pins: settings.agent.pin,
      certificateFile: settings.device.certificateFile, keyFile: settings.device.keyFile)
  }
}

/// Why the link was lost, and what to do about it.
struct LinkLoss {
  let reason: String
  let advice: String

  init(_ reason: String, advice: String) {
    self.reason = reason
    self.advice = advice
  }

  func isSame(as other: LinkLoss) -> Bool { reason.isSame(as: other.reason) }
}
