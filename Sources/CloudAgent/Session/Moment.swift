package import VoiceCore

/// When something happens: who drives the sessions says so, because they have no clock.
package struct Moment: Equatable, Sendable {
  /// Never goes back; what deadlines are counted by.
  package var time: SampleTime
  /// The wall clock in milliseconds since 1970, for the other side's ears only.
  package var wallClock: Int64

  package init(time: SampleTime, wallClock: Int64) {
    self.time = time
    self.wallClock = wallClock
  }

  /// Of `time`, for a `Pace`.
  var microseconds: Int64 { (time - .start).milliseconds * 1_000 }
}
