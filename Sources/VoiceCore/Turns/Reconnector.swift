/// When to try the agent again: for ever, quickly at first, never all devices at the same moment.
public struct Reconnector: Sendable {
  public enum State: Equatable, Sendable {
    case waiting(until: SampleTime)
    case connecting(since: SampleTime)
    case open(since: SampleTime)
  }

  public enum Decision: Equatable, Sendable { case none, connect, giveUpThisTry }

  static let shortestWait = SampleSpan.milliseconds(250)
  static let heldLongEnough = SampleSpan.seconds(10)

  public private(set) var state = State.waiting(until: .start)
  /// Tries since the link was last open.
  public private(set) var failures = 0
  private let connectLimit: SampleSpan
  private let longestWait: SampleSpan
  private var random: UInt64

  /// - Parameter seed: different on every device, so that a fleet does not return as one wave.
  public init(connectLimit: SampleSpan, longestWait: SampleSpan, seed: UInt64) {
    self.connectLimit = connectLimit
    self.longestWait = longestWait
    random = seed | 1
  }

  public var isOpen: Bool {
    if case .open = state { true } else { false }
  }

  public mutating func tick(at now: SampleTime) -> Decision {
    switch state {
    case .waiting(let until) where now >= until:
      state = .connecting(since: now)
      return .connect
    case .connecting(let since) where now - since >= connectLimit:
      // The link answers with `closed`, and that schedules the next try.
      state = .connecting(since: now)
      return .giveUpThisTry
    case .waiting, .connecting, .open:
      return .none
    }
  }

  /// The agent has welcomed us.
  public mutating func opened(at now: SampleTime) { state = .open(since: now) }

  /// - Returns: how long until the next try.
  public mutating func closed(at now: SampleTime) -> SampleSpan {
    // Only a link that held counts as success: an agent that welcomes and hangs up must not be
    // called four times a second for ever.
    if case .open(let since) = state, now - since >= Reconnector.heldLongEnough { failures = 0 }
    failures += 1
    let doublings = min(failures - 1, 16)
    let ceiling = min(
      longestWait.samples, Reconnector.shortestWait.samples << Int64(doublings))
    // Full jitter between half and all of the ceiling.
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    let wait = SampleSpan(samples: ceiling / 2 + Int64(random % UInt64(ceiling / 2 + 1)))
    state = .waiting(until: now + wait)
    return wait
  }
}
