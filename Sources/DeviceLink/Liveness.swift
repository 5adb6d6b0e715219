internal import VoiceCore

/// Whether the other side is still there. While somebody talks, silence on the line is asked about
/// and soon taken for an end: a session goes on over the next connection, so a mistake costs little.
struct Liveness: Sendable {
  enum Finding: Equatable, Sendable { case fine, ask, dead }

  static let askAfter = SampleSpan.milliseconds(700)
  /// An unanswered question is an end after this, or later when answers are known to take long.
  static let shortestPatience = SampleSpan.milliseconds(1_300)
  /// With the time before the question, and with a busy machine, all of it stays below five seconds.
  static let longestPatience = SampleSpan.milliseconds(3_900)

  private(set) var roundTrip = SampleSpan.zero
  private var lastHeard = SampleTime.start
  private var lastProgress = SampleTime.start
  private var hasProgressed = false
  /// The question that is still to be answered.
  private var asked: SampleTime?
  /// Since when nothing at all was heard though there is a question to be answered.
  private var waiting: SampleTime?

  /// A question is still to be answered.
  var isAsking: Bool { asked != nil }

  mutating func begin(at now: SampleTime) {
    lastHeard = now
    lastProgress = now
    hasProgressed = false
    asked = nil
    waiting = nil
  }

  mutating func heard(at now: SampleTime) {
    lastHeard = now
    waiting = nil
  }

  mutating func answered(at now: SampleTime) {
    if let asked {
      let took = now - asked
      // Rises at once, falls slowly: patience must be there before it is needed.
      roundTrip =
        took > roundTrip
        ? took : SampleSpan(samples: (roundTrip.samples * 7 + took.samples) / 8)
    }
    asked = nil
    heard(at: now)
  }

  /// The other machine acknowledges what we send. Its program may be dead all the same.
  mutating func progressed(at now: SampleTime) {
    lastProgress = now
    hasProgressed = true
  }

  /// It did so a moment ago.
  func isTaking(at now: SampleTime) -> Bool {
    hasProgressed && now - lastProgress < Liveness.longestPatience
  }

  private func patience(at now: SampleTime) -> SampleSpan {
    // A full line is slow, not dead.
    if now - lastProgress < Liveness.shortestPatience { return Liveness.longestPatience }
    let wanted = SampleSpan(samples: roundTrip.samples * 3) + .seconds(1)
    return min(Liveness.longestPatience, max(Liveness.shortestPatience, wanted))
  }

  mutating func check(isNeeded: Bool, at now: SampleTime) -> Finding {
    guard isNeeded else {
      // The library asks in long pauses; ours would only cost bytes.
      waiting = nil
      return .fine
    }
    if let waiting { return now - waiting >= patience(at: now) ? .dead : .fine }
    guard now - lastHeard >= Liveness.askAfter else { return .fine }
    waiting = now
    guard asked == nil else { return .fine }
    asked = now
    return .ask
  }
}
