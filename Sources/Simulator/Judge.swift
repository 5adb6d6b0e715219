internal import VoiceCore

/// A promise that was not kept.
package struct Broken: Error, Equatable, Sendable {
  package let invariant: String
  package let detail: String
}

/// Watches the device from outside, as a person before it and a recorder beside it would.
final class Judge {
  /// Told off or answered at the latest so long after it was due.
  static let tolerance = Int.milliseconds(300)

  /// What a peer cannot promise whose messages were tampered with: what came, or what was heard, is
  /// not what the other side believes. All else holds with it, too.
  private static let excused = [
    "whole-turns", "agreement", "session-kept", "protocol-kept", "turn-sent-once", "soft-edges",
  ]

  let timeline: Timeline
  private let scenario: Scenario
  var ledger = Ledger()
  private(set) var broken: Broken?
  private var now: Int { timeline.now }

  // The person's turns, as the device told them.
  private var openTurn: (id: UInt32, since: Int)?
  private var saidTurn: UInt32?
  private(set) var lastTurn: UInt32 = 0
  private var committed: (turn: UInt32, revision: Int)?
  /// The turn an answer to which may be heard, and the one it may be again.
  private var wanted: UInt32? { didSet { if wanted == nil { unwantedSince = now } } }
  /// What fades out is forgiven.
  private var unwantedSince = 0
  private var interrupted: UInt32?
  /// Somebody waits since then for something to be heard, and how long they may.
  private var owed: (since: Int, limit: Int, turn: UInt32)?
  private var lastAudible = 0
  /// The last cue said that nothing will come.
  private var isApology = false
  /// The device's conversation stood still until then: nobody can expect anything of it.
  var busyUntil = 0
  /// Since when nothing is wrong in the world.
  var calmSince = 0
  /// Turns whose words the agent's ears hold back on purpose, or whose voice failed.
  var unanswerable: [UInt32] = []
  /// Turns that came whole to an agent.
  private(set) var arrived: [UInt32] = []
  private(set) var answered: [UInt32] = []
  /// When the device heard that an answer to a turn begins.
  private(set) var begunAt: [UInt32: Int] = [:]

  /// When a turn was given up before the person.
  private(set) var givenUpAt: [UInt32: Int] = [:]
  /// The reply that was begun last has been heard.
  private var hasSounded = false
  private(set) var sessionAtDevice: String?
  private var welcomes: [Int] = []
  private var strikes: [Int] = []

  // The person.
  private var speech = 0
  private var silence = 0
  private var isExcused = false
  private var lastTurnAt = 0
  private var apologisedAt = -Int.seconds(60)

  // The loudspeaker.
  private var sounding: Int?
  private var confirmedAt: Int?
  private var bothSince: Int?
  /// Frames of each turn as they were sent on: the first, and how many.
  private var streamed: (turn: UInt32, first: Int, count: Int)?
  private(set) var turnStarts: [UInt32: Int] = [:]

  init(timeline: Timeline, scenario: Scenario) {
    self.timeline = timeline
    self.scenario = scenario
  }

  /// The last connection of which a message was tampered with, until a session begins after it.
  private var spoiledBy: Int?
  var isSpoiled: Bool { spoiledBy != nil }
  /// Replies before this one may play on, though their session is over.
  private var repliesSpoiled = 0
  /// What is told just now is of a session that was tampered with, perhaps of one long left.
  var isAboutSpoiled = false

  func spoil(connection: Int) { spoiledBy = max(spoiledBy ?? 0, connection) }

  func began(connection: Int) {
    guard let spoiledBy, connection > spoiledBy else { return }
    self.spoiledBy = nil
    repliesSpoiled = ledger.replies.count
  }

  func fail(_ invariant: String, _ detail: @autoclosure () -> String) {
    guard broken == nil else { return }
    if isSpoiled || isAboutSpoiled, Judge.excused.contains(invariant) { return }
    broken = Broken(invariant: invariant, detail: detail())
    timeline.add("BROKEN", 0, "\(invariant): \(broken?.detail ?? "")")
  }

  // MARK: The loudspeaker

  /// - Parameters:
  ///   - number: of the reply's frame that comes out; nil: none does.
  ///   - isCue: something of the device's own comes out.
  func loudspeaker(
    _ number: Int?, isCue: Bool, isConfirmed: Bool, isCardThere: Bool
  ) {
    if isCardThere, number != nil || isCue { lastAudible = now }
    if isCardThere, isCue, isApology { settled() }
    bothSince = number != nil && isCue ? bothSince ?? now : nil
    if let bothSince, now - bothSince >= 2 {
      fail("one-voice", "a cue plays over a reply for more than 20 ms")
    }
    if isConfirmed, let sounding { kill(sounding, from: now + 2) }
    guard let number else { return }
    if isCardThere { hasSounded = true }
    guard number < ledger.frames.count else { return fail("one-voice", "unknown sound \(number)") }
    let frame = ledger.frames[number]
    let index = Int(frame.reply)
    if isConfirmed, sounding == nil { kill(index, from: now + 2) }
    sounding = index
    judge(Int(frame.place), of: index, isCardThere: isCardThere)
  }

  /// Our sound is as loud everywhere as the fades make it, so a jump is a click.
  func edge(from last: Int16, to next: Int16) {
    let step = abs(abs(Int(last)) - abs(Int(next)))
    if step > 2 * Int(SoundCode.loudness) / SoundCode.fade {
      fail("soft-edges", "the loudspeaker jumps by \(step) of \(SoundCode.loudness)")
    }
  }

  private func kill(_ index: Int, from frame: Int) {
    ledger[index].deadFrom = min(ledger[index].deadFrom, frame)
  }

  private func judge(_ place: Int, of index: Int, isCardThere: Bool) {
    let reply = ledger[index]
    timeline.mix(UInt64(place) << 32 | UInt64(index))
    if reply.heard == 0 {
      timeline.add("speaker", index, "\(reply.name) begins to sound")
      answered.append(reply.answering?.turn.number ?? 0)
    }
    if now >= reply.deadFrom {
      fail(
        "silent-after-interrupt", "\(reply.name) is heard \((now - reply.deadFrom) * 10 + 20) ms on"
      )
    }
    if isSpoiled || index < repliesSpoiled, place > reply.heard {
      // Some of it was lost.
      ledger[index].isBlurred = true
      ledger[index].heard = place
    } else if place < reply.heard {
      fail("no-stale-sound", "\(reply.name) is heard twice at \(place * 10) ms")
    } else if place > reply.heard {
      fail("no-stale-sound", "\(reply.name) jumps from \(reply.heard * 10) to \(place * 10) ms")
    }
    if !isCardThere { ledger[index].isBlurred = true }
    ledger[index].heard += 1
    guard let answering = reply.answering else {
      return fail("no-stale-sound", "\(reply.name) was never begun")
    }
    if wanted != answering.turn.number, now >= busyUntil, now - unwantedSince > 2 {
      fail(
        "no-stale-sound",
        "\(reply.name) answers turn \(answering.turn.number), wanted is \(wanted.map { "\($0)" } ?? "none")"
      )
    }
    if let revision = answering.revision, let committed, committed.turn == answering.turn.number,
      committed.revision != revision
    {
      fail(
        "no-stale-sound", "\(reply.name) answers revision \(revision), not \(committed.revision)")
    }
  }

  // MARK: The person

  /// Whoever speaks clearly for a second is heard: a turn, or being told that it is no use.
  func person(isSpeaking: Bool, isSilent: Bool) {
    silence = isSilent ? silence + 1 : 0
    // Nobody is spoken over, not even by an apology.
    if isSpeaking || silence < 3, isApology, now - apologisedAt < 30 { settled() }
    if silence >= 25 { isExcused = false }
    speech = isSpeaking && now >= busyUntil ? speech + 1 : 0
    guard speech >= 100, openTurn == nil, !isExcused, now - lastTurnAt >= 100,
      now - apologisedAt > .seconds(11)
    else { return }
    fail("speech-is-heard", "somebody speaks for \(speech * 10) ms, and nothing happens")
  }

  /// They are not listened to until they pause.
  private func excuse() { isExcused = true }

  // MARK: What the device tells

  func note(_ note: Note) {
    switch note {
    case .turnStarted(let id, let cause, _):
      lastTurnAt = now
      if let openTurn { fail("turn-ends-once", "turn \(id.number) began in turn \(openTurn.id)") }
      if id.number <= lastTurn { fail("turn-ends-once", "turn \(id.number) after \(lastTurn)") }
      lastTurn = id.number
      openTurn = (id.number, now)
      interrupted = cause == .bargeIn ? wanted : nil
      wanted = nil
      settled()
    case .turnCommitted(let id, let reason, _, _):
      end(id)
      if reason == .longest { excuse() }
      wanted = id.number
      owed = (now, scenario.conversation.patience.steps, id.number)
      lastAudible = now
    case .turnCancelled(let id, let reason):
      end(id)
      if reason == .tooShort { wanted = interrupted }
    case .turnLost(let id):
      end(id)
      excuse()
    // From here on it counts anew.
    case .welcomed(let session, _, _):
      sessionAtDevice = session
      // Whatever kept it from coming may have been a fault long over.
      calmSince = max(calmSince, now)
      welcomed()
    case .replyStarted(_, let turn):
      hasSounded = false
      owed?.limit = 2 * scenario.conversation.patience.steps
      if begunAt[turn.number] == nil { begunAt[turn.number] = now }
    // An answer without a sound is none.
    case .replyDrained: if hasSounded { settled() }
    case .shown(_, _, because: .noAnswer):
      wanted = nil
      giveUp()
      missAnswer()
    case .shown(_, _, because: .linkLost): wanted = committed?.turn == wanted ? wanted : nil
    case .interrupted(_, _, let played): compare(played)
    default: break
    }
  }

  private func end(_ id: TurnID) {
    if openTurn?.id != id.number {
      fail(
        "turn-ends-once",
        "turn \(id.number) ended, open is \(openTurn.map { "\($0.id)" } ?? "none")")
    }
    openTurn = nil
    lastTurnAt = now
  }

  /// The device gave up on an answer while nothing was wrong.
  private func missAnswer() {
    guard let turn = committed?.turn, now - calmSince >= .seconds(8), now - busyUntil >= .seconds(8)
    else { return }
    if !arrived.contains(turn) {
      fail("no-word-lost", "turn \(turn) never came to the agent, though nothing was wrong")
    } else if !unanswerable.contains(turn) {
      fail("all-answered", "turn \(turn) was not answered, though nothing was wrong")
    }
  }

  /// What the device believes was heard at an interruption, against what was.
  private func compare(_ played: SampleSpan) {
    guard let sounding else { return }
    let reply = ledger[sounding]
    if !reply.isBlurred, Int(played.milliseconds) != reply.heard * 10, played > .zero {
      fail(
        "agreement", "\(reply.name): \(reply.heard * 10) ms were heard, \(played.milliseconds) told"
      )
    }
  }

  /// Somebody pressed stop, or the card went: nobody expects an answer.
  func stopped() {
    pressed()
    if owed != nil { giveUp() }
    wanted = nil
    excuse()
    settled()
  }

  /// A thread that stood still does not know how far the loudspeaker is.
  func pressed() {
    if let sounding, now - busyUntil < 10 { ledger[sounding].isBlurred = true }
  }

  func gave(_ cue: Cue) {
    isApology = cue == .problem || cue == .noNetwork
    if cue == .noNetwork, owed != nil { giveUp() }
    if isApology { apologisedAt = now }
    // Given up while they speak.
    if isApology { excuse() }
  }

  private func settled() { owed = nil }

  /// Nobody is told that a turn failed which is answered later after all.
  private func giveUp() {
    if let turn = committed?.turn, givenUpAt[turn] == nil { givenUpAt[turn] = now }
  }

  // MARK: Connections

  func struck() { strikes.append(now) }

  private func welcomed() {
    welcomes.append(now)
    let recent = welcomes.count { now - $0 < .seconds(20) }
    let excuses = strikes.count { now - $0 < .seconds(20) }
    if recent > 12 + 2 * excuses {
      fail("calls-in-moderation", "\(recent) welcomes in 20 s, \(excuses) faults")
    }
  }

  /// What it says to the agent.
  func said(_ message: Upstream) {
    switch message {
    case .turnStart(let id, _, _):
      if saidTurn != nil { fail("turn-ends-once", "turn.start \(id.number) in an open turn") }
      saidTurn = id.number
    case .turnCommit(let id, let revision, _, _):
      committed = (id.number, revision)
      endSaid(id)
    case .turnCancel(let id, _): endSaid(id)
    default: break
    }
  }

  private func endSaid(_ id: TurnID) {
    if saidTurn != id.number { fail("turn-ends-once", "turn \(id.number) is ended again") }
    saidTurn = nil
  }

  func streamed(_ turn: TurnID, _ number: Int) {
    if turnStarts[turn.number] == nil { turnStarts[turn.number] = number }
  }

  // MARK: What the agent tells

  func arrived(_ turn: UInt32) { arrived.append(turn) }

  // MARK: Each frame

  func check(journalBytes: Int, refusedPackets: Int) {
    if let owed, now < .max {
      let silence = now - max(owed.since, lastAudible, busyUntil)
      if silence > owed.limit + Judge.tolerance {
        fail(
          "nobody-waits-in-silence",
          "nothing was heard for \(silence * 10) ms after turn \(owed.turn)")
      }
    }
    if let openTurn, now > busyUntil {
      let longest =
        scenario.conversation.longestTurn.steps + scenario.conversation.endpointer.patience.steps
        + .seconds(6)
      if now - max(openTurn.since, busyUntil) > longest {
        fail("turn-limits", "turn \(openTurn.id) is open for \((now - openTurn.since) * 10) ms")
      }
    }
    if journalBytes > 260 << 10 {
      fail("bounds", "the device's journal holds \(journalBytes) bytes")
    }
    if refusedPackets > 0 { fail("bounds", "a packet of a reply was refused") }
  }
}
