internal import DeviceLink
internal import VoiceCore
internal import WireProtocols

/// The daemon's conversation thread: carries out what the real `Conversation` and the real
/// `LinkMachine` decide, over a network that is not there.
final class Device {
  var shared = SharedState()
  private var conversation: Conversation
  private var machine: LinkMachine
  private var packer = Packer()
  private var unpacker = Unpacker()
  private let network: Network
  private let broker: Broker
  private let judge: Judge
  private let timeline: Timeline
  private var connection: Connection?
  /// What the library is about to tell.
  private var pending: [LinkMachine.Event] = []
  private var effects: [LinkMachine.Effect] = []
  private var isPerforming = false
  private var wasCardThere = true
  private var lastDelivered = 0
  private var now = 0
  /// Told by a garbled message that we put there: no breach of the agent's.
  var isGarbled = false
  var isServing: () -> Bool = { true }

  init(_ scenario: Scenario, network: Network, broker: Broker, judge: Judge) {
    conversation = Conversation(settings: scenario.conversation)
    machine = LinkMachine(settings: scenario.link)
    self.network = network
    self.broker = broker
    self.judge = judge
    timeline = judge.timeline
  }

  var shown: Shown { conversation.shown }
  var journalBytes: Int { machine.journalBytes }
  var refusedPackets: Int { conversation.refusedPackets }

  // MARK: The thread

  func run(at step: Int, wallClock: Int64) {
    now = step
    machine.wallClock = wallClock
    receive()
    while let heard = shared.heard.pop() {
      if shared.isCardThere != wasCardThere {
        wasCardThere = shared.isCardThere
        if !wasCardThere { judge.stopped() }
        perform(conversation.sound(isWorking: wasCardThere))
      }
      perform(conversation.hear(heard))
    }
    let isTalking = conversation.isBusy
    if isTalking, machine.isOpen, step % 20 == 0, let connection {
      if connection.up.deliveredBytes != lastDelivered { decide(.progress) }
      lastDelivered = connection.up.deliveredBytes
    }
    decide(.needing(conversation.needsAgent))
    decide(.talking(isTalking))
    decide(.tick(SampleTime(samples: Int64(step) * Frame.span.samples)))
    pump()
  }

  func press(_ press: Conversation.Press) {
    timeline.add("person", 1, "presses \(press)")
    switch press {
    case .stop:
      shared.cueOrder = .stop
      judge.stopped()
    case .mute(let isMuted):
      shared.isMuted = isMuted
    case .listen, .talk: judge.pressed()
    }
    perform(conversation.press(press))
  }

  private func pump() {
    unpacker.pump(into: &shared.toPlay) { conversation.nextToDecode() }
  }

  // MARK: What the conversation wants

  private func perform(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .send(let message): say(message)
      case .stream(let turn, let frame):
        judge.streamed(turn, SoundCode.number(ofMicFrame: frame))
        if let packet = packer.add(frame, of: turn) { say(packet) }
      case .finishStream(let turn): if let packet = packer.finish(turn) { say(packet) }
      case .abandonStream: packer.abandon()
      case .makeAudible(let reply): shared.audible = reply
      case .setVolume(let percent): shared.volume = percent
      case .cue(let cue):
        timeline.add("device", cue.rawValue, "gives the cue \(cue.word)")
        shared.cueOrder = .play(cue)
        judge.gave(cue)
      case .skip(let turn, let place): if let packet = packer.skip(turn, to: place) { say(packet) }
      case .callAgent: decide(.tryNow)
      case .nobodyWaits(let turn): decide(.nobodyWaits(turn))
      case .note(let note):
        timeline.add("device", 2, "\(note)")
        judge.note(note)
      }
    }
  }

  private func say(_ message: Upstream) {
    judge.said(message)
    if case .turnAudio = message {} else { timeline.add("device", 3, "says \(message)") }
    decide(.say(message))
  }

  // MARK: The link

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
      timeline.add("link", 4, "asks for a token")
      broker.ask(at: now)
    case .connect:
      connection = network.call(at: now, isServing: isServing())
      timeline.add("link", 5, "calls, connection \(connection?.number ?? 0)")
    case .transmit(let message): transmit(message)
    case .ping: send(.ping)
    case .hangUp(let parting):
      timeline.add("link", 6, "hangs up \(parting)")
      hangUp(parting == .forGood ? 1000 : parting == .forNow ? 1001 : 1008)
    case .deliver(let message):
      if case .replyAudio = message {} else { timeline.add("link", 7, "delivers \(message)") }
      if case .welcome(let welcome) = message, !welcome.isResumed, let connection {
        judge.began(connection: connection.number)
      }
      perform(conversation.receive(message))
      pump()
    case .change(let change):
      timeline.add("link", 8, "is \(change)")
      perform(conversation.link(change))
    case .note(let note):
      timeline.add("link", 9, "\(note)")
      if case .lost(let loss, _) = note, loss.reason.hasPrefix("the agent broke"), !isGarbled {
        judge.fail("protocol-kept", "the device says: \(loss.reason)")
      }
    }
  }

  private func transmit(_ message: WireMessage) {
    if case .text(let bytes) = message { timeline.mix(bytes) }
    guard let connection, connection.isOpenAtDevice else { return }
    if connection.up.bytes > Network.largestQueue {
      timeline.add("link", 10, "has no room to send")
      return hangUp(1001)
    }
    send(.message(message))
  }

  private func send(_ parcel: Parcel) {
    guard let connection, connection.isOpenAtDevice else { return }
    network.send(parcel, up: true, on: connection, at: now)
  }

  private func hangUp(_ code: UInt16) {
    guard let old = connection else { return }
    if old.isOpenAtDevice {
      network.send(.close(code), up: true, on: old, at: now)
      old.isOpenAtDevice = false
    } else {
      network.forget(old)
    }
    connection = nil
    pending.append(.closed(LinkLoss("closed here", advice: "")))
  }

  /// Ends the connection from outside.
  private func lose(_ reason: String, _ change: (inout LinkLoss) -> Void = { _ in }) {
    guard let old = connection else { return }
    connection = nil
    if old.isOpenAtDevice { old.isOpenAtDevice = false } else { network.forget(old) }
    var loss = LinkLoss(reason, advice: "")
    change(&loss)
    timeline.add("net", 11, "connection \(old.number) is over at the device: \(reason)")
    decide(.closed(loss))
  }

  /// The line was cut and the kernel knows.
  func reset(_ cut: Connection) { if connection === cut { lose("reset") } }

  // MARK: What the library tells

  private func receive() {
    while !pending.isEmpty { decide(pending.removeFirst()) }
    for event in broker.answers(at: now) {
      timeline.add("broker", 12, "\(event)")
      decide(event)
    }
    guard let connection else { return }
    if connection.isOpenAtDevice {
      read(connection)
    } else if now >= connection.answerAt, !connection.isOpen {
      open(connection)
    }
  }

  private func open(_ connection: Connection) {
    switch connection.fate {
    case .opens: break
    case .refused: lose("connection refused")
    case .silence: lose("no answer")
    case .status(let status):
      lose("upgrade refused with \(status)") { $0.isUnauthorized = status == 401 }
    }
  }

  /// The agent's machine has taken the call.
  func opened(_ connection: Connection) {
    guard self.connection === connection else { return }
    timeline.add("net", 13, "connection \(connection.number) is open")
    connection.isOpenAtDevice = true
    connection.deviceHeardAt = now
    lastDelivered = 0
    decide(.opened)
  }

  private func read(_ connection: Connection) {
    while self.connection === connection, let parcel = connection.down.next(at: now) {
      connection.deviceHeardAt = now
      connection.deviceAsked = false
      switch parcel {
      case .message(let message): decide(.received(message))
      case .ping: send(.pong)
      case .pong: decide(.pong)
      case .close(let code):
        lose("closed by the agent with \(code)") { $0.closed(withCode: Int(code)) }
      }
    }
    guard self.connection === connection else { return }
    let silence = now - connection.deviceHeardAt
    if silence >= Network.deadAfter {
      lose("no sign of life")
    } else if silence >= Network.askAfter, !connection.deviceAsked {
      connection.deviceAsked = true
      send(.ping)
    }
  }
}
