import VoiceCore

/// A few seconds of somebody speaking and not speaking, frame by frame.
struct SpeechScript {
  private(set) var frames: [Bool] = []

  mutating func speech(milliseconds: Int) { add(true, milliseconds) }
  mutating func silence(milliseconds: Int) { add(false, milliseconds) }

  private mutating func add(_ isSpeech: Bool, _ milliseconds: Int) {
    frames += Array(repeating: isSpeech, count: milliseconds / 10)
  }

  /// What gate and endpointer make of it.
  func boundaries(_ settings: Endpointer.Settings = .init()) -> [Endpointer.Boundary] {
    var gate = SpeechGate()
    var endpointer = Endpointer(settings: settings)
    var time = SampleTime.start
    var boundaries: [Endpointer.Boundary] = []
    for isSpeech in frames {
      time = time + Frame.span
      let change = gate.hear(isSpeech ? 0.9 : 0.05, at: time)
      if let boundary = endpointer.hear(isSpeech: gate.isSpeech, change: change, at: time) {
        boundaries.append(boundary)
      }
    }
    return boundaries
  }
}

func at(_ milliseconds: Int64) -> SampleTime { .start + .milliseconds(milliseconds) }
