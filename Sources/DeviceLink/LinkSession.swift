internal import VoiceCore
internal import WireProtocols

// A session outlives its connections: what is said and heard in it.

extension LinkMachine {
  mutating func receive(_ message: WireMessage, _ effects: inout [Effect]) {
    switch phase {
    case .greeting, .open: break
    case .waiting, .resting, .minting, .connecting, .leaving: return
    }
    liveness.heard(at: now)
    // The session is over, and so is what would be begun in it.
    if let refusal, refusal.endsSession { return }
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
        endSession(&effects)
        return hangUp(
          LinkLoss(
            "the agent broke the protocol: \(error.description)",
            advice: "do agent and device have matching versions?"), &effects, .inAnger)
      }
    }
    if isOpen { countReceived(&effects) }
  }

  mutating func take(
    _ welcome: Downstream.Welcome, _ message: WireMessage, _ effects: inout [Effect]
  ) throws(WireError) {
    if welcome.isResumed {
      guard token != nil else { throw .outOfOrder("a session was resumed that was not asked for") }
      guard outbox.acknowledge(upTo: welcome.received, of: wire.sentCount) else {
        throw .outOfOrder("\(welcome.received) messages cannot have come there")
      }
    } else {
      endSession(&effects)
      hasSession = true
      sessionBegan = now
      // Its count begins anew, the turn that nobody has answered with it.
      wire = NativeDevice()
      _ = try wire.decode(message)
    }
    phase = .open(since: now)
    openedAt = now
    awaySince = nil
    isGivenUp = false
    invitedAt = .start
    mayMintAgain = true
    quietSince = now
    token = welcome.resumable?.token
    capabilities = welcome.capabilities
    nextClocks = now + LinkMachine.compareClocksEvery
    askedClock = nil
    nextPong = now
    // Counted from its begin, however often it went on since.
    if let longest = welcome.longestSession.map({ max($0, LinkMachine.shortestSession) }) {
      leave = Leave(
        from: sessionBegan + SampleSpan(samples: longest.samples / 100 * 80),
        at: sessionBegan + SampleSpan(samples: longest.samples / 100 * 97), isRenewal: true)
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
  mutating func endSession(_ effects: inout [Effect]) {
    token = nil
    isDoubted = false
    guard hasSession else { return }
    hasSession = false
    outbox.keepOnlyTurn()
    effects.append(.change(.sessionOver))
  }

  mutating func deliver(_ message: Downstream, _ effects: inout [Effect]) {
    switch message {
    case .replyStart(_, let turn, _): outbox.release(turn)
    case .refused(let code, let message, isFatal: true, _):
      let refusal = LinkLoss(refusedWith: code, message)
      // What was wrong would be said again in a session that goes on.
      if refusal.endsSession { endSession(&effects) }
      if refusal.isUnauthorized { forgetGrant() }
      if self.refusal == nil { refusedAt = now }
      self.refusal = refusal
    default: break
    }
    effects.append(.deliver(message))
  }

  mutating func take(_ notice: LinkNotice, _ effects: inout [Effect]) {
    switch notice {
    case .ping(let moment):
      // Each answered one costs a second, of a few that may be saved up.
      guard nextPong - now <= LinkMachine.pongsAhead else { break }
      nextPong = max(nextPong, now) + LinkMachine.pongEvery
      effects.append(
        .transmit(NativeDevice.encode(.pong(asked: moment, answered: wallClock))))
    case .pong(let asked, let answered):
      guard asked == askedClock else { break }
      askedClock = nil
      let offset = answered - (asked + wallClock) / 2
      effects.append(.note(.clock(offset: offset)))
    case .acknowledged(let count):
      // One that counts wrong is found out at the next resume.
      _ = outbox.acknowledge(upTo: count, of: wire.sentCount)
    case .goAway(let limit, let reason, let retryAfter):
      let isRenewal = reason.utf8.elementsEqual("max_session".utf8)
      leave = Leave(from: now, at: now + limit, isRenewal: isRenewal)
      comeBackAfter = retryAfter
      effects.append(.note(.goingAway(reason: reason)))
    }
  }

  mutating func countReceived(_ effects: inout [Effect]) {
    guard wire.receivedCount > acknowledged else { return }
    if unacknowledgedSince == nil { unacknowledgedSince = now }
    if wire.receivedCount - acknowledged >= LinkMachine.mostUnacknowledged {
      acknowledge(&effects)
    }
  }

  mutating func acknowledge(_ effects: inout [Effect]) {
    acknowledged = wire.receivedCount
    unacknowledgedSince = nil
    effects.append(.transmit(NativeDevice.encode(.acknowledged(acknowledged))))
  }

  // MARK: Saying

  mutating func say(_ message: Upstream, _ effects: inout [Effect]) {
    if case .capture = message { capture = message }
    guard isUnderstood(message) else { return }
    let turn = message.turn
    if case .turnStart(let id, _, _) = message { outbox.keep(id) }
    if token == nil, !isOpen {
      // There is no session yet in which anything else would mean something.
      if let turn, outbox.keeps(turn) {
        outbox.store(wire.encode(message))
        // Nobody can be told all of it any more.
        if !outbox.keeps(turn) { giveUp(&effects) }
      }
      if case .turnCancel(let id, _) = message { outbox.release(id) }
      return
    }
    transmit(wire.encode(message), isKept: turn.map { outbox.keeps($0) } ?? false, &effects)
    if case .turnCancel(let id, _) = message { outbox.release(id) }
    if !outbox.fits {
      // Nobody acknowledges anything: this session cannot be resumed.
      if isOpen {
        hangUp(overflow, &effects, .forGood)
      }
      endSession(&effects)
    }
  }

  /// Why the journal is full.
  var overflow: LinkLoss {
    liveness.isTaking(at: now)
      ? LinkLoss(
        "the agent acknowledges nothing of what it is sent",
        advice: "does it send ack? do agent and device have matching versions?")
      : LinkLoss("the network takes nothing any more", advice: "is the uplink fast enough?")
  }

  mutating func transmit(
    _ message: WireMessage, isKept: Bool, _ effects: inout [Effect]
  ) {
    if token != nil {
      outbox.add(message, number: wire.sentCount, isKept: isKept)
    } else if isKept {
      // Nobody acknowledges, and nothing is resumed.
      outbox.store(message)
    }
    if isOpen { effects.append(.transmit(message)) }
  }

  func isUnderstood(_ message: Upstream) -> Bool {
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
