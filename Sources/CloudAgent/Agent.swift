internal import ESpeak
internal import Linux
internal import PocketSphinx
internal import VoiceCore
internal import WebSockets
internal import WireProtocols

/// Why the agent could not start: what failed, with what, what to do.
public struct AgentError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// The server: one thread for all connections, some for hearing, one for the voice. What is to be done
/// is decided by the `SessionShelf`; here it is done.
public final class Agent {
  /// Unsent bytes per device: several times the sound of the largest reply buffer. A device that
  /// does not read as fast as it asked for loses its connection.
  static let mostUnsentBytes = 1 << 20
  public static let path = "/auricle"

  private let options: AgentOptions
  private let loop: EventLoop
  private let mailbox: Mailbox
  private let workshop: Workshop
  private let reception: Reception
  private var shelf: SessionShelf
  private var server: SocketServer?
  private var mail: Watch?
  private var connections: [ConnectionID: SocketServer.Connection] = [:]
  private var lines: [SessionID: Line] = [:]
  private let clock: BrokerClock
  private var served = 0
  private var isDraining = false

  /// Loads the model and the voice, starts the threads and listens.
  public convenience init(_ options: AgentOptions) throws {
    try self.init(options, clock: BrokerClock())
  }

  init(_ options: AgentOptions, clock: BrokerClock) throws {
    self.options = options
    self.clock = clock
    loop = try EventLoop(mostDescriptors: options.descriptors)
    reception = try Reception(options, clock: clock)
    mailbox = try Mailbox()
    workshop = try Workshop(options, to: mailbox)
    var settings = SessionShelf.Settings()
    settings.connections = options.connections
    settings.sessions = options.sessions
    if options.isEcho { settings.echo = try EchoTone.packets() }
    shelf = SessionShelf(settings, random: SystemRandomNumberGenerator())
    mail = try loop.watch(mailbox.number) { [weak self] in self?.deliver() }
    var limits = SocketServer.Limits()
    limits.connections = options.connections
    limits.perAddress = options.mostPerAddress
    server = try SocketServer(
      on: loop, port: options.port, certificateFile: options.certificate, keyFile: options.key,
      interface: options.interface, callerAuthorityFile: options.deviceAuthority,
      subprotocol: NativeAgent.subprotocol, path: Agent.path,
      maximumMessage: WireLimits.largestMessage, maximumQueueBytes: Agent.mostUnsentBytes,
      limits: limits, service: reception.service
    ) { [weak self] connection, event in
      self?.handle(connection, event)
    }
    server?.onTrouble = { [reception] in reception.note($0) }
  }

  /// The real one, also when 0 was asked for.
  public var port: Int32 { server?.port ?? 0 }

  /// Until there is something to read from `stop`. Then what is being said may end, for as long as the
  /// options allow, and connections are closed.
  public func run(until stop: Int32) throws {
    let watch = try loop.watch(stop) { [weak self] in self?.drain() }
    var rest = (options.grace + Agent.farewellSeconds) * 1_000 / Agent.tickMilliseconds
    while !loop.run(atMostMilliseconds: Int64(Agent.tickMilliseconds)), rest > 0 {
      tell(.tick)
      if isDraining { rest -= 1 }
    }
    loop.unwatch(watch)
    server = nil
    Log.info("event=stopped connections_served=\(served)")
  }

  /// Well within what the shelf needs.
  private static let tickMilliseconds = 500
  /// What connections may take to say goodbye.
  private static let farewellSeconds = 3

  private func drain() {
    // What there is to read stays unread: one call is enough.
    guard !isDraining else { return }
    isDraining = true
    Log.info("event=stopping connections=\(connections.count) sessions=\(shelf.sessionCount)")
    tell(.drain(grace: .seconds(Int64(options.grace))))
    if connections.isEmpty { loop.stop() }
  }

  // MARK: What happens

  private func tell(_ event: ShelfEvent) {
    let samplesPerSecond = SampleSpan.samplesPerMillisecond * 1_000
    let microseconds = clock.monotonic()
    let time = SampleTime(samples: microseconds * (samplesPerSecond / 1_000) / 1_000)
    let moment = Moment(time: time, wallClock: clock.unix())
    for effect in shelf.handle(event, at: moment) { perform(effect) }
  }

  private func handle(_ connection: SocketServer.Connection, _ event: SocketServer.Event) {
    let id = ConnectionID(connection.id)
    switch event {
    case .opened(let peer):
      served += 1
      connections[id] = connection
      Log.info("event=connected connection=\(connection.id) peer=\(Log.quoted(peer))")
      tell(.connected(id, reception.admission(of: connection, server?.guest(of: connection))))
    case .received(let isText, let bytes):
      tell(.received(id, isText ? .text(bytes) : .binary(bytes)))
    case .closed(let code):
      guard connections.removeValue(forKey: id) != nil else { return }
      Log.info(
        "event=disconnected connection=\(connection.id)" + (code.map { " code=\($0)" } ?? ""))
      tell(.disconnected(id, code: code))
      if isDraining, connections.isEmpty { loop.stop() }
    }
  }

  private func deliver() {
    for letter in mailbox.takeAll() {
      // It has ended in the meantime.
      guard let line = lines[letter.session] else { continue }
      if let channel = letter.channel { line.channel = channel }
      if case .understood(let turn, let heard) = letter.result {
        line.noteUnderstood(turn, heard, showingWords: options.isVerbose)
      }
      tell(.worked(letter.session, letter.result))
    }
  }

  // MARK: What is to be done

  private func perform(_ effect: ShelfEffect) {
    switch effect {
    case .send(let message, let id):
      guard let connection = connections[id] else { return }
      let isTaken =
        switch message {
        case .text(let bytes): server?.send(bytes, isText: true, to: connection)
        case .binary(let bytes): server?.send(bytes, isText: false, to: connection)
        }
      if isTaken == false {
        Log.warning("event=not_reading connection=\(id.number)")
        server?.close(connection, code: SessionShelf.comeBackLater, reason: "not reading")
      }
    case .close(let id, let code, let reason):
      if let connection = connections[id] {
        server?.close(connection, code: code, reason: reason)
      }
    case .work(let id, let work): if let line = lines[id] { perform(work, for: line) }
    case .note(let id, let note): take(note, of: id)
    case .refused(let id, let code, let message):
      Log.warning(
        "event=refused connection=\(id.number) code=\(code) message=\(Log.quoted(message))")
    }
  }

  private func take(_ note: SessionNote, of id: SessionID) {
    if case .began = note { lines[id] = Line(id) }
    lines[id]?.note(note, showingWords: options.isVerbose)
    if case .ended = note { lines[id] = nil }
  }

  private func perform(_ work: Work, for line: Line) {
    switch work {
    case .listen(let turn):
      if let feed = workshop.listen(to: turn, for: line) { line.listen(feed) }
    case .hear(let turn, let packet, let gap): line.hear(turn, packet, gap: gap)
    case .guess(let turn, let revision, let place):
      line.guess(turn, revision: revision, upTo: place)
    case .resume(let turn, let revision): line.resume(turn, revision: revision)
    case .understand(let turn):
      if !line.understand(turn) {
        // There was no room for it among the ears: the person is told that they were not heard.
        let nothing = WorkResult.Understood(intent: nil, words: Spoken(""))
        mailbox.post(.init(session: line.id, result: .understood(turn, nothing)))
      }
    case .forget(let turn): line.forget(turn)
    case .speak(let reply, let text):
      let job = VoiceThread.Job(
        session: line.id, reply: reply, text: text, hush: line.hush(for: reply))
      if !workshop.voice.say(job) {
        mailbox.post(.init(session: line.id, result: .voiceFailed(reply)))
      }
    case .hush(let reply): line.hush(reply)
    }
  }
}
