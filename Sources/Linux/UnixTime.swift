internal import CLinux

/// What several machines agree on: the wall clock. It jumps; never for measuring.
public enum UnixTime {
  public static func milliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
  }
}
