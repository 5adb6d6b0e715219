internal import VoiceCore

/// What a person in the room notices of the loudspeaker: when it starts and when it has ended.
struct LoudspeakerEar {
  /// Quieter samples are not heard (54 dB below full scale).
  static let audible: Int16 = 64
  /// A gap this long is an end; shorter ones are pauses between words.
  static let gap: SampleSpan = .milliseconds(300)

  private(set) var isSounding = false
  /// The sound that is on, or was last.
  private(set) var startedAt: SampleTime?
  /// Just after the last sample that was heard.
  private(set) var quietSince: SampleTime = .start

  mutating func hear(
    _ frame: borrowing Frame, at time: SampleTime, telling events: inout RoomEvents
  ) {
    for index in 0..<Frame.sampleCount {
      let sample = frame.samples[index]
      guard sample > Self.audible || sample < -Self.audible else { continue }
      let moment = time + SampleSpan(samples: Int64(index))
      if isSounding, moment - quietSince > Self.gap { end(&events) }
      if !isSounding {
        isSounding = true
        startedAt = moment
        events.add(.loudspeakerStarted, at: moment)
      }
      quietSince = moment + SampleSpan(samples: 1)
    }
    if isSounding, time + Frame.span - quietSince > Self.gap { end(&events) }
  }

  private mutating func end(_ events: inout RoomEvents) {
    isSounding = false
    events.add(.loudspeakerSilent, at: quietSince)
  }
}
