internal import ControlProtocol
internal import DeviceLink
internal import Linux
internal import Settings
internal import VoiceCore
internal import WebSockets
internal import WireProtocols

/// The connection to the agent: carries out what the link machine decides. It decides nothing.
final class AgentLink {
  enum Event {
    case changed(Conversation.LinkChange)
    case received(Downstream)
    case noted(LinkNote)
  }

  /// Messages that wait for the network; speech at 16 kbit/s for about two minutes.
  static let largestQueue = 256 << 10
  /// How often the kernel is asked whether the other side takes what we send.
  static let progressEvery = SampleSpan.milliseconds(200)

  private let link: ServerLink
  private let tokens: TokenDesk
  private let onEvent: (Event) -> Void
  private let clock: ClockKeeper
  private var network: NetworkWatch?
  private var machine: LinkMachine
  /// What is still to be carried out: carrying out one effect may bring about others.
  private var effects: [LinkMachine.Effect] = []
  private var isPerforming = false
  private var nextProgress = SampleTime.start
  private var lastAcknowledged: Int64 = 0
  private var isClosing = false
  /// Why we closed it without the machine's asking.
  private var ownLoss: LinkLoss?
  private(set) var connects = 0

  init(
    on loop: EventLoop, settings: DeviceSettings, onEvent: @escaping (Event) -> Void
  ) throws(LinkError) {
    self.onEvent = onEvent
    machine = LinkMachine(settings: LinkMachine.Settings(settings))
    clock = ClockKeeper(folder: settings.device.state)
    var forward: (ServerLink.Event) -> Void = { _ in }
    tokens = try TokenDesk(on: loop, settings)
    link = ServerLink(
      on: loop,
      trust: TLSTrust(settings),
      subprotocol: NativeDevice.subprotocol, maximumMessage: WireLimits.largestMessage,
      maximumQueueBytes: AgentLink.largestQueue, onEvent: { forward($0) })
    forward = { self.handle($0) }
    do throws(NetworkWatch.Unheard) {
      network = try NetworkWatch(on: loop) { [unowned(unsafe) self] in tryNow() }
    } catch {
      Log.info("network watch=off reason=\(Log.quoted(error.description))")
    }
  }

  /// When the agent's certificate runs out, in seconds since 1970: the last that was seen.
  private(set) var certificateEnd: Int64?
  var tokenKind: String { tokens.kind }
  var tokenLeft: Int64? { tokens.left }
  /// Not before this is it now, in seconds since 1970.
  var clockFloor: Int64 { clock.reading.floor }

  var isOpen: Bool { link.isOpen }
  var traffic: Traffic { link.traffic }
  var roundTrip: SampleSpan { machine.roundTrip }
  var isAsking: Bool { machine.isAsking }
  var unacknowledged: Int { machine.unacknowledged }
  /// Where the agent is, as far as we know.
  var address: String { tokens.address }

  /// Once for each time the loop wakes, not for each frame: what has arrived is to be seen first.
  func tick(at time: SampleTime, isTalking: Bool, isNeeded: Bool = true) {
    guard !isClosing else { return }
    machine.wallClock = WallClock.milliseconds()
    if isTalking, machine.isOpen, time >= nextProgress {
      nextProgress = time + AgentLink.progressEvery
      let acknowledged = link.acknowledgedBytes
      if acknowledged != lastAcknowledged { decide(.progress) }
      lastAcknowledged = acknowledged
    }
    decide(.talking(isTalking))
    decide(.needing(isNeeded))
    decide(.tick(time))
  }

  func send(_ message: Upstream) { decide(.say(message)) }

  func nobodyWaits(for turn: TurnID) { decide(.nobodyWaits(turn)) }

  /// Somebody waits, or the network has changed.
  func tryNow() { decide(.tryNow) }

  /// For good.
  func close() {
    isClosing = true
    link.close()
  }

  private func decide(_ event: LinkMachine.Event) {
    effects += machine.handle(event)
    guard !isPerforming else { return }
    isPerforming = true
    var next = 0
    while next < effects.count {
      perform(effects[next])
      next += 1
    }
    effects.removeAll(keepingCapacity: true)
    isPerforming = false
  }

  private func perform(_ effect: LinkMachine.Effect) {
    switch effect {
    case .mint:
      tokens.mint(judgedBy: clock.reading) { [unowned(unsafe) self] outcome in
        switch outcome {
        case .granted(let lifetime): decide(.granted(lifetime: lifetime))
        case .refused(let loss): decide(.notGranted(loss))
        }
      }
    case .connect: connect()
    case .transmit(.text(let bytes)): transmit(bytes, isText: true)
    case .transmit(.binary(let bytes)): transmit(bytes, isText: false)
    case .ping: link.ping()
    case .hangUp(let parting): link.close(code: parting.code)
    case .deliver(let message):
      onEvent(.received(noticed(message)))
    case .change(let change): onEvent(.changed(change))
    case .note(let note): onEvent(.noted(note))
    }
  }

  private func connect() {
    do throws(SecretProblem) {
      let (address, headers) = try tokens.target()
      link.connect(to: address, headers: headers, clock: clock.reading)
    } catch {
      decide(.closed(LinkLoss(error.reason, advice: error.advice, code: "token")))
    }
  }

  private func noticed(_ message: Downstream) -> Downstream {
    guard case .welcome(var welcome) = message else { return message }
    keepClock(agent: welcome.clock)
    if let longest = tokens.longestTurn { welcome.longestTurn = min(welcome.longestTurn, longest) }
    return .welcome(welcome)
  }

  /// - Parameter agent: what it says the time is, in milliseconds since 1970.
  private func keepClock(agent: Int64?) {
    if let end = link.certificateEnd { certificateEnd = end }
    clock.linkIsOpen(agentSeconds: agent.map { $0 / 1_000 }, certificateEnd: link.certificateEnd)
    if let complaint = clock.takeComplaint() {
      Log.warning("clock reason=\(Log.quoted(complaint))")
    }
  }

  private func transmit(_ bytes: [UInt8], isText: Bool) {
    guard !link.send(bytes, isText: isText), link.isOpen else { return }
    // It is kept for the next connection, and this one is of no use.
    ownLoss = LinkLoss(
      "the network takes nothing any more", advice: "is the uplink fast enough?")
    link.close(code: 1001)
  }

  private func handle(_ event: ServerLink.Event) {
    switch event {
    case .opened:
      connects += 1
      decide(.opened)
    case .received(let isText, let bytes):
      decide(.received(isText ? .text(bytes) : .binary(bytes)))
    case .pong:
      keepClock(agent: nil)
      decide(.pong)
    case .closed(let failure):
      var loss = LinkLoss(
        failure.reason, topic: failure.summary, advice: failure.advice, code: failure.code)
      switch failure.kind {
      case .upgradeRefused(status: 401):
        loss = LinkLoss(
          failure.reason, topic: failure.summary, advice: tokens.adviceWhenRefused, code: "token")
        loss.isUnauthorized = true
        loss.needsSomebody = !tokens.hasBroker
      case .upgradeRefused(let status):
        loss.needsRoom = status == 429 || status >= 500
        loss.needsSomebody = !loss.needsRoom
      case .tooLarge, .notText: loss.endsSession = true
      case .closedByPeer(let code): loss.closed(withCode: code)
      default: break
      }
      loss.shortestWait = .seconds(Int64(failure.retryAfterSeconds))
      decide(.closed(ownLoss ?? loss))
      ownLoss = nil
    }
  }
}

extension LinkMachine.Parting {
  /// For the close frame.
  fileprivate var code: UInt16 {
    switch self {
    case .forGood: 1000
    case .forNow: 1001
    case .inAnger: 1008
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

extension LinkMachine.Settings {
  init(_ settings: DeviceSettings) {
    self.init(
      hello: Upstream.Hello(
        device: settings.device.name, model: settings.device.model, firmware: Version.current,
        packetMilliseconds: Int(settings.link.packet.milliseconds),
        replyBuffer: settings.link.replyBuffer),
      seed: UInt64(bitPattern: MonotonicClock.microseconds()) ^ UInt64(Process.identifier) << 40)
    connectLimit = settings.link.connectTimeout
    longestWait = settings.link.longestWait
    longestOutage = settings.link.outage
    idleLimit = settings.link.idleClose > .zero ? settings.link.idleClose : nil
    usesBroker = !settings.broker.url.isEmpty
  }
}
