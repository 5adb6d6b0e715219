// The agent's side of it: replies at the loudspeaker, and what speaking over them does.

extension Conversation {
  /// The reply that may be heard now.
  var current: ReplyID? {
    if case .speaking(let reply, _) = machine.state { return reply }
    return nil
  }

  /// Our number of a reply of the agent's, while it is the one at the loudspeaker.
  func named(_ reply: ReplyID) -> ReplyID? {
    reply == agentsName && !isOrphan ? current : nil
  }

  mutating func startReply(
    _ reply: ReplyID, answering answered: TurnID, _ revision: Int, _ effects: inout [Effect]
  ) {
    replies &+= 1
    let ours = ReplyID(replies)
    let isStale =
      answered == committed.id && revision != committed.revision
    switch isStale ? .refuse(ours) : machine.handle(.replyStarted(ours, answering: answered)) {
    case .play:
      agentsName = reply
      isOrphan = false
      isWhole = false
      hasFailed = false
      waiting.clear()
      received = .zero
      playhead = Playhead(state: .silent, reply: ours)
      lastProgress = now
      effects.append(.makeAudible(ours))
      effects.append(.note(.replyStarted(reply, answering: answered)))
      show(because: .replyStarted, &effects)
    case .refuse:
      switch machine.state {
      case .speaking where reply == agentsName && !isOrphan: break
      // While another reply plays or may be on its way: an interrupt would fence off all sound that
      // the agent sent before it heard of it, the good reply's too. But the agent is not to wait.
      case .speaking, .thinking:
        effects.append(
          .send(.playback(reply, played: .zero, buffered: .zero, state: .muted)))
      case .idle, .listening: effects.append(.send(.interrupt(reply, played: .zero)))
      }
    default:
      break
    }
  }

  mutating func follow(_ head: Playhead, _ effects: inout [Effect]) {
    guard let reply = current, head.reply == reply else { return }
    if head.state == .silent, playhead.isAudible {
      // It was interrupted, and the frame that said so was lost: we were away for too long.
      return yield(from: now, at: head, &effects)
    }
    if head.played > playhead.played { lastProgress = now }
    if head.played > .zero, playhead.played == .zero {
      effects.append(.note(.replySounds(agentsName)))
    }
    let isNews = head.state != playhead.state && head.state != .silent
    if isNews || (head.state == .playing && now >= nextReport) { report(head, &effects) }
    playhead = head
    if head.state == .drained {
      _ = machine.handle(.replyDrained(reply))
      effects.append(.makeAudible(nil))
      effects.append(.note(.replyDrained(agentsName, played: head.played)))
      // An answer without a sound is none to whoever waits for it.
      let isAnswer = !hasFailed && head.played > .zero
      if !isAnswer { effects.append(.cue(.problem)) }
      show(because: isAnswer ? .answered : .replyFailed, &effects)
    } else if now - lastProgress >= settings.thinkingLimit, head.state != .held {
      // The agent stopped in the middle without a word.
      _ = machine.handle(.replyFailed(reply))
      silence(&effects)
      effects.append(.note(.replyFailed(agentsName)))
      effects.append(.cue(.problem))
      show(because: .replyFailed, &effects)
    }
  }

  mutating func report(_ head: Playhead, _ effects: inout [Effect]) {
    let state: PlaybackState =
      switch head.state {
      // Held for a moment it is not over: "muted" would say so.
      case .playing, .silent, .held: .playing
      case .underrun: .underrun
      case .drained: .drained
      }
    nextReport = now + (isWhole ? Conversation.restReportEvery : Conversation.reportEvery)
    guard !isOrphan else { return }
    effects.append(
      .send(
        .playback(
          agentsName, played: head.played, buffered: max(.zero, received - head.played),
          state: state)))
  }

  mutating func follow(
    _ verdict: Interrupter.Verdict, at head: Playhead, _ effects: inout [Effect]
  ) {
    guard let reply = current, head.reply == reply else { return }
    let played = head.played
    switch verdict {
    case .none: return
    case .ducked: effects.append(.note(.ducked(agentsName, played: played)))
    case .held: effects.append(.note(.held(agentsName, played: played)))
    case .resumed: effects.append(.note(.resumed(agentsName, played: played)))
    case .confirmed(let began):
      guard presence.obstacle == nil else {
        // Nobody would hear what comes instead of the answer.
        stop(&effects)
        if presence.obstacle == .offline {
          effects.append(.cue(.noNetwork))
          effects.append(.callAgent)
          courtesy.apologised(at: now)
        }
        return show(because: .interrupted, &effects)
      }
      yield(from: began, at: head, &effects)
    }
  }

  /// The reply is over, and whoever speaks since `began` has the floor.
  mutating func yield(from began: SampleTime, at head: Playhead, _ effects: inout [Effect]) {
    guard case .yield(_, let id) = machine.handle(.interrupted(now)) else { return }
    onset = began
    playhead = head
    silence(&effects)
    effects.append(.note(.interrupted(agentsName, onset: began, played: head.played)))
    open(id, .bargeIn, &effects)
    show(because: .interrupted, &effects)
  }

  /// The loudspeaker is told first, the agent second.
  mutating func silence(_ effects: inout [Effect]) {
    waiting.clear()
    effects.append(.makeAudible(nil))
    if !isOrphan { effects.append(.send(.interrupt(agentsName, played: playhead.played))) }
    effects.append(.note(.replyDropped(agentsName, played: playhead.played)))
  }
}
