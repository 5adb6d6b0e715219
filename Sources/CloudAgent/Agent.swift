internal import ESpeak
internal import Linux
internal import Opus
internal import PocketSphinx
internal import Synchronization
internal import VoiceCore
internal import WebSockets
internal import WireProtocols

/// Why the agent could not start: what failed, with what, what to do.
public struct AgentError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// The server: one thread for all connections, some for hearing, one for the voice.
public final class Agent {
  /// Unsent bytes per device: several times the sound of the largest reply buffer. A device that
  /// does not read as fast as it asked for loses its connection.
  static let mostUnsentBytes = 1 << 20
  public static let path = "/auricle"

  private let options: AgentOptions
  private let loop: EventLoop
  private let mailbox: Mailbox
  private let voice: VoiceThread
  private let ears: EarPool?
  private let settings: AgentSession.Settings
  private var threads: [Thread] = []
  private var server: SocketServer?
  private var mail: Watch?
  private var lines: [SocketServer.Connection: Line] = [:]
  private let reception: Reception
  private var served = 0
  private var isDraining = false

  /// A thread as something to keep in an array.
  private final class Thread {
    private var thread: RealtimeThread?
    init(_ name: StaticString, run: @escaping @Sendable () -> Void) throws(LinuxError) {
      thread = try RealtimeThread.start(name: name, priority: nil, run: run)
    }
    func join() {
      if let thread = thread.take() { thread.join() }
    }
  }

  /// Loads the model and the voice, starts the threads and listens.
  public convenience init(_ options: AgentOptions) throws {
    try self.init(options, clock: BrokerClock())
  }

  init(_ options: AgentOptions, clock: BrokerClock) throws {
    self.options = options
    loop = try EventLoop(mostDescriptors: options.descriptors)
    reception = try Reception(options, clock: clock)
    mailbox = try Mailbox()
    let synthesizer = try Synthesizer(voice: options.voice, wordsPerMinute: options.rate)
    let voice = try VoiceThread(synthesizer, to: mailbox)
    self.voice = voice
    var settings = AgentSession.Settings()
    settings.longestSession = options.sessionLimit.map { .seconds(Int64($0)) }
    if options.isEcho {
      settings.echo = try EchoTone.packets()
      ears = nil
    } else {
      let vocabulary = try Vocabulary(
        .kiosk, everyday: EverydayWords.all, own: Phrasebook.pronunciations, model: .usual)
      ears = try EarPool(vocabulary, Understanding(.kiosk), to: mailbox)
    }
    self.settings = settings
    threads.append(try Thread("voice") { voice.run() })
    if let ears { try startEars(ears) }
    mail = try loop.watch(mailbox.number) { [weak self] in self?.deliver() }
    var limits = SocketServer.Limits()
    // Those who are one too many are told so by us.
    limits.connections = options.connections + 1
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

  deinit {
    voice.close()
    ears?.close()
    for thread in threads { thread.join() }
  }

  /// The real one, also when 0 was asked for.
  public var port: Int32 { server?.port ?? 0 }

  private func startEars(_ ears: EarPool) throws {
    let opened = try JobQueue<RecogniserError?>(limit: EarPool.ears)
    for ear in 0..<EarPool.ears {
      threads.append(
        try Thread("ear") {
          ears.run(ear, .usual) { _ = opened.put($0) }
        })
    }
    for _ in 0..<EarPool.ears {
      if let result = opened.take(), let error = result { throw error }
    }
  }

  /// Until there is something to read from `stop`. Then replies are ended and connections closed.
  public func run(until stop: Int32) throws {
    let watch = try loop.watch(stop) { [weak self] in self?.drain() }
    var farewell = Agent.farewellTicks
    while !loop.run(atMostMilliseconds: 1_000), farewell > 0 {
      for line in lines.values { perform(line.handle(.tick), for: line) }
      for overdue in reception.takeOverdue() {
        if let line = lines[overdue] { perform(line.handle(.drain), for: line) }
        server?.close(overdue, code: 1001, reason: "session limit")
      }
      if isDraining { farewell -= 1 }
    }
    loop.unwatch(watch)
    server = nil
    Log.info("event=stopped connections_served=\(served)")
  }

  /// Seconds that connections may take to say goodbye.
  private static let farewellTicks = 3

  private func drain() {
    // What there is to read stays unread: one call is enough.
    guard !isDraining else { return }
    isDraining = true
    Log.info("event=stopping connections=\(lines.count)")
    for line in lines.values { perform(line.handle(.drain), for: line) }
    if lines.isEmpty { return loop.stop() }
  }

  // MARK: Connections

  private func handle(_ connection: SocketServer.Connection, _ event: SocketServer.Event) {
    switch event {
    case .opened(let peer): open(connection, peer)
    case .received(let isText, let bytes):
      guard let line = lines[connection] else { return }
      receive(isText ? .text(bytes) : .binary(bytes), on: line)
    case .writable: break
    case .closed:
      reception.ended(connection)
      guard let line = lines.removeValue(forKey: connection) else { return }
      perform(line.end(), for: line)
      Log.info("event=disconnected \(line.facts)")
      if isDraining, lines.isEmpty { loop.stop() }
    }
  }

  private func open(_ connection: SocketServer.Connection, _ peer: String) {
    guard !isDraining else {
      server?.close(connection, code: 1001, reason: "going away")
      return
    }
    guard lines.count < options.connections else {
      Log.warning("event=refused reason=full connections=\(lines.count) peer=\(Log.quoted(peer))")
      server?.close(connection, code: 1013, reason: "too many devices")
      return
    }
    served += 1
    lines[connection] = Line(connection, settings: settings)
    for replaced in reception.began(connection, server?.guest(of: connection)) {
      server?.close(replaced, code: 1008, reason: "replaced by a newer session of this device")
    }
    Log.info("event=connected connection=\(connection.id) peer=\(Log.quoted(peer))")
  }

  private func receive(_ message: WireMessage, on line: Line) {
    do throws(WireError) {
      guard let upstream = try line.wire.decode(message).message else { return }
      perform(line.handle(.received(upstream)), for: line)
    } catch {
      let isFatal = error.code != "unsupported"
      Log.warning(
        "event=bad_message connection=\(line.connection.id) reason=\(Log.quoted(error.description))"
      )
      send(.refused(code: error.code, message: error.description, isFatal: isFatal), on: line)
      if isFatal { server?.close(line.connection, code: 1008, reason: error.code) }
    }
  }

  private func deliver() {
    for letter in mailbox.takeAll() {
      guard let line = lines[.init(id: letter.connection)] else { continue }
      if let channel = letter.channel { line.channel = channel }
      if case .understood(let turn, let heard) = letter.event {
        line.noteUnderstood(turn, heard, showingWords: options.isVerbose)
      }
      perform(line.handle(letter.event), for: line)
    }
  }

  // MARK: Effects

  private func perform(_ effects: [AgentEffect], for line: Line) {
    for effect in effects {
      switch effect {
      case .send(let message): send(message, on: line)
      case .listen(let turn): listen(turn, on: line)
      case .hear(let turn, let packet, let gap): line.hear(turn, packet, gap: gap)
      case .glance(let turn, let place): line.glance(turn, upTo: place)
      case .understand(let turn):
        if !line.understand(turn) {
          // There was no room for it among the ears: the person is told that they were not heard.
          let nothing = AgentEvent.Understood(intent: nil, words: Spoken(""))
          let id = line.connection.id
          mailbox.post(.init(connection: id, event: .understood(turn, nothing)))
        }
      case .forget(let turn): line.forget(turn)
      case .speak(let reply, let text):
        let job = VoiceThread.Job(
          connection: line.connection.id, reply: reply, text: text, hush: line.hush(for: reply))
        if !voice.say(job) { perform(line.handle(.voiceFailed(reply)), for: line) }
      case .hush(let reply): line.hush(reply)
      case .hangUp(let code, let reason):
        server?.close(line.connection, code: code, reason: reason)
      }
    }
  }

  private func listen(_ turn: TurnID, on line: Line) {
    guard let ears else { return }
    do throws(LinuxError) {
      let id = line.connection.id
      if let feed = try ears.listen(to: turn, of: id, on: line.channel) { line.listen(feed) }
    } catch {
      Log.warning("event=hearing_failed reason=\(Log.quoted(error.description))")
    }
  }

  private func send(_ message: Downstream, on line: Line) {
    line.note(message, showingWords: options.isVerbose)
    let isText: Bool
    let bytes: [UInt8]
    switch line.wire.encode(message) {
    case .text(let text): (isText, bytes) = (true, text)
    case .binary(let data): (isText, bytes) = (false, data)
    }
    if server?.send(bytes, isText: isText, to: line.connection) == false {
      Log.warning("event=not_reading connection=\(line.connection.id)")
      server?.close(line.connection, code: 1008, reason: "not reading")
    }
  }
}
