public import VoiceCore
public import WireProtocols

/// Everything the device's link to its agent decides, without a socket: when to call, how a session
/// goes on over another connection, whether the other side is still there, when to try again. Events
/// in, effects out; the daemon carries them out, the simulator is another who does.
public struct LinkMachine: Sendable {
  public struct Settings: Sendable {
    /// What is said at the begin of each connection; session and clock are filled in.
    public var hello: Upstream.Hello
    /// From the first packet to the welcome.
    public var connectLimit = SampleSpan.seconds(10)
    /// From hello to welcome.
    public var helloLimit = SampleSpan.seconds(5)
    /// Between tries, when all goes wrong for long.
    public var longestWait = SampleSpan.seconds(30)
    /// Without a connection for longer, what was said meanwhile is given up.
    public var longestOutage = SampleSpan.seconds(15)
    /// Hang up after so much of nothing, and call when somebody speaks; nil: stay connected.
    public var idleLimit: SampleSpan?
    /// A token must be got before each connection.
    public var usesBroker = false
    public var seed: UInt64

    public init(hello: Upstream.Hello, seed: UInt64) {
      self.hello = hello
      self.seed = seed
    }
  }

  public enum Event: Sendable {
    /// Every 10 ms.
    case tick(SampleTime)
    /// What the conversation has to say, and whether anything is going on in it.
    case say(Upstream)
    case talking(Bool)
    /// What failed may work now, because the network has changed; or somebody waits for it.
    case tryNow
    /// The connection asked for is open.
    case opened
    case received(WireMessage)
    /// A WebSocket pong.
    case pong
    /// The other machine takes what we send.
    case progress
    /// Exactly once after each `connect`.
    case closed(LinkLoss)
    /// The token asked for is here and good for so long.
    case granted(lifetime: SampleSpan)
    case notGranted(LinkLoss)
  }

  public enum Effect: Equatable, Sendable {
    /// Ask the broker for a token.
    case mint
    /// - Parameter isUrgent: somebody waits; rather try again soon than wait long for an answer.
    case connect(isUrgent: Bool)
    case transmit(WireMessage)
    /// A WebSocket ping.
    case ping
    /// Ends with `closed`.
    case hangUp(Parting)
    case deliver(Downstream)
    case change(Conversation.LinkChange)
    case note(LinkNote)
  }

  /// What the agent is to think of it when we hang up.
  public enum Parting: Equatable, Sendable {
    /// The session is over.
    case forGood
    /// The session goes on over the next connection.
    case forNow
    /// The agent broke the protocol, so the session is over.
    case inAnger
  }

  private enum Phase: Equatable, Sendable {
    case waiting(until: SampleTime)
    /// Nobody needs it.
    case resting
    case minting(since: SampleTime)
    case connecting(since: SampleTime)
    case greeting(since: SampleTime)
    case open(since: SampleTime)
    /// `closed` is on its way.
    case leaving
  }

  /// Acknowledged at the latest after so many messages, and so much time.
  static let mostUnacknowledged = 32
  static let acknowledgeAfter = SampleSpan.seconds(2)
  /// How often the clocks are compared.
  static let compareClocksEvery = SampleSpan.seconds(60)
  /// A broker that fails while nothing depends on it is asked again after this.
  static let mintAgainAfter = SampleSpan.seconds(30)

  /// Fatal errors of the agent that have nothing to do with the session.
  static let harmless = [
    "unauthorized", "session_limit", "rate_limited", "going_away", "not_reading",
  ]

  public let settings: Settings
  /// The device's wall clock in milliseconds since 1970, kept by the owner; only told, never used.
  public var wallClock: Int64 = 0

  private var now = SampleTime.start
  private var phase = Phase.waiting(until: .start)
  private var wire = NativeDevice()
  private var outbox = Outbox()
  /// The token of the session that may go on; nil: there is none.
  private var token: String?
  private var capabilities = Capabilities.all
  private var backoff: Backoff
  private var liveness = Liveness()
  /// Since when there is no connection that was welcomed; nil while there is.
  private var awaySince: SampleTime? = SampleTime.start
  private var isGivenUp = false
  private var isTalking = false
  private var quietSince = SampleTime.start
  /// Why we hang up, which says more than how the socket ended.
  private var ownReason: LinkLoss?
  /// What the agent was told last of the microphone, or would have been.
  private var capture: Upstream?
  private var acknowledged = 0
  private var unacknowledgedSince: SampleTime?
  private var nextClocks = SampleTime.start
  /// Leave in a pause after the first, in any case at the second.
  private var leaveFrom: SampleTime?
  private var leaveAt: SampleTime?
  private var comeBackAfter = SampleSpan.zero
  private var isOld = false
  private var grant = Grant.none
  private var mayMintAgain = true

  private enum Grant: Equatable, Sendable {
    case none
    case asked
    case held(renewAt: SampleTime, until: SampleTime)
  }

  public init(settings: Settings) {
    self.settings = settings
    backoff = Backoff(longestWait: settings.longestWait, seed: settings.seed)
  }

  public var isOpen: Bool {
    if case .open = phase { true } else { false }
  }
  /// Of the session, for who counts: messages that the agent has not yet acknowledged.
  public var unacknowledged: Int { outbox.count }
  public var journalBytes: Int { outbox.bytes }
  public var roundTrip: SampleSpan { liveness.roundTrip }

  public mutating func handle(_ event: Event) -> [Effect] {
    var effects: [Effect] = []
    switch event {
    case .tick(let time):
      now = time
      tick(&effects)
    case .say(let message): say(message, &effects)
    case .talking(let isTalking): talk(isTalking, &effects)
    case .tryNow: tryNow()
    case .opened:
      guard case .connecting = phase else { break }
      phase = .greeting(since: now)
      greet(&effects)
    case .received(let message): receive(message, &effects)
    case .pong: liveness.answered(at: now)
    case .progress: liveness.progressed(at: now)
    case .closed(let loss): closed(ownReason ?? loss, &effects)
    case .granted(let lifetime):
      let span = max(lifetime, .seconds(1))
      grant = .held(
        renewAt: now + SampleSpan(samples: span.samples / 10 * 8), until: now + span)
      if case .minting = phase { connect(&effects) }
    case .notGranted(let loss): notGranted(loss, &effects)
    }
    return effects
  }

  // MARK: Time

  private mutating func tick(_ effects: inout [Effect]) {
    if let awaySince, !isGivenUp, now - awaySince >= settings.longestOutage {
      isGivenUp = true
      outbox.release()
      effects.append(.change(.lost))
    }
    switch phase {
    case .waiting(let until) where now >= until:
      if settings.idleLimit != nil, !isTalking, awaySince == nil {
        phase = .resting
      } else {
        call(&effects)
      }
    case .minting(let since) where now - since >= settings.connectLimit:
      notGranted(
        LinkLoss("the token broker does not answer", advice: "is broker.url right?"), &effects)
    case .connecting(let since) where now - since >= settings.connectLimit:
      hangUp(LinkLoss("no connection in time", advice: "check the network"), &effects)
    case .greeting(let since) where now - since >= settings.helloLimit:
      hangUp(
        LinkLoss("no welcome in time", advice: "is it an agent that listens there?"), &effects)
    case .open(let since): watch(since, &effects)
    case .waiting, .resting, .minting, .connecting, .greeting, .leaving: break
    }
  }

  private mutating func watch(_ since: SampleTime, _ effects: inout [Effect]) {
    if now - since >= Backoff.heldLongEnough { backoff.succeeded() }
    switch liveness.check(isTalking: isTalking, at: now) {
    case .fine: break
    case .ask: effects.append(.ping)
    case .dead:
      return hangUp(
        LinkLoss(
          "the agent has gone silent",
          advice: "the network or the agent went away; it will be tried again"), &effects)
    }
    if let unacknowledgedSince, now - unacknowledgedSince >= LinkMachine.acknowledgeAfter {
      acknowledge(&effects)
    }
    if now >= nextClocks, isTalking {
      nextClocks = now + LinkMachine.compareClocksEvery
      effects.append(.transmit(NativeDevice.encode(.ping(wallClock))))
    }
    renewGrant(&effects)
    if let leaveFrom, let leaveAt, now >= leaveAt || (now >= leaveFrom && !isTalking) {
      // A session that is old is not to go on.
      if isOld { token = nil }
      return hangUp(nil, &effects, isOld ? .forGood : .forNow)
    }
    if let limit = settings.idleLimit, !isTalking, now - quietSince >= limit {
      hangUp(nil, &effects)
    }
  }

  /// Early, so that a connection that is lost is back without asking the broker first.
  private mutating func renewGrant(_ effects: inout [Effect]) {
    guard settings.usesBroker, case .held(let renewAt, let until) = grant, now >= renewAt else {
      return
    }
    grant = .held(renewAt: now + LinkMachine.mintAgainAfter, until: until)
    effects.append(.mint)
  }

  private mutating func talk(_ isTalking: Bool, _ effects: inout [Effect]) {
    guard self.isTalking != isTalking else { return }
    self.isTalking = isTalking
    quietSince = now
    guard isTalking else { return }
    if case .resting = phase {
      away(&effects)
      call(&effects)
    } else {
      tryNow()
    }
  }

  /// Not at once for all devices behind one switch, but soon.
  private mutating func tryNow() {
    guard case .waiting(let until) = phase else { return }
    phase = .waiting(until: min(until, now + backoff.jitter(within: .milliseconds(300))))
  }

  // MARK: Calling

  private mutating func call(_ effects: inout [Effect]) {
    guard settings.usesBroker else { return connect(&effects) }
    switch grant {
    case .held(_, let until) where now < until: connect(&effects)
    case .none, .held:
      grant = .asked
      phase = .minting(since: now)
      effects.append(.change(.connecting))
      effects.append(.mint)
    case .asked: phase = .minting(since: now)
    }
  }

  private mutating func connect(_ effects: inout [Effect]) {
    phase = .connecting(since: now)
    ownReason = nil
    effects.append(.change(.connecting))
    effects.append(.connect(isUrgent: isUrgent))
  }

  /// Somebody may be waiting: short of giving up, we try often.
  private var isUrgent: Bool { awaySince != nil && !isGivenUp }

  private mutating func greet(_ effects: inout [Effect]) {
    var hello = settings.hello
    if let token { hello.resuming = .init(token: token, received: wire.receivedCount) }
    if wallClock > 0 { hello.clock = wallClock }
    wire.reconnect()
    effects.append(.transmit(wire.encode(.hello(hello))))
  }

  /// - Parameter reason: nil when there is nothing to complain about.
  private mutating func hangUp(
    _ reason: LinkLoss?, _ effects: inout [Effect], _ parting: Parting = .forNow
  ) {
    ownReason = reason ?? LinkLoss.planned
    phase = .leaving
    effects.append(.hangUp(parting))
  }

  private mutating func closed(_ loss: LinkLoss, _ effects: inout [Effect]) {
    let wasOpen = awaySince == nil
    ownReason = nil
    leaveFrom = nil
    leaveAt = nil
    isOld = false
    if loss.isUnauthorized { forgetGrant() }
    if loss.endsSession { token = nil }
    if loss.isPlanned {
      // On our own terms: nobody has to be told.
      let isResting = settings.idleLimit != nil && !isTalking
      phase = isResting ? .resting : .waiting(until: now + comeBackAfter)
      comeBackAfter = .zero
      if !isResting { away(&effects) }
      return
    }
    if wasOpen { away(&effects) }
    // A new token is worth one try at once.
    let wait = loss.isUnauthorized && mayMintAgain ? .zero : backoff.next(isUrgent: isUrgent)
    if loss.isUnauthorized { mayMintAgain = false }
    phase = .waiting(until: now + wait)
    effects.append(.note(.lost(loss, wait: wait)))
  }

  private mutating func away(_ effects: inout [Effect]) {
    awaySince = now
    isGivenUp = false
    effects.append(.change(.away))
    if token == nil { endSession(&effects) }
  }

  private mutating func forgetGrant() {
    if case .held = grant { grant = .none }
  }

  private mutating func notGranted(_ loss: LinkLoss, _ effects: inout [Effect]) {
    guard case .minting = phase else { return }
    grant = .none
    let wait = backoff.next(isUrgent: isUrgent)
    phase = .waiting(until: now + wait)
    effects.append(.note(.lost(loss, wait: wait)))
  }

  // MARK: The session

  private mutating func receive(_ message: WireMessage, _ effects: inout [Effect]) {
    switch phase {
    case .greeting, .open: break
    case .waiting, .resting, .minting, .connecting, .leaving: return
    }
    liveness.heard(at: now)
    do throws(WireError) {
      switch try wire.decode(message) {
      case .message(.welcome(let welcome)): try take(welcome, message, &effects)
      case .message(let message): deliver(message, &effects)
      case .notice(let notice): take(notice, &effects)
      case .nothing: break
      }
    } catch {
      // A type we do not know is no reason to hang up; a welcome in another version is.
      if case .unsupported = error, isOpen {
        let message = Downstream.refused(
          code: error.code, message: error.description, isFatal: false)
        effects.append(.deliver(message))
      } else {
        // Else the next connection would begin with the same message.
        token = nil
        return hangUp(
          LinkLoss(
            "the agent broke the protocol: \(error.description)",
            advice: "do agent and device have matching versions?"), &effects, .inAnger)
      }
    }
    if isOpen { countReceived(&effects) }
  }

  private mutating func take(
    _ welcome: Downstream.Welcome, _ message: WireMessage, _ effects: inout [Effect]
  ) throws(WireError) {
    if welcome.isResumed {
      guard token != nil else { throw .outOfOrder("a session was resumed that was not asked for") }
      guard outbox.acknowledge(upTo: welcome.received, of: wire.sentCount) else {
        throw .outOfOrder("\(welcome.received) messages cannot have come there")
      }
    } else {
      if token != nil { endSession(&effects) }
      // Its count begins anew, the turn that nobody has answered with it.
      wire = NativeDevice()
      _ = try wire.decode(message)
    }
    phase = .open(since: now)
    awaySince = nil
    isGivenUp = false
    mayMintAgain = true
    quietSince = now
    token = welcome.resumable?.token
    capabilities = welcome.capabilities
    nextClocks = now + LinkMachine.compareClocksEvery
    if let longest = welcome.longestSession {
      isOld = true
      leaveFrom = now + SampleSpan(samples: longest.samples / 100 * 80)
      leaveAt = now + SampleSpan(samples: longest.samples / 100 * 97)
    }
    liveness.begin(at: now)
    // Then the agent knows that we have its new token, and forgets the old one.
    if token != nil { acknowledge(&effects) }
    // Before anything new is said in answer to the welcome.
    if welcome.isResumed {
      for message in outbox.pending { effects.append(.transmit(message)) }
    } else {
      let kept = outbox.takeKept()
      if let capture, isUnderstood(capture) {
        transmit(wire.encode(capture), isKept: false, &effects)
      }
      for message in kept {
        transmit(wire.adopt(message), isKept: true, &effects)
      }
    }
    effects.append(.deliver(.welcome(welcome)))
    if let clock = welcome.clock { effects.append(.note(.clock(offset: clock - wallClock))) }
  }

  /// The conversation so far is gone there; only an unanswered turn is worth keeping here.
  private mutating func endSession(_ effects: inout [Effect]) {
    token = nil
    outbox.keepOnlyTurn()
    effects.append(.change(.sessionOver))
  }

  private mutating func deliver(_ message: Downstream, _ effects: inout [Effect]) {
    switch message {
    case .replyStart(_, let turn, _): outbox.release(turn)
    case .refused(let code, _, isFatal: true):
      // What was wrong would be said again in a session that goes on.
      if !LinkMachine.harmless.contains(where: { code.utf8.elementsEqual($0.utf8) }) { token = nil }
      if code.utf8.elementsEqual("unauthorized".utf8) { forgetGrant() }
    default: break
    }
    effects.append(.deliver(message))
  }

  private mutating func take(_ notice: LinkNotice, _ effects: inout [Effect]) {
    switch notice {
    case .ping(let moment):
      effects.append(
        .transmit(NativeDevice.encode(.pong(asked: moment, answered: wallClock))))
    case .pong(let asked, let answered):
      let offset = answered - (asked + wallClock) / 2
      effects.append(.note(.clock(offset: offset)))
    case .acknowledged(let count):
      // One that counts wrong is found out at the next resume.
      _ = outbox.acknowledge(upTo: count, of: wire.sentCount)
    case .goAway(let limit, let reason, let retryAfter):
      isOld = false
      leaveFrom = now
      leaveAt = now + limit
      comeBackAfter = retryAfter + backoff.jitter(within: .seconds(1))
      effects.append(.note(.goingAway(reason: reason)))
    }
  }

  private mutating func countReceived(_ effects: inout [Effect]) {
    guard wire.receivedCount > acknowledged else { return }
    if unacknowledgedSince == nil { unacknowledgedSince = now }
    if wire.receivedCount - acknowledged >= LinkMachine.mostUnacknowledged {
      acknowledge(&effects)
    }
  }

  private mutating func acknowledge(_ effects: inout [Effect]) {
    acknowledged = wire.receivedCount
    unacknowledgedSince = nil
    effects.append(.transmit(NativeDevice.encode(.acknowledged(acknowledged))))
  }

  // MARK: Saying

  private mutating func say(_ message: Upstream, _ effects: inout [Effect]) {
    if case .capture = message { capture = message }
    guard isUnderstood(message) else { return }
    let turn = message.turn
    if case .turnStart(let id, _, _) = message { outbox.keep(id) }
    if token == nil, !isOpen {
      // There is no session yet in which anything else would mean something.
      if let turn, outbox.keeps(turn) { outbox.store(wire.encode(message)) }
      if case .turnCancel(let id, _) = message { outbox.release(id) }
      return
    }
    transmit(wire.encode(message), isKept: turn.map { outbox.keeps($0) } ?? false, &effects)
    if case .turnCancel(let id, _) = message { outbox.release(id) }
    if !outbox.fits {
      // Nobody acknowledges anything: this session cannot be resumed.
      token = nil
      if isOpen {
        hangUp(
          LinkLoss(
            "the network takes nothing any more", advice: "is the uplink fast enough?"), &effects,
          .forGood)
      } else {
        endSession(&effects)
      }
    }
  }

  private mutating func transmit(
    _ message: WireMessage, isKept: Bool, _ effects: inout [Effect]
  ) {
    outbox.add(message, number: wire.sentCount, isKept: isKept)
    if isOpen { effects.append(.transmit(message)) }
  }

  private func isUnderstood(_ message: Upstream) -> Bool {
    switch message {
    case .turnEagerEnd, .turnResumed: capabilities.contains(.eagerEnd)
    case .unmute: capabilities.contains(.unmute)
    case .turnGap: capabilities.contains(.gaps)
    case .capture: capabilities.contains(.capture)
    default: true
    }
  }
}

extension Upstream {
  /// The turn that it is a part of.
  var turn: TurnID? {
    switch self {
    case .turnStart(let turn, _, _), .turnAudio(let turn, _, _), .turnEagerEnd(let turn, _, _),
      .turnResumed(let turn, _), .turnCommit(let turn, _, _, _), .turnGap(let turn, _, _):
      turn
    case .hello, .turnCancel, .interrupt, .unmute, .playback, .capture: nil
    }
  }
}
