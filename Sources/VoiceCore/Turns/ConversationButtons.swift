// What is pressed, on the device or from a command line.

extension Conversation {
  public enum Press: Equatable, Sendable {
    case listen, stop, mute(Bool)
    /// The button to talk with goes down or comes up.
    case talk(isDown: Bool)
  }

  public mutating func press(_ press: Press) -> [Effect] {
    var effects: [Effect] = []
    switch press {
    case .listen:
      listen(&effects)
    case .talk(let isDown):
      switch (settings.mode, isDown) {
      case (.push, true): hold(&effects)
      case (.push, false): release(&effects)
      // Whoever presses it again has said all.
      case (.open, true), (.tap, true): turn == nil ? listen(&effects) : finish(&effects)
      case (.open, false), (.tap, false): break
      }
    case .stop:
      stop(&effects)
      show(because: .stopped, &effects)
    case .mute(let isMuted):
      guard presence.isMuted != isMuted else { break }
      presence.isMuted = isMuted
      if isMuted, case .dropTurn(let id, let reason) = machine.handle(.turnDropped(.muted)) {
        drop(id, reason, &effects)
      }
      recent.clear()
      announce(&effects)
      show(because: isMuted ? .muted : .unmuted, &effects)
    }
    return effects
  }

  private mutating func listen(_ effects: inout [Effect]) {
    guard presence.obstacle == nil else {
      // Whoever pressed the button is not to wonder.
      effects.append(.cue(presence.obstacle == .offline ? .noNetwork : .problem))
      if presence.obstacle == .offline { effects.append(.callAgent) }
      return
    }
    if case .speaking = machine.state { stop(&effects) }
    guard case .beginTurn(let id, let cause) = machine.handle(.speechStarted(now, .button)) else {
      return
    }
    // Nobody waits for the answer that is still to come.
    waiting.clear()
    onset = now
    open(id, cause, &effects)
    endpointer.invite(at: now)
    effects.append(.cue(.listening))
    show(because: .button, &effects)
  }

  private mutating func hold(_ effects: inout [Effect]) {
    listen(&effects)
    guard turn != nil else { return }
    turn?.heldSince = now
    endpointer.hold(at: now)
  }

  private mutating func release(_ effects: inout [Effect]) {
    guard let since = turn?.heldSince else { return }
    turn?.heldSince = nil
    let isTouch = now - since < settings.shortestSpeech
    let isEmpty = endpointer.speech == .zero
    if isTouch { takeBack(&effects) } else { finish(&effects) }
    // Whoever believes to have spoken must know that nothing was heard.
    if isEmpty, !isTouch { effects.append(.cue(.problem)) }
  }

  /// The button says that the turn is over.
  private mutating func finish(_ effects: inout [Effect]) {
    isWaitingForPause = true
    if endpointer.speech > .zero { close(.button, end: now, &effects) } else { takeBack(&effects) }
  }
}
