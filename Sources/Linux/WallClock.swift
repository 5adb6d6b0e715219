internal import CLinux

/// The system's idea of the date. It may be wrong by decades; only certificates and people care.
public enum WallClock {
  /// Since 1970.
  public static func seconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }
}
