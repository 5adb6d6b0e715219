package import VoiceCore
internal import WireProtocols

/// All sessions of an agent: those that talk, and those that wait for their device to come back. Decides
/// which connection goes on with which session, and what all of it may cost. Pure: events in, effects
/// out; the sockets, the ears, the voice and the clock belong to who drives it.
package struct SessionShelf {
  package struct Settings: Sendable {
    /// Connections at once; one more is closed with `comeBackLater`.
    package var connections = 64
    /// Sessions at once, those without a connection too: the one that waits longest makes room.
    package var sessions = 128
    /// Of one device that was proven to be it: its oldest makes room. A name that is only said counts
    /// for nothing, or anybody could end anybody's session.
    package var sessionsPerDevice = 4
    /// What all journals may take together: who goes beyond it cannot resume.
    package var journalBytes = 64 << 20
    /// A session without connection is kept so long.
    package var lease = SampleSpan.seconds(30)
    package var longestTurn = SampleSpan.seconds(30)
    /// Of one session, and as many at once: each takes an ear and the voice.
    package var turnsPerMinute = 30
    /// Of one session. At once there may come what a device has kept during a cut.
    package var messagesPerSecond = 200
    package var messagesAtOnce = 2_000
    /// Answers every turn at once with these packets; nil for the persona.
    package var echo: [[UInt8]]? = nil

    package init() {}
  }

  /// A connection that does not say hello within this time is closed.
  static let helloWithin = SampleSpan.seconds(10)
  /// While the server is going; then it is told why it cannot stay.
  static let lastHelloWithin = SampleSpan.seconds(1)
  /// Devices that are sent away together come back within this time, not all at once.
  static let spread = SampleSpan.seconds(1)

  /// For 1013, which libwebsockets, for one, makes into another code before the device sees it.
  package static let comeBackLater: UInt16 = 4013

  private enum Guest {
    case stranger(Admission, since: SampleTime)
    case session(SessionID)
  }

  private let settings: Settings
  private var random: any RandomNumberGenerator
  private var guests: [ConnectionID: Guest] = [:]
  private var sessions: [SessionID: ServedSession] = [:]
  private var sessionsOf: [String: [SessionID]] = [:]
  private var rivalry = Rivalry()
  private var lastSession = 0
  package private(set) var journalBytes = 0
  /// When all must be over.
  private var leavesAt: SampleTime?

  /// - Parameter random: where the tokens come from; it must be one nobody can guess.
  package init(_ settings: Settings, random: any RandomNumberGenerator) {
    self.settings = settings
    self.random = random
  }

  package var connectionCount: Int { guests.count }
  package var sessionCount: Int { sessions.count }
  /// The session that goes on over a connection.
  package func session(of connection: ConnectionID) -> SessionID? {
    if case .session(let id)? = guests[connection] { return id }
    return nil
  }

  package mutating func handle(_ event: ShelfEvent, at moment: Moment) -> [ShelfEffect] {
    var effects: [ShelfEffect] = []
    switch event {
    case .connected(let connection, let admission):
      connect(connection, admission, at: moment, &effects)
    case .received(let connection, let message):
      switch guests[connection] {
      case .session(let id)?:
        sessions[id]?.receive(message, at: moment, &effects)
        // It was sent away, but may come back.
        if let session = sessions[id], session.connection == nil { guests[connection] = nil }
        settle(id, at: moment, &effects)
      case .stranger(let admission, _)?:
        greet(connection, admission, message, at: moment, &effects)
      // It was closed, and this was on its way.
      case nil: break
      }
    case .disconnected(let connection, let code):
      if case .session(let id)? = guests.removeValue(forKey: connection) {
        sessions[id]?.disconnected(code: code, at: moment.time, &effects)
        settle(id, at: moment, &effects)
      }
    case .worked(let id, let result):
      sessions[id]?.take(result, at: moment, &effects)
      settle(id, at: moment, &effects)
    case .tick: tick(at: moment, &effects)
    case .drain(let grace): drain(within: grace, at: moment, &effects)
    }
    return effects
  }

  // MARK: Who comes

  private mutating func connect(
    _ connection: ConnectionID, _ admission: Admission, at moment: Moment,
    _ effects: inout [ShelfEffect]
  ) {
    if guests.count >= settings.connections {
      effects.append(
        .refused(connection, code: "full", message: "\(guests.count) connections are open"))
      effects.append(
        .close(connection, code: SessionShelf.comeBackLater, reason: "too many devices"))
    } else {
      guests[connection] = .stranger(admission, since: moment.time)
    }
  }

  private mutating func greet(
    _ connection: ConnectionID, _ admission: Admission, _ message: WireMessage,
    at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    var wire = NativeAgent()
    do throws(WireError) {
      guard case .message(.hello(let hello)) = try wire.decode(message) else {
        throw .outOfOrder("the first message was no hello")
      }
      guard leavesAt == nil else {
        return refuse(
          connection, code: "going_away", message: "the agent is stopping, come back later",
          &effects)
      }
      let device = admission.device ?? hello.device
      guard device == hello.device else {
        return refuse(
          connection, code: "unauthorized",
          message: "the hello is of \(hello.device), but the token is for \(device)", &effects)
      }
      if let asked = hello.resuming,
        let id = resumable(asked, by: device, at: moment.time, &effects)
      {
        let token = token(for: id)
        if let old = sessions[id]?.connection { guests[old] = nil }
        guests[connection] = .session(id)
        sessions[id]?.resume(
          on: connection, after: asked.received, with: asked.token, next: token, at: moment,
          &effects)
        settle(id, at: moment, &effects)
      } else {
        begin(connection, admission, hello, of: device, wire, at: moment, &effects)
      }
    } catch {
      let isOther = error.code == "out_of_order"
      refuse(
        connection, code: isOther ? "hello_expected" : error.code, message: error.description,
        &effects)
    }
  }

  private mutating func begin(
    _ connection: ConnectionID, _ admission: Admission, _ hello: Upstream.Hello,
    of device: String, _ wire: NativeAgent, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    makeRoom(for: admission, at: moment, &effects)
    guard sessions.count < settings.sessions else {
      return refuse(
        connection, code: "session_limit", message: "\(sessions.count) sessions are open", &effects)
    }
    lastSession += 1
    let id = SessionID(lastSession)
    var talking = AgentSession.Settings()
    talking.longestTurn = admission.longestTurn ?? settings.longestTurn
    talking.echo = settings.echo
    guests[connection] = .session(id)
    if let known = admission.device { sessionsOf[known, default: []].append(id) }
    sessions[id] = ServedSession(
      id: id, device: device,
      talk: AgentSession(name: "s\(lastSession)-\(moment.wallClock)", settings: talking),
      wire: wire, resumableFor: hello, longest: admission.longestSession, settings,
      at: moment.time)
    let token = token(for: id)
    sessions[id]?.begin(
      on: connection, hello, device: admission.device, token: token, at: moment, &effects)
    settle(id, at: moment, &effects)
  }

  /// The newest wins: of one device the oldest session goes, of all the one that waits longest, first
  /// among those in which nothing was said.
  private mutating func makeRoom(
    for admission: Admission, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    let most = admission.sessions ?? settings.sessionsPerDevice
    if let own = admission.device.flatMap({ sessionsOf[$0] }), own.count >= most {
      let waiting = own.first { sessions[$0]?.connection == nil }
      if let oldest = waiting ?? own.first {
        if let device = admission.device, waiting == nil,
          rivalry.hasEnded(ofDevice: device, at: moment.time)
        {
          effects.append(.note(oldest, .rivals(Rivalry.suspicious, within: Rivalry.within)))
        }
        sessions[oldest]?.makeRoom(at: moment, &effects)
        settle(oldest, at: moment, &effects)
      }
    }
    if sessions.count >= settings.sessions {
      let waiting = sessions.values.filter { $0.connection == nil }
      func rank(_ session: ServedSession) -> (Int, Int64, Int) {
        (session.hasBegun ? 1 : 0, session.awaySince.samples, session.id.number)
      }
      let longest = waiting.min { rank($0) < rank($1) }
      if let longest {
        end(longest.id, code: SessionShelf.comeBackLater, reason: "room for others", &effects)
      }
    }
  }

  private mutating func refuse(
    _ connection: ConnectionID, code: String, message: String, _ effects: inout [ShelfEffect]
  ) {
    var wire = NativeAgent()
    let error = wire.encode(.refused(code: code, message: message, isFatal: true))
    guests[connection] = nil
    effects.append(.refused(connection, code: code, message: message))
    effects.append(.send(error, on: connection))
    effects.append(.close(connection, code: 1008, reason: code))
  }

  // MARK: Tokens

  /// The session's number, so that it is found, and 128 bits nobody can guess.
  private mutating func token(for id: SessionID) -> String {
    let bits = [random.next(), random.next()].map { (word: UInt64) in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    return "\(id.number)-\(bits.joined())"
  }

  /// The session to go on with. One that is known but cannot be resumed is over: its device is here
  /// and begins anew.
  private mutating func resumable(
    _ asked: Upstream.Hello.Resuming, by device: String, at now: SampleTime,
    _ effects: inout [ShelfEffect]
  ) -> SessionID? {
    guard let number = asked.token.split(separator: "-").first.flatMap({ Int($0) }),
      let session = sessions[SessionID(number)], session.device == device,
      session.tokens.contains(where: { SessionShelf.isSame($0, asked.token) })
    else { return nil }
    if session.isTooOld(at: now) {
      end(session.id, code: 1008, reason: "max_session", &effects)
      return nil
    }
    if session.canResume(after: asked.received) { return session.id }
    end(session.id, code: 1008, reason: "session_replaced", &effects)
    return nil
  }

  /// Takes the same time wherever the two differ.
  private static func isSame(_ one: String, _ other: String) -> Bool {
    guard one.utf8.count == other.utf8.count else { return false }
    return zip(one.utf8, other.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  // MARK: Time

  private mutating func tick(at moment: Moment, _ effects: inout [ShelfEffect]) {
    // In order, so that the same events have the same effects.
    for connection in guests.keys.sorted(by: { $0.number < $1.number }) {
      guard case .stranger(_, let since)? = guests[connection] else { continue }
      if leavesAt != nil {
        guard moment.time - since >= SessionShelf.lastHelloWithin else { continue }
        guests[connection] = nil
        effects.append(.close(connection, code: 1001, reason: "going away"))
      } else if moment.time - since >= SessionShelf.helloWithin {
        refuse(
          connection, code: "hello_expected",
          message: "no hello within \(SessionShelf.helloWithin.milliseconds / 1_000) s", &effects)
      }
    }
    let isLate = leavesAt.map { moment.time >= $0 } ?? false
    for id in inOrder {
      sessions[id]?.tick(at: moment, &effects)
      if isLate { sessions[id]?.leave(at: moment, &effects) }
      settle(id, at: moment, &effects)
    }
  }

  private var inOrder: [SessionID] { sessions.keys.sorted { $0.number < $1.number } }

  private mutating func drain(
    within grace: SampleSpan, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    guard leavesAt == nil else { return }
    leavesAt = moment.time + grace
    for id in inOrder {
      let wait = Int64.random(in: 0...SessionShelf.spread.milliseconds, using: &random)
      sessions[id]?.drain(
        within: grace, retryAfter: .milliseconds(wait), at: moment, &effects)
      settle(id, at: moment, &effects)
    }
  }

  // MARK: Afterwards

  /// What every event about a session ends with: the sums are right again, and what is over goes.
  private mutating func settle(
    _ id: SessionID, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    let grown = sessions[id]?.recount() ?? 0
    journalBytes += grown
    if grown > 0, journalBytes > settings.journalBytes {
      sessions[id]?.forgetJournal(&effects)
      journalBytes += sessions[id]?.recount() ?? 0
    }
    // While the server is going, who has nothing more to say or to hear may go at once.
    if leavesAt != nil, sessions[id]?.mayLeave == true {
      sessions[id]?.leave(at: moment, &effects)
    }
    if let (code, reason) = sessions[id]?.ending { end(id, code: code, reason: reason, &effects) }
  }

  private mutating func end(
    _ id: SessionID, code: UInt16, reason: String, _ effects: inout [ShelfEffect]
  ) {
    guard var session = sessions.removeValue(forKey: id) else { return }
    session.takeWorkBack(&effects)
    journalBytes -= session.counted
    sessionsOf[session.device]?.removeAll { $0 == id }
    if sessionsOf[session.device]?.isEmpty == true { sessionsOf[session.device] = nil }
    if let connection = session.connection {
      guests[connection] = nil
      effects.append(.close(connection, code: code, reason: reason))
    }
    effects.append(.note(id, .ended(reason: reason, strays: session.strays)))
  }
}
