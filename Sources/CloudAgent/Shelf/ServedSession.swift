internal import VoiceCore
internal import WireProtocols

/// One session with its connection, or while it waits for one: the conversation, its codec, and the
/// journal of what the device may not have got.
struct ServedSession {
  /// Messages that may come before they are acknowledged.
  static let mostUnacknowledged = 32
  /// They are acknowledged in this time; with the ticks between, within 2 s.
  static let acknowledgeWithin = SampleSpan.milliseconds(1_400)
  /// A session that gets too old is announced so long before its end, a short one for its last quarter.
  static let longestWarning = SampleSpan.seconds(60)

  let id: SessionID
  let device: String
  let bornAt: SampleTime
  let longest: SampleSpan?
  let lease: SampleSpan
  /// Nil while it waits for its device to come back.
  private(set) var connection: ConnectionID?
  /// When the last connection was lost.
  private(set) var awaySince: SampleTime
  /// The token of the last welcome; and the one before it, as long as the device has not shown that
  /// the welcome arrived.
  private(set) var tokens: [String] = []
  /// Why it ends, once it does.
  private(set) var ending: (code: UInt16, reason: String)?
  private var talk: AgentSession
  private var wire: NativeAgent
  /// Nil when this session can never be resumed.
  private var journal: Journal?
  private var acknowledged = 0
  private var unacknowledgedSince: SampleTime?
  private var isWarned = false
  private var turnPace: Pace
  private var messagePace: Pace
  /// Bytes of the journal when they were last told.
  private(set) var counted = 0

  init(
    id: SessionID, device: String, talk: AgentSession, wire: NativeAgent,
    resumableFor hello: Upstream.Hello, longest: SampleSpan?, _ settings: SessionShelf.Settings,
    at now: SampleTime
  ) {
    self.id = id
    self.device = device
    self.talk = talk
    self.wire = wire
    lease = settings.lease
    turnPace = Pace(perMinute: settings.turnsPerMinute)
    messagePace = Pace(
      perSecond: settings.messagesPerSecond, atOnce: settings.messagesAtOnce)
    self.longest = longest
    bornAt = now
    awaySince = now
    if hello.capabilities.contains(.resume) { journal = Journal(replyBuffer: hello.replyBuffer) }
  }

  var isResumable: Bool { journal != nil }
  /// It has been announced that it is too old, or will be with the next tick: whoever comes back now was
  /// sent away for a new one.
  func isTooOld(at now: SampleTime) -> Bool {
    guard let longest else { return false }
    return longest - (now - bornAt) <= ServedSession.warning(of: longest)
  }
  private static func warning(of longest: SampleSpan) -> SampleSpan {
    min(longestWarning, .milliseconds(longest.milliseconds / 4))
  }
  /// Its device has said more than hello.
  var hasBegun: Bool { wire.receivedCount > 0 }
  /// Nobody would miss it: nothing is being said, or nobody is there to hear it.
  var mayLeave: Bool { connection == nil || talk.isAtRest }
  var strays: Int { talk.strays }

  /// Whether all is still here that a device which has got so many messages needs to go on.
  func canResume(after received: Int) -> Bool {
    guard let journal else { return false }
    return journal.acknowledged...(journal.acknowledged + journal.count) ~= received
  }

  /// Gives the memory back; from then on a lost connection is its end.
  mutating func forgetJournal(_ effects: inout [ShelfEffect]) {
    guard journal != nil else { return }
    journal = nil
    effects.append(.note(id, .journalFull))
    if connection == nil { end(code: 1006, reason: "lost") }
  }

  /// By how much its journal has grown since the last time.
  mutating func recount() -> Int {
    let bytes = journal?.bytes ?? 0
    defer { counted = bytes }
    return bytes - counted
  }

  // MARK: Connections

  /// The first one. `token` is for the next.
  mutating func begin(
    on connection: ConnectionID, _ hello: Upstream.Hello, device proven: String?, token: String,
    at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    self.connection = connection
    if isResumable { tokens = [token] }
    effects.append(.note(id, .began(connection, hello, device: proven)))
    handle(.received(.hello(hello)), at: moment, &effects)
  }

  /// Another one, over which the device has said which messages it has got; `canResume` said yes.
  mutating func resume(
    on connection: ConnectionID, after received: Int, with used: String, next: String,
    at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    if let old = self.connection {
      // What still arrives there comes again over the new one.
      say(
        .refused(
          code: "session_replaced", message: "the device came back over another connection",
          isFatal: true), at: moment, &effects)
      effects.append(.close(old, code: 1008, reason: "session_replaced"))
      awaySince = moment.time
    }
    self.connection = connection
    let away = moment.time - awaySince
    talk.goOn(at: moment.time, after: away)
    tokens = [next, used]
    journal?.acknowledge(received)
    acknowledged = wire.receivedCount
    unacknowledgedSince = nil
    var welcome = talk.welcome
    welcome.isResumed = true
    say(.welcome(welcome), at: moment, &effects)
    let waiting = journal?.waiting ?? []
    for message in waiting { effects.append(.send(message, on: connection)) }
    effects.append(
      .note(id, .resumed(connection, replayed: waiting.count, away: away)))
  }

  /// Codes with which either side says that no resume would help.
  private static let finalCodes: Set<UInt16> = [1000, 1002, 1003, 1007, 1008, 1009]

  mutating func disconnected(
    code: UInt16?, at now: SampleTime, _ effects: inout [ShelfEffect]
  ) {
    connection = nil
    awaySince = now
    effects.append(.note(id, .left(unacknowledged: journal?.count ?? 0)))
    if journal == nil { end(code: 1006, reason: "lost") }
    if let code, ServedSession.finalCodes.contains(code) {
      end(code: code, reason: code == 1000 ? "goodbye" : "closed with \(code)")
    }
  }

  // MARK: Messages

  mutating func receive(
    _ message: WireMessage, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    guard ending == nil else { return }
    // Only who got the welcome says more than hello.
    if tokens.count > 1 { tokens.removeLast() }
    if let wait = messagePace.take(atMicroseconds: moment.microseconds) {
      return sendAway("rate_limited", "too many messages, wait \(wait) ms", at: moment, &effects)
    }
    do throws(WireError) {
      switch try wire.decode(message) {
      case .message(let upstream):
        effects.append(.note(id, .heard(upstream)))
        guard mayCome(upstream, at: moment, &effects) else { break }
        handle(.received(upstream), at: moment, &effects)
      case .notice(let notice): try take(notice, at: moment, &effects)
      case .nothing: break
      }
    } catch {
      let isFatal = error.code != "unsupported"
      effects.append(.note(id, .broken(error.description)))
      say(
        .refused(code: error.code, message: error.description, isFatal: isFatal), at: moment,
        &effects)
      if isFatal { end(code: 1008, reason: error.code) }
    }
    acknowledge(at: moment.time, isDue: false, &effects)
  }

  /// A turn too many is not begun; what follows of it is about a turn that is not there.
  private mutating func mayCome(
    _ message: Upstream, at moment: Moment, _ effects: inout [ShelfEffect]
  ) -> Bool {
    guard case .turnStart(let turn, _, _) = message,
      let wait = turnPace.take(atMicroseconds: moment.microseconds)
    else { return true }
    let reason = "too many turns, turn \(turn.number) is dropped; wait \(wait) ms"
    say(
      .refused(code: "rate_limited", message: reason, isFatal: false, turn: turn), at: moment,
      &effects)
    return false
  }

  /// The connection ends, and the session waits for a better one.
  private mutating func sendAway(
    _ code: String, _ reason: String, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    say(.refused(code: code, message: reason, isFatal: true), at: moment, &effects)
    guard isResumable, let connection else { return end(code: 1008, reason: code) }
    effects.append(.close(connection, code: 1008, reason: code))
    disconnected(code: nil, at: moment.time, &effects)
  }

  mutating func take(
    _ result: WorkResult, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    guard ending == nil else { return }
    handle(.worked(result), at: moment, &effects)
  }

  private mutating func take(
    _ notice: LinkNotice, at moment: Moment, _ effects: inout [ShelfEffect]
  ) throws(WireError) {
    switch notice {
    case .ping(let asked): tell(.pong(asked: asked, answered: moment.wallClock), &effects)
    case .acknowledged(let total):
      // Without a journal nothing is counted on.
      guard let journal else { return }
      guard (journal.acknowledged...wire.sentCount) ~= total else {
        throw .outOfOrder(
          "\(total) messages were acknowledged, but it is between \(journal.acknowledged) and "
            + "\(wire.sentCount)")
      }
      self.journal?.acknowledge(total)
    case .pong, .goAway: break
    }
  }

  // MARK: Time

  mutating func tick(at moment: Moment, _ effects: inout [ShelfEffect]) {
    guard ending == nil else { return }
    if connection == nil {
      if moment.time - awaySince >= lease { end(code: 1001, reason: "lease over") }
      return
    }
    handle(.tick, at: moment, &effects)
    acknowledge(at: moment.time, isDue: true, &effects)
    guard let longest else { return }
    let rest = longest - (moment.time - bornAt)
    if rest <= .zero {
      handle(.leave, at: moment, &effects)
    } else if isTooOld(at: moment.time), !isWarned {
      warn("max_session", in: rest, retryAfter: .zero, &effects)
    }
  }

  /// What is being said may end; nothing else begins.
  mutating func drain(
    within grace: SampleSpan, retryAfter: SampleSpan, at moment: Moment,
    _ effects: inout [ShelfEffect]
  ) {
    warn("restart", in: mayLeave ? .zero : grace, retryAfter: retryAfter, &effects)
    handle(.drain(grace: grace), at: moment, &effects)
  }

  /// A newer session of its device takes its place.
  mutating func makeRoom(at moment: Moment, _ effects: inout [ShelfEffect]) {
    say(
      .refused(
        code: "session_limit",
        message:
          "a newer session of this device takes its place; if it keeps doing so, another device "
          + "has the same name and proof", isFatal: true),
      at: moment, &effects)
    end(code: 1008, reason: "session_limit")
  }

  mutating func leave(at moment: Moment, _ effects: inout [ShelfEffect]) {
    guard ending == nil else { return }
    handle(.leave, at: moment, &effects)
  }

  /// The last of it: what the ears and the voice are still doing for it is taken back.
  mutating func takeWorkBack(_ effects: inout [ShelfEffect]) {
    var work: [AgentEffect] = []
    talk.stopAll(&work)
    for case .work(let work) in work { effects.append(.work(id, work)) }
  }

  mutating func end(code: UInt16, reason: String) {
    if ending == nil { ending = (code, reason) }
  }

  // MARK: Saying

  private mutating func handle(
    _ event: AgentEvent, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    for effect in talk.handle(event, at: moment.time) {
      switch effect {
      case .send(let message): say(message, at: moment, &effects)
      case .work(let work): effects.append(.work(id, work))
      case .hangUp(let code, let reason): end(code: code, reason: reason)
      }
    }
  }

  /// Without a connection it waits in the journal; an error is about the moment, and does not.
  private mutating func say(
    _ message: Downstream, at moment: Moment, _ effects: inout [ShelfEffect]
  ) {
    effects.append(.note(id, .said(message)))
    let isCounted: Bool
    let bytes: WireMessage
    switch message {
    case .welcome(var welcome):
      if let token = tokens.first { welcome.resumable = .init(token: token, lease: lease) }
      welcome.received = wire.receivedCount
      welcome.longestSession = longest
      welcome.clock = moment.wallClock
      (bytes, isCounted) = (wire.encode(.welcome(welcome)), false)
    case .refused: (bytes, isCounted) = (wire.encode(message), false)
    default: (bytes, isCounted) = (wire.encode(message), true)
    }
    if isCounted {
      journal?.add(bytes)
      if journal?.isFull == true { forgetJournal(&effects) }
    }
    if let connection { effects.append(.send(bytes, on: connection)) }
  }

  private func tell(_ notice: LinkNotice, _ effects: inout [ShelfEffect]) {
    guard let connection else { return }
    effects.append(.send(NativeAgent.encode(notice), on: connection))
  }

  private mutating func warn(
    _ reason: String, in rest: SampleSpan, retryAfter: SampleSpan, _ effects: inout [ShelfEffect]
  ) {
    isWarned = true
    guard connection != nil else { return }
    effects.append(.note(id, .warned(reason: reason)))
    tell(.goAway(in: rest, reason: reason, retryAfter: retryAfter), &effects)
  }

  private mutating func acknowledge(
    at now: SampleTime, isDue: Bool, _ effects: inout [ShelfEffect]
  ) {
    // Who cannot resume keeps nothing that could be let go.
    guard journal != nil, wire.receivedCount > acknowledged else { return }
    let since = unacknowledgedSince ?? now
    unacknowledgedSince = since
    let isMuch = wire.receivedCount - acknowledged >= ServedSession.mostUnacknowledged
    guard isMuch || (isDue && now - since >= ServedSession.acknowledgeWithin) else { return }
    acknowledged = wire.receivedCount
    unacknowledgedSince = nil
    tell(.acknowledged(acknowledged), &effects)
  }
}
