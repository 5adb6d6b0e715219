public import VoiceCore
public import WireProtocols

/// Everything the device's link to its agent decides, without a socket: when to call, how a session
/// goes on over another connection, whether the other side is still there, when to try again. Events
/// in, effects out; the daemon carries them out, the simulator is another who does.
public struct LinkMachine: Sendable {
  enum Phase: Equatable, Sendable {
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
  /// One ping in so long is answered, five at once: a flood of them is not.
  static let pongEvery = SampleSpan.seconds(1)
  static let pongsAhead = SampleSpan.seconds(4)
  /// A broker that fails while nothing depends on it is asked again after this.
  static let mintAgainAfter = SampleSpan.seconds(30)

  /// For so long after a loss it is likely that the agent is only being started again.
  static let recently = SampleSpan.seconds(300)
  /// As long as an agent that sent us away is left alone whoever speaks here. It leaves time for a call
  /// before what was said is given up (`link.outage`, 15 s).
  static let longestCourtesy = SampleSpan.seconds(12)
  /// A server that asks for more patience than this is not believed.
  static let longestRetryAfter = SampleSpan.seconds(600)

  /// Who refuses us hangs up; after so long we do.
  static let hangsUpWithin = SampleSpan.seconds(1)

  /// A session that ends sooner after its begin is a mistake: nobody could talk in it.
  static let shortestSession = SampleSpan.seconds(10)

  public let settings: Settings
  /// The device's wall clock in milliseconds since 1970, kept by the owner; only told, never used.
  public var wallClock: Int64 = 0

  var now = SampleTime.start
  var phase = Phase.waiting(until: .start)
  var wire = NativeDevice()
  var outbox = Outbox()
  /// The token of the session that may go on; nil: there is none.
  var token: String?
  var capabilities = Capabilities.all
  var backoff: Backoff
  var liveness = Liveness()
  /// Since when there is no connection that was welcomed; nil while there is.
  var awaySince: SampleTime? = SampleTime.start
  var isGivenUp = false
  var isTalking = false
  var isNeeded = true
  var quietSince = SampleTime.start
  var openedAt = SampleTime.start
  /// Why we hang up, which says more than how the socket ended.
  var ownReason: LinkLoss?
  /// What the agent was told last of the microphone, or would have been.
  var capture: Upstream?
  var acknowledged = 0
  var unacknowledgedSince: SampleTime?
  var nextClocks = SampleTime.start
  /// The moment of our ping that waits for its answer.
  var askedClock: Int64?
  var nextPong = SampleTime.start
  /// The agent knows of a session, and so does the conversation.
  var hasSession = false
  var sessionBegan = SampleTime.start
  /// Its last connection ended as if one of the two had sent what the other does not take.
  var isDoubted = false
  /// What the agent said is the reason for which it hangs up.
  var refusal: LinkLoss?
  var refusedAt = SampleTime.start
  var leave: Leave?
  /// What an agent asked for that sends us away.
  var comeBackAfter: SampleSpan?
  /// The agent that sent us away does not want to see us before.
  var invitedAt = SampleTime.start
  /// Until then whoever refused us wants to be left alone, whatever happens here.
  var leftAloneUntil = SampleTime.start
  var grant = Grant.none
  var mayMintAgain = true

  /// When to hang up of our own accord: in a pause after the first, in any case at the second.
  struct Leave: Equatable, Sendable {
    var from: SampleTime
    var at: SampleTime
    /// For a session that is young again.
    var isRenewal: Bool
  }

  enum Grant: Equatable, Sendable {
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
  /// The other side has been asked whether it is there, and has not answered yet.
  public var isAsking: Bool { liveness.isAsking }

  public mutating func handle(_ event: Event) -> [Effect] {
    var effects: [Effect] = []
    switch event {
    case .tick(let time):
      now = time
      tick(&effects)
    case .say(let message): say(message, &effects)
    case .talking(let isTalking): talk(isTalking, &effects)
    case .needing(let isNeeded): self.isNeeded = isNeeded
    case .tryNow: tryNow()
    case .nobodyWaits(let turn): outbox.release(turn)
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

  mutating func tick(_ effects: inout [Effect]) {
    if let awaySince, !isGivenUp, now - awaySince >= settings.longestOutage { giveUp(&effects) }
    switch phase {
    case .greeting where isRefusedForLong, .open where isRefusedForLong:
      hangUp(refusal, &effects, hasSession ? .forNow : .forGood)
    case .waiting(let until) where now >= until: call(&effects)
    case .minting(let since) where now - since >= settings.connectLimit:
      notGranted(
        LinkLoss(
          "the token broker does not answer", advice: "is broker.url right?", code: "token"),
        &effects)
    case .connecting(let since) where now - since >= settings.connectLimit:
      hangUp(LinkLoss("no connection in time", advice: "check the network"), &effects)
    case .greeting(let since) where now - since >= settings.helloLimit:
      hangUp(
        LinkLoss("no welcome in time", advice: "is it an agent that listens there?"), &effects)
    case .open(let since): watch(since, &effects)
    case .waiting, .resting, .minting, .connecting, .greeting, .leaving: break
    }
  }

  var isRefusedForLong: Bool {
    refusal != nil && now - refusedAt >= LinkMachine.hangsUpWithin
  }

  /// What was said meanwhile is not waited with any longer.
  mutating func giveUp(_ effects: inout [Effect]) {
    isGivenUp = true
    outbox.release()
    effects.append(.change(.lost))
  }

  mutating func watch(_ since: SampleTime, _ effects: inout [Effect]) {
    if now - since >= Backoff.heldLongEnough { backoff.succeeded() }
    switch liveness.check(isNeeded: isTalking && isNeeded, at: now) {
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
      askedClock = wallClock
      effects.append(.transmit(NativeDevice.encode(.ping(wallClock))))
    }
    renewGrant(&effects)
    if let leave, now >= leave.at || (now >= leave.from && !isTalking) {
      hangUp(nil, &effects, leave.isRenewal ? .forGood : .forNow)
      // A session that is old is not to go on.
      if leave.isRenewal { endSession(&effects) }
      return
    }
    if let limit = settings.idleLimit, !isTalking, now - quietSince >= limit {
      hangUp(nil, &effects)
    }
  }

  /// Early, so that a connection that is lost is back without asking the broker first.
  mutating func renewGrant(_ effects: inout [Effect]) {
    guard settings.usesBroker, case .held(let renewAt, let until) = grant, now >= renewAt else {
      return
    }
    grant = .held(renewAt: now + LinkMachine.mintAgainAfter, until: until)
    effects.append(.mint)
  }

  mutating func talk(_ isTalking: Bool, _ effects: inout [Effect]) {
    guard self.isTalking != isTalking else { return }
    self.isTalking = isTalking
    quietSince = now
    guard isTalking else { return }
    guard case .resting = phase else { return tryNow() }
    away(&effects)
    if now >= leftAloneUntil { return call(&effects) }
    phase = .waiting(until: leftAloneUntil + backoff.jitter(within: .milliseconds(300)))
  }

  /// Not at once for all devices behind one switch, but soon.
  mutating func tryNow() {
    guard case .waiting(let until) = phase else { return }
    let soon = max(leftAloneUntil, now) + backoff.jitter(within: .milliseconds(300))
    phase = .waiting(until: min(until, soon))
  }

  // MARK: Calling

  mutating func call(_ effects: inout [Effect]) {
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

  mutating func connect(_ effects: inout [Effect]) {
    phase = .connecting(since: now)
    ownReason = nil
    effects.append(.change(.connecting))
    effects.append(.connect)
  }

  /// Somebody may be waiting: short of giving up, we try often.
  func hurry(after loss: LinkLoss) -> Backoff.Hurry {
    if loss.needsSomebody { return .hopeless }
    guard !loss.isUnauthorized, let awaySince, now - awaySince < LinkMachine.recently else {
      return .patient
    }
    return isGivenUp || loss.needsRoom ? .recent : .urgent
  }

  mutating func greet(_ effects: inout [Effect]) {
    var hello = settings.hello
    if let token { hello.resuming = .init(token: token, received: wire.receivedCount) }
    if wallClock > 0 { hello.clock = wallClock }
    wire.reconnect()
    effects.append(.transmit(wire.encode(.hello(hello))))
  }

  /// - Parameter reason: nil when there is nothing to complain about.
  mutating func hangUp(
    _ reason: LinkLoss?, _ effects: inout [Effect], _ parting: Parting = .forNow
  ) {
    ownReason = reason ?? LinkLoss.planned
    phase = .leaving
    effects.append(.hangUp(parting))
  }

  mutating func closed(_ loss: LinkLoss, _ effects: inout [Effect]) {
    let wasOpen = awaySince == nil
    // The last word of the socket counts beside what the agent said: a refusal that leaves the session
    // alive may be followed by a close that ends it.
    let endsHere = loss.endsSession || isConfirmed(loss)
    let loss = loss.isPlanned ? loss : refusal ?? loss
    ownReason = nil
    refusal = nil
    leave = nil
    if loss.isUnauthorized { forgetGrant() }
    if endsHere || loss.endsSession { endSession(&effects) }
    if loss.isPlanned {
      // On our own terms: nobody has to be told.
      let timeAway = timeAway()
      let isResting = settings.idleLimit != nil && !isTalking
      if isResting {
        phase = .resting
        effects.append(.change(.resting))
      } else {
        // An agent that sends us away at once is not to be called all the time.
        let held = now - openedAt >= Backoff.heldLongEnough
        let wait = max(timeAway, held ? .zero : backoff.next(isTalking ? .urgent : .patient))
        phase = .waiting(until: now + wait)
        away(&effects)
      }
      return
    }
    if wasOpen { away(&effects) }
    // A new token is worth one try at once.
    let mayTryAtOnce = loss.isUnauthorized && settings.usesBroker && mayMintAgain
    let wait = mayTryAtOnce ? .zero : backoff.next(hurry(after: loss))
    if loss.isUnauthorized { mayMintAgain = false }
    rest(for: wait, after: loss, &effects)
  }

  /// What ended a connection of this session ends the one over which it went on at once, too.
  mutating func isConfirmed(_ loss: LinkLoss) -> Bool {
    // Before a welcome nothing of the session was said.
    guard awaySince == nil else { return false }
    defer { isDoubted = loss.mayEndSession }
    return isDoubted && loss.mayEndSession && now - openedAt < Backoff.heldLongEnough
  }

  mutating func rest(for wait: SampleSpan, after loss: LinkLoss, _ effects: inout [Effect]) {
    var wait = max(wait, timeAway())
    if loss.shortestWait > .zero {
      // All whom it told the same are not to come in the same second.
      let asked = min(loss.shortestWait, LinkMachine.longestRetryAfter)
      leftAloneUntil = now + asked
      wait = max(
        wait,
        asked + backoff.jitter(within: max(.seconds(1), SampleSpan(samples: asked.samples / 8))))
    }
    phase = .waiting(until: now + wait)
    effects.append(.note(.lost(loss, wait: wait)))
  }

  /// How much longer the agent that sent us away wants to be left alone; no longer than our courtesy
  /// lasts for somebody who speaks, each time again.
  mutating func timeAway() -> SampleSpan {
    if let comeBackAfter {
      invitedAt = now + comeBackAfter
      self.comeBackAfter = nil
    } else if now >= invitedAt {
      return .zero
    }
    let left = max(.zero, invitedAt - now)
    leftAloneUntil = max(leftAloneUntil, now + min(left, LinkMachine.longestCourtesy))
    return left + backoff.jitter(within: .seconds(1))
  }

  mutating func away(_ effects: inout [Effect]) {
    awaySince = now
    isGivenUp = false
    effects.append(.change(.away))
    if token == nil { endSession(&effects) }
  }

  mutating func forgetGrant() {
    if case .held = grant { grant = .none }
  }

  mutating func notGranted(_ loss: LinkLoss, _ effects: inout [Effect]) {
    guard case .minting = phase else {
      // There is time: the token we have is still good.
      if case .held(let renewAt, let until) = grant {
        let asked = min(loss.shortestWait, LinkMachine.longestRetryAfter)
        grant = .held(renewAt: max(renewAt, now + asked), until: until)
      }
      return effects.append(.note(.notRenewed(loss)))
    }
    grant = .none
    rest(for: backoff.next(hurry(after: loss)), after: loss, &effects)
  }
}
