internal import CloudAgent
internal import DeviceLink
internal import VoiceCore
internal import WireProtocols

/// The agent's program: the real shelf of real sessions, with simulated sockets, ears and voice. It can
/// be restarted, stand still, and be asked to leave.
final class AgentProcess {
  /// Two sessions of a device that can hold 20 s of a reply.
  private static let mostJournal = 400 << 10

  private let scenario: Scenario
  private let network: Network
  private let timeline: Timeline
  private let judge: Judge
  private let witness: AgentJudge
  private var dice: Dice
  private var shelf: SessionShelf
  private var work: Workshop
  private(set) var process = 1
  private var now = 0
  private var wallClock: Int64 = 0
  /// What the kernel has taken for it.
  private var inbox: [(Connection, Parcel)] = []
  var downUntil = 0
  var hangsUntil = 0
  var fullUntil = 0
  /// Asked to leave: restarts then.
  private var leavesAt: Int?

  init(_ scenario: Scenario, network: Network, judge: Judge, dice: Dice) {
    var dice = dice
    self.scenario = scenario
    self.network = network
    timeline = judge.timeline
    self.judge = judge
    witness = AgentJudge(judge: judge, replyBuffer: scenario.link.hello.replyBuffer)
    work = Workshop(scenario.agent, judge: judge, dice: dice.fork())
    shelf = AgentProcess.shelf(scenario, dice.fork())
    self.dice = dice
  }

  private static func shelf(_ scenario: Scenario, _ dice: Dice) -> SessionShelf {
    var settings = SessionShelf.Settings()
    settings.lease = scenario.lease
    settings.sessionsPerDevice = 2
    return SessionShelf(settings, random: dice)
  }

  func isServing(at now: Int) -> Bool { now >= downUntil }
  var isStill: Bool { now < hangsUntil }

  func calm(at now: Int) {
    downUntil = min(downUntil, now)
    hangsUntil = min(hangsUntil, now)
    fullUntil = min(fullUntil, now)
    // Who was asked to leave in the storm has left when it is over, and does not go in the calm.
    if leavesAt != nil { restart(for: 10, isSilent: false) }
    work.calm(at: now)
  }

  /// What this connection carried is not what was sent.
  func spoil(_ connection: Connection) {
    if let session = shelf.session(of: ConnectionID(connection.number)) {
      witness.spoil(session)
    }
  }

  /// In a pause, with a connection.
  func checkAgreement() { witness.checkAgreement() }

  // MARK: The program

  func run(at step: Int, wallClock: Int64) {
    now = step
    self.wallClock = wallClock
    guard now >= downUntil else { return }
    for connection in network.connections where connection.isOpenAtAgent {
      while let parcel = connection.up.next(at: now) { inbox.append((connection, parcel)) }
    }
    guard now >= hangsUntil else { return }
    for (connection, parcel) in inbox { read(parcel, on: connection) }
    inbox.removeAll(keepingCapacity: true)
    for result in work.results(at: now) { handle(.worked(result.session, result.result)) }
    if now % 25 == 0 {
      for connection in network.connections where connection.isOpenAtAgent { watch(connection) }
      handle(.tick)
      if shelf.journalBytes > AgentProcess.mostJournal {
        judge.fail("bounds", "the agent's journals hold \(shelf.journalBytes) bytes")
      }
    }
    if let leavesAt, now >= leavesAt || shelf.sessionCount == 0 {
      restart(for: dice.within(10...300), isSilent: false)
    }
  }

  private func read(_ parcel: Parcel, on connection: Connection) {
    guard connection.isOpenAtAgent else { return }
    connection.agentHeardAt = now
    connection.agentAsked = false
    switch parcel {
    case .message(let message): handle(.received(ConnectionID(connection.number), message))
    case .ping: network.send(.pong, up: false, on: connection, at: now)
    case .pong: break
    case .close(let code): lose(connection, code: code)
    }
  }

  private func watch(_ connection: Connection) {
    let silence = now - connection.agentHeardAt
    if silence >= Network.deadAfter {
      lose(connection, code: nil)
    } else if silence >= Network.askAfter, !connection.agentAsked {
      connection.agentAsked = true
      network.send(.ping, up: false, on: connection, at: now)
    }
  }

  /// Whether it takes the call.
  func take(_ connection: Connection) {
    connection.isOpen = true
    connection.isOpenAtAgent = true
    connection.agentHeardAt = now
    handle(
      .connected(
        ConnectionID(connection.number),
        Admission(device: "hall", longestSession: scenario.longestSession)))
  }

  func lose(_ connection: Connection, code: UInt16?) {
    guard connection.isOpenAtAgent else { return }
    connection.isOpenAtAgent = false
    timeline.add(
      "agent", 20, "loses connection \(connection.number)\(code.map { " with \($0)" } ?? "")")
    handle(.disconnected(ConnectionID(connection.number), code: code))
  }

  /// - Parameter isSilent: nobody tells the other side that its connections are gone.
  func restart(for frames: Int, isSilent: Bool) {
    timeline.add("agent", 21, "is gone for \(frames * 10) ms\(isSilent ? ", silently" : "")")
    process += 1
    witness.restarted(process)
    downUntil = now + frames
    leavesAt = nil
    hangsUntil = 0
    inbox = []
    work.clear(process)
    shelf = AgentProcess.shelf(scenario, dice.fork())
    for connection in network.connections where connection.isOpenAtAgent {
      connection.isOpenAtAgent = false
      if isSilent { connection.isDead = true } else { onReset(connection) }
    }
  }

  var onReset: (Connection) -> Void = { _ in }

  func drain(within frames: Int) {
    guard leavesAt == nil, now >= downUntil else { return }
    timeline.add("agent", 22, "is asked to leave within \(frames * 10) ms")
    leavesAt = now + frames + 10
    handle(.drain(grace: .frames(frames)))
  }

  /// Something that is none of the shelf's: an error that is not fatal, or nonsense.
  func inject(_ message: WireMessage) -> Bool {
    var isSent = false
    for connection in network.connections
    where connection.isOpenAtAgent && connection.isOpenAtDevice
      && shelf.session(of: ConnectionID(connection.number)) != nil
    {
      network.send(.message(message), up: false, on: connection, at: now)
      isSent = true
    }
    return isSent
  }

  private func handle(_ event: ShelfEvent) {
    let moment = Moment(
      time: SampleTime(samples: Int64(now) * Frame.span.samples), wallClock: wallClock)
    for effect in shelf.handle(event, at: moment) { perform(effect) }
  }

  private func perform(_ effect: ShelfEffect) {
    switch effect {
    case .send(let message, let id):
      guard let connection = find(id) else { return }
      if case .text(let bytes) = message { timeline.mix(bytes) }
      if connection.down.bytes > Network.largestQueue {
        close(connection, SessionShelf.comeBackLater)
      } else {
        network.send(.message(message), up: false, on: connection, at: now)
      }
    case .close(let id, let code, let reason):
      guard let connection = find(id) else { return }
      timeline.add("agent", 23, "closes connection \(id.number) with \(code), \(reason)")
      close(connection, code)
    case .work(let session, let work): self.work.take(work, for: session, at: now)
    case .note(let session, let note):
      tell(session, note)
      witness.take(note, of: session)
    case .refused(_, let code, let message):
      timeline.add("agent", 24, "refuses a connection: \(code), \(message)")
    }
  }

  private func find(_ id: ConnectionID) -> Connection? {
    network.connections.first { $0.number == id.number && $0.isOpenAtAgent }
  }

  private func close(_ connection: Connection, _ code: UInt16) {
    network.send(.close(code), up: false, on: connection, at: now)
    lose(connection, code: nil)
  }

  private func tell(_ session: SessionID, _ note: SessionNote) {
    switch note {
    case .heard(.turnAudio), .said(.replyAudio): break
    case .heard(let message):
      timeline.add("agent", 25, "s\(process).\(session.number) hears \(message)")
    case .said(let message):
      timeline.add("agent", 26, "s\(process).\(session.number) says \(message)")
    default: timeline.add("agent", 27, "s\(process).\(session.number) \(note)")
    }
  }
}
