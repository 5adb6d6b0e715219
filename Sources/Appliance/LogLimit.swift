internal import VoiceCore

/// How fast the log may grow, whatever an agent sends: bursts of a hundred lines, five a second.
struct LogLimit {
  static let burst = 100
  static let oneEvery = SampleSpan.milliseconds(200)

  private var left = LogLimit.burst
  private var refilled = SampleTime.start
  private var kept = 0

  mutating func allows(at now: SampleTime) -> Bool {
    let gained = (now - refilled).samples / LogLimit.oneEvery.samples
    if gained > 0 {
      left = min(LogLimit.burst, left + Int(min(gained, Int64(LogLimit.burst))))
      refilled = now
    }
    guard left > 0 else {
      kept += 1
      return false
    }
    left -= 1
    return true
  }

  /// The lines left out since the last one that was written.
  mutating func takeKept() -> Int {
    defer { kept = 0 }
    return kept
  }
}
