internal import CLinux

/// The system's idea of the date. It may be wrong by decades; only certificates and people care.
public enum WallClock {
  /// The day of this release, in seconds since 1970 (21 November 2026). Moved with each release;
  /// tools/lint complains when it is a year old.
  public static let release: Int64 = 1_795_219_200

  /// Since 1970.
  public static func seconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
  }

  /// Since 1970.
  public static func milliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
  }
}
