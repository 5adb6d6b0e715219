internal import Linux

/// Ten milliseconds a call, by the clock: what goes on where no sound card sets the pace.
struct Pacer {
  private let period: Int64
  private var next: Int64 = 0

  /// - Parameter speed: how many times faster than the clock.
  init(speed: Int = 1) { period = Int64(10_000 / max(1, speed)) }

  mutating func wait() {
    let now = MonotonicClock.microseconds()
    // Late by more than a moment, after a card or a stopped process: go on from here instead of
    // hurrying to catch up.
    if now - next > 100_000 { next = now }
    next += period
    MonotonicClock.sleep(untilMicroseconds: next)
  }

  /// How late whoever waited for it is by now, in samples.
  var lateness: Float { Float(max(0, MonotonicClock.microseconds() - next)) * 0.016 }
}
