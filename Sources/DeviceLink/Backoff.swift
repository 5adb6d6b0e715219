internal import VoiceCore

/// How long to wait before the next try: for ever, quickly at first, never all devices at the same
/// moment.
struct Backoff: Sendable {
  static let shortestCeiling = SampleSpan.milliseconds(500)
  /// While somebody may be waiting.
  static let urgentCeiling = SampleSpan.milliseconds(800)
  /// While it was there a moment ago: an agent that is started again is back within minutes.
  static let recentCeiling = SampleSpan.seconds(3)

  enum Hurry: Sendable {
    case urgent, recent, patient
    /// Nothing changes until somebody does something: the longest wait from the beginning.
    case hopeless
  }
  /// Only a link that held counts as success: an agent that welcomes and hangs up must not be called
  /// all the time.
  static let heldLongEnough = SampleSpan.seconds(10)

  private let longestWait: SampleSpan
  private var failures = 0
  private var random: UInt64

  /// - Parameter seed: different on every device, so that a fleet does not return as one wave.
  init(longestWait: SampleSpan, seed: UInt64) {
    self.longestWait = longestWait
    random = seed | 1
  }

  mutating func succeeded() { failures = 0 }

  mutating func next(_ hurry: Hurry) -> SampleSpan {
    failures += 1
    let doublings = min(failures - 1, 16)
    var ceiling = min(
      longestWait, SampleSpan(samples: Backoff.shortestCeiling.samples << Int64(doublings)))
    switch hurry {
    case .urgent: ceiling = min(ceiling, Backoff.urgentCeiling)
    case .recent: ceiling = min(ceiling, Backoff.recentCeiling)
    case .patient: break
    case .hopeless:
      let half = SampleSpan(samples: longestWait.samples / 2)
      return half + jitter(within: half)
    }
    return jitter(within: ceiling)
  }

  /// Anything up to `ceiling`.
  mutating func jitter(within ceiling: SampleSpan) -> SampleSpan {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return SampleSpan(samples: Int64(random % UInt64(ceiling.samples + 1)))
  }
}
