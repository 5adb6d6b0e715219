internal import Linux

/// What time it is: for tokens, which several machines read, and for pace and length, which must not
/// jump. A value, so that a test can say what time it is.
struct BrokerClock: Sendable {
  /// Milliseconds since 1970.
  var unix: @Sendable () -> Int64 = { WallClock.milliseconds() }
  /// Microseconds since some moment.
  var monotonic: @Sendable () -> Int64 = { MonotonicClock.microseconds() }
}
