// The person's side of it: turns.

extension Conversation {
  mutating func listen(to heard: HeardFrame, _ effects: inout [Effect]) {
    if case .started(let began)? = heard.change { onset = began }
    recent.keep(heard.sound)
    let boundary = endpointer.hear(heard.probability, isSpeech: heard.isSpeech, at: now)
    // Somebody who goes on right after their turn was ended begins anew, though the slower gate that
    // dates onsets never closed.
    if endpointer.onset > onset, endpointer.hearsSpeech { onset = endpointer.onset }
    if !heard.isSpeech { isWaitingForPause = false }
    guard presence.obstacle == nil else {
      if presence.obstacle == .offline { apologise(&effects) }
      return
    }
    switch machine.state {
    case .listening:
      continueTurn(heard, boundary, &effects)
    case .idle, .thinking:
      guard settings.mode == .open, endpointer.hearsSpeech, !isWaitingForPause else { return }
      if case .beginTurn(let id, let cause) = machine.handle(.speechStarted(now, .speech)) {
        // Nobody waits for the answer that is still to come.
        waiting.clear()
        open(id, cause, &effects)
        show(because: .speech, &effects)
      }
    case .speaking:
      // While a reply is heard the interrupter decides. One that does not begin to sound keeps nobody
      // from speaking; only not for a short noise.
      guard settings.mode == .open, playhead.state == .silent, endpointer.hearsSpeech,
        !isWaitingForPause,
        endpointer.speech >= settings.shortestSpeech
      else { return }
      yield(from: onset, at: playhead, &effects)
    }
  }

  mutating func open(
    _ id: TurnID, _ cause: TurnCause, _ effects: inout [Effect]
  ) {
    let frames = recent.take(newest: (now - onset + settings.preRoll).frames)
    let preRoll = SampleSpan.frames(frames.count) - (now - onset)
    turn = OpenTurn(id: id, cause: cause, start: now - SampleSpan.frames(frames.count))
    endpointer.begin(onset: onset, at: now)
    announce(&effects)
    effects.append(.send(.turnStart(id, preRoll: max(.zero, preRoll), cause: cause)))
    effects.append(.note(.turnStarted(id, cause, onset: onset)))
    for frame in frames { stream(frame, &effects) }
  }

  mutating func stream(_ frame: Frame, _ effects: inout [Effect]) {
    guard let id = turn?.id else { return }
    effects.append(.stream(id, frame))
    turn?.streamed += Frame.span
  }

  mutating func continueTurn(
    _ heard: HeardFrame, _ boundary: Endpointer.Boundary?, _ effects: inout [Effect]
  ) {
    let isHeld = turn?.heldSince != nil
    // What the button is held for goes whole.
    if heard.isSpeech || isHeld {
      // The pause turned out to be part of the turn: it goes too.
      for frame in recent.take(newest: recent.count) { stream(frame, &effects) }
    }
    guard let turn else { return }
    switch boundary {
    case .endpoint(let end):
      let isWord = endpointer.speech >= settings.shortestSpeech
      if isWord { close(.endpoint, end: end, &effects) } else { takeBack(&effects) }
    case .nobody: takeBack(&effects)
    case .eagerEnd where endpointer.speech >= settings.shortestSpeech:
      effects.append(
        .send(.turnEagerEnd(turn.id, revision: turn.revision, audio: turn.streamed)))
      self.turn?.isEager = true
    case .resumed where turn.isEager:
      self.turn?.isEager = false
      self.turn?.revision += 1
      effects.append(.send(.turnResumed(turn.id, revision: turn.revision + 1)))
    case .eagerEnd, .resumed, nil:
      guard turn.streamed >= longestTurn else { return }
      isWaitingForPause = true
      close(.longest, end: now, &effects)
    }
  }

  mutating func close(_ reason: TurnEnd, end: SampleTime, _ effects: inout [Effect]) {
    guard case .endTurn(let id, _) = machine.handle(.turnEnded(now, reason)) else { return }
    let audio = turn?.streamed ?? .zero
    committed = (id, turn?.revision ?? 0)
    turn = nil
    endpointer.reset()
    effects.append(.finishStream(id))
    effects.append(
      .send(.turnCommit(id, revision: committed.revision, audio: audio, reason: reason)))
    effects.append(.note(.turnCommitted(id, reason, end: end, audio: audio)))
    show(because: reason == .longest ? .longestTurn : .turnEnded, &effects)
  }

  mutating func takeBack(_ effects: inout [Effect]) {
    guard case .dropTurn(let id, let reason) = machine.handle(.turnDropped(.tooShort)) else {
      return
    }
    let wasInterruption = turn?.cause == .bargeIn
    drop(id, reason, &effects)
    // Nobody had anything to say: the agent may say the rest of what it was interrupted in.
    if wasInterruption, !isOrphan {
      effects.append(.send(.unmute(agentsName, played: playhead.played)))
    }
    show(because: .tooShort, &effects)
  }

  mutating func drop(_ id: TurnID, _ reason: TurnCancel, _ effects: inout [Effect]) {
    turn = nil
    endpointer.reset()
    effects.append(.abandonStream)
    effects.append(.send(.turnCancel(id, reason: reason)))
    effects.append(.note(.turnCancelled(id, reason)))
  }
}
