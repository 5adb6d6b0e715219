internal import ControlProtocol
internal import VoiceCore

/// What the loudspeaker's queue says of the two clocks, on its way to whoever asks: on the audio thread.
struct ClockNews {
  /// A drift less sure than this is none, in millionths.
  static let mostDoubt: Float = 10

  /// Of loudspeakers that are not in use any more.
  private var earlier = 0
  private var resets = 0

  mutating func exchanged() {
    earlier += resets
    resets = 0
  }

  mutating func tell(_ clock: LoudspeakerClock?, to counters: Counters) {
    guard let clock else {
      counters.latency.value = 0
      counters.isDriftKnown.value = 0
      return
    }
    resets = clock.resets
    counters.resets.value = earlier + resets
    counters.latency.value = Int(clock.latency)
    counters.drift.value = Int(clock.ppm.rounded())
    counters.isDriftKnown.value = clock.deviation < ClockNews.mostDoubt ? 1 : 0
  }
}

extension Counters {
  func addClocks(to fields: inout Fields) {
    fields.add("resets", resets.value)
    // A simulated room has one clock, and no way to the air.
    guard latency.value > 0 else { return }
    fields.add("latency_ms", SampleSpan(samples: Int64(latency.value)).milliseconds)
    if isDriftKnown.value != 0 { fields.add("drift_ppm", drift.value) }
  }
}
