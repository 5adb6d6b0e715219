internal import Linux
internal import Synchronization

/// Turns that wait for an ear. Those that are finished go first, because somebody waits for their
/// answer; among equals the oldest. One device has few ears at a time, however much it says.
final class TurnLobby: Sendable {
  /// One turn for each of the most devices a server can have, and some that are being forgotten.
  static let mostTurns = 256
  /// One for the turn that is spoken, one for that before it.
  static let mostEarsPerDevice = 2

  fileprivate struct State {
    var turns: [TurnFeed] = []
    var isClosed = false
    /// How many ears each device has now.
    var ears: [String: Int] = [:]
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

  /// Somebody waits for an ear.
  var isCrowded: Bool { state.withLock { !$0.turns.isEmpty } }

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

  /// The ear that took the turn is free again.
  func leave(_ turn: TurnFeed) {
    state.withLock { state in
      let left = (state.ears[turn.device] ?? 1) - 1
      state.ears[turn.device] = left > 0 ? left : nil
    }
    // Another turn of the same device may have waited for this.
    hasFinished()
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
    let mayCome = { (turn: TurnFeed) in
      (ears[turn.device] ?? 0) < TurnLobby.mostEarsPerDevice
    }
    return turns.firstIndex { $0.isFinished && mayCome($0) }
      ?? (finishedOnly ? nil : turns.firstIndex(where: mayCome))
  }

  fileprivate mutating func take(finishedOnly: Bool) -> TurnFeed? {
    turns.removeAll { $0.isForgotten }
    guard let index = next(finishedOnly: finishedOnly) else { return nil }
    let turn = turns.remove(at: index)
    ears[turn.device, default: 0] += 1
    return turn
  }
}
