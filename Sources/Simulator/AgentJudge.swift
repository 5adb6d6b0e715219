internal import CloudAgent
internal import VoiceCore

/// Watches what comes to the agent, and what it says.
final class AgentJudge {
  private struct Turn {
    let id: UInt32
    var first: Int?
    var count = 0
    /// Declared as missing, up to there.
    var end = 0
  }

  private struct Session {
    let beganAt: Int
    /// As the device knows it.
    var title: String?
    var turn: Turn?
    /// The reply that is being said: milliseconds of it that were made, and that the agent knows
    /// were heard.
    var reply: UInt32?
    var sent = 0
    var told = 0
  }

  private let judge: Judge
  private let replyBuffer: Int
  private var sessions: [Int: Session] = [:]
  private var process = 1
  /// The session that the device was welcomed to last.
  private var newest = 0
  private var newestConnection = 0
  /// Sessions of which messages were tampered with.
  private var spoiled: Set<Int> = []

  init(judge: Judge, replyBuffer: SampleSpan) {
    self.judge = judge
    self.replyBuffer = Int(replyBuffer.milliseconds)
  }

  func restarted(_ process: Int) {
    self.process = process
    sessions = [:]
    spoiled = []
  }

  func spoil(_ session: SessionID) { spoiled.insert(session.number) }

  func take(_ note: SessionNote, of session: SessionID) {
    let name = session.number
    judge.isAboutSpoiled = spoiled.contains(name)
    defer { judge.isAboutSpoiled = false }
    switch note {
    case .began(let connection, let hello, _):
      // A hello may be late, and its connection long given up; a welcome may never have come there.
      let isNewest = connection.number > newestConnection
      if isNewest, hello.resuming != nil, let known = sessions[newest]?.title,
        known == judge.sessionAtDevice
      {
        judge.fail(
          "session-kept", "session \(newest) was asked for and is here, but a new one began")
      }
      sessions[name] = Session(beganAt: judge.timeline.now)
      if isNewest { (newest, newestConnection) = (name, connection.number) }
    case .resumed(let connection, _, _):
      if connection.number > newestConnection {
        (newest, newestConnection) = (name, connection.number)
      }
    case .ended: sessions[name] = nil
    case .heard(let message): hear(message, name)
    case .said(let message): say(message, name)
    case .broken(let reason):
      judge.fail("protocol-kept", "the agent says the device broke it: \(reason)")
    default: break
    }
  }

  /// When all is quiet, both sides know the same of what was heard.
  func checkAgreement() {
    guard let session = sessions[newest], let reply = session.reply,
      let truth = judge.ledger.find(ReplyKey(process: process, session: newest, reply: reply)),
      !truth.isBlurred, abs(session.told - truth.heard * 10) > 20
    else { return }
    judge.fail(
      "agreement",
      "\(truth.name): in the end \(truth.heard * 10) ms were heard, the agent knows of "
        + "\(session.told)")
  }

  // MARK: Turns

  private func hear(_ message: Upstream, _ name: Int) {
    switch message {
    case .turnStart(let id, _, _):
      sessions[name]?.turn = Turn(id: id.number)
      if let begun = judge.begunAt[id.number], let session = sessions[name], begun < session.beganAt
      {
        judge.fail("turn-sent-once", "turn \(id.number) is sent again, though its answer had begun")
      }
      if let told = judge.givenUpAt[id.number], let session = sessions[name], told < session.beganAt
      {
        judge.fail("turn-sent-once", "turn \(id.number) is sent again, though it was given up")
      }
    case .turnCancel: sessions[name]?.turn = nil
    case .turnAudio(let id, let packet, let place):
      guard var turn = sessions[name]?.turn, turn.id == id.number else {
        return judge.fail("whole-turns", "sound of turn \(id.number), which is not open")
      }
      take(packet, at: Int(place.milliseconds) / 10, of: &turn)
      sessions[name]?.turn = turn
    case .turnGap(_, let from, let to):
      guard var turn = sessions[name]?.turn else { return }
      if Int(from.milliseconds) / 10 > turn.end {
        judge.fail("whole-turns", "turn \(turn.id): a gap begins beyond what was sent")
      }
      turn.end = max(turn.end, Int(to.milliseconds) / 10)
      sessions[name]?.turn = turn
    case .turnCommit(let id, _, let audio, _):
      guard let turn = sessions[name]?.turn, turn.id == id.number else {
        return judge.fail("whole-turns", "turn \(id.number) is committed, but is not open")
      }
      let length = Int(audio.milliseconds) / 10
      if turn.end < length || turn.end >= length + 6 {
        judge.fail(
          "whole-turns", "turn \(turn.id) has \(turn.end * 10) ms of \(length * 10)")
      }
      if turn.first != judge.turnStarts[turn.id] {
        judge.fail("whole-turns", "turn \(turn.id) does not begin with its first sound")
      }
      sessions[name]?.turn = nil
      judge.arrived(turn.id)
    case .interrupt(let reply, let played): compare(reply, played, name, .interrupted)
    case .playback(let reply, let played, _, let state):
      compare(reply, played, name, state == .drained ? .drained : .under)
    default: break
    }
  }

  private func take(_ packet: [UInt8], at place: Int, of turn: inout Turn) {
    // Sound that was lost may begin within the last packet, which was filled up.
    guard place >= turn.end - 5 else {
      return judge.fail("whole-turns", "turn \(turn.id): sound at \(place * 10) ms comes again")
    }
    if place > turn.end {
      judge.fail(
        "whole-turns",
        "turn \(turn.id): \((place - turn.end) * 10) ms are missing at \(turn.end * 10)")
    }
    for (offset, number) in SoundCode.numbers(ofTurnPacket: packet).enumerated() where number >= 0 {
      if turn.first == nil { turn.first = number - place - offset }
      if number != (turn.first ?? 0) + place + offset {
        judge.fail(
          "whole-turns",
          "turn \(turn.id): at \((place + offset) * 10) ms is the sound of "
            + "\((number - (turn.first ?? 0)) * 10) ms")
      }
    }
    turn.end = max(turn.end, place + 6)
  }

  // MARK: Replies

  private enum Report { case under, interrupted, drained }

  private func compare(_ reply: ReplyID, _ played: SampleSpan, _ name: Int, _ report: Report) {
    let key = ReplyKey(process: process, session: name, reply: reply.number)
    let told = Int(played.milliseconds)
    // Reports that overtake each other take nothing back.
    if let session = sessions[name], session.reply == reply.number {
      sessions[name]?.told = max(session.told, told)
    }
    guard let truth = judge.ledger.find(key), truth.answering != nil else {
      return judge.fail(
        "protocol-kept", "the device speaks of reply \(reply.number), which is not of this session")
    }
    guard !truth.isBlurred else { return }
    let slack =
      switch report {
      case .drained: 0
      // A reply that is stopped fades within one frame after that was told.
      case .interrupted: 20
      // It plays on.
      case .under: Int.max / 2
      }
    if told > truth.heard * 10 || told + slack < truth.heard * 10 {
      judge.fail(
        "agreement", "\(truth.name): \(truth.heard * 10) ms were heard, the agent knows of \(told)")
    }
  }

  private func say(_ message: Downstream, _ name: Int) {
    switch message {
    case .welcome(let welcome): sessions[name]?.title = welcome.session
    case .replyStart(let reply, let turn, let revision):
      let key = ReplyKey(process: process, session: name, reply: reply.number)
      let index = judge.ledger.index(of: key)
      judge.ledger[index].answering = (turn, revision)
      sessions[name]?.reply = reply.number
      sessions[name]?.sent = 0
      sessions[name]?.told = 0
    case .replyAudio(let reply, let packet):
      guard let session = sessions[name], session.reply == reply.number else {
        return judge.fail(
          "protocol-kept", "sound of reply \(reply.number), which is not being said")
      }
      let length = Int((PacketCoding.duration(of: packet) ?? .zero).milliseconds)
      sessions[name]?.sent += length
      if session.sent + length - session.told > replyBuffer {
        judge.fail("bounds", "\(session.sent + length - session.told) ms of a reply are unplayed")
      }
    case .refused(let code, _, _, _)
    where ["turn_idle", "turn_number", "out_of_order"].contains(code):
      judge.fail("protocol-kept", "the agent says \(code)")
    default: break
    }
  }
}
