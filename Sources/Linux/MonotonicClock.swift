internal import CLinux

/// For pacing silence and measuring start-up. Nothing in the core may ask it.
public enum MonotonicClock {
  public static func microseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
  }

  public static func milliseconds() -> Int64 { microseconds() / 1_000 }

  /// Sleeps until the clock shows `moment`; returns at once when it has passed.
  public static func sleep(untilMicroseconds moment: Int64) {
    var target = timespec()
    target.tv_sec = .init(moment / 1_000_000)
    target.tv_nsec = .init(moment % 1_000_000 * 1_000)
    while clock_nanosleep(CLOCK_MONOTONIC, CInt(TIMER_ABSTIME), &target, nil) == EINTR {}
  }
}
