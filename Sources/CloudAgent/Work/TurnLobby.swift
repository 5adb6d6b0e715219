internal import Linux
internal import Synchronization

/// Turns that wait for an ear. Those that are finished go first, because somebody waits for their
/// answer; among equals the oldest.
final class TurnLobby: Sendable {
  /// One turn for each of the most devices a server can have, and some that are being forgotten.
  static let mostTurns = 256

  fileprivate struct State {
    var turns: [TurnFeed] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let someTurn: Wakeup
  private let finishedTurn: Wakeup

  init() throws(LinuxError) {
    someTurn = try .open()
    finishedTurn = try .open()
  }

  /// False when it is full.
  func enter(_ turn: TurnFeed) -> Bool {
    let hasRoom = state.withLock { state in
      state.turns.removeAll { $0.isForgotten }
      guard !state.isClosed, state.turns.count < TurnLobby.mostTurns else { return false }
      state.turns.append(turn)
      return true
    }
    if hasRoom { someTurn.signal() }
    return hasRoom
  }

  /// One that may be in here has become finished.
  func hasFinished() {
    finishedTurn.signal()
    someTurn.signal()
  }

  /// The next turn, waiting for one if need be; nil when the lobby is closed.
  func take(finishedOnly: Bool) -> TurnFeed? {
    let number = finishedOnly ? finishedTurn.number : someTurn.number
    while true {
      // Cleared before the look, so that what comes after the look wakes us again.
      if finishedOnly { finishedTurn.clear() } else { someTurn.clear() }
      let (turn, isMore, isClosed) = state.withLock { state in
        if state.isClosed { return (nil as TurnFeed?, true, true) }
        let turn = state.take(finishedOnly: finishedOnly)
        return (turn, state.next(finishedOnly: finishedOnly) != nil, false)
      }
      // Signals are taken all at once: another ear may sleep on one that was meant for two turns.
      if isMore { if finishedOnly { finishedTurn.signal() } else { someTurn.signal() } }
      if isClosed { return nil }
      if let turn { return turn }
      do throws(LinuxError) {
        _ = try Waiting.firstReadable(of: [number], milliseconds: -1)
      } catch {
        return nil
      }
    }
  }

  func close() {
    state.withLock { state in
      state.turns = []
      state.isClosed = true
    }
    someTurn.signal()
    finishedTurn.signal()
  }
}

extension TurnLobby.State {
  fileprivate func next(finishedOnly: Bool) -> Int? {
    turns.firstIndex { $0.isFinished } ?? (finishedOnly || turns.isEmpty ? nil : 0)
  }

  fileprivate mutating func take(finishedOnly: Bool) -> TurnFeed? {
    turns.removeAll { $0.isForgotten }
    return next(finishedOnly: finishedOnly).map { turns.remove(at: $0) }
  }
}
