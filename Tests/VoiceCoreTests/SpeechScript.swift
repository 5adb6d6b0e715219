import VoiceCore

/// A few seconds of somebody speaking and not speaking, frame by frame.
struct SpeechScript {
  private(set) var frames: [Bool] = []
  /// What the agent says about the words, and when.
  var hints: [(at: Int64, hint: TurnHint, upTo: Int64)] = []

  mutating func speech(milliseconds: Int) { add(true, milliseconds) }
  mutating func silence(milliseconds: Int) { add(false, milliseconds) }

  private mutating func add(_ isSpeech: Bool, _ milliseconds: Int) {
    frames += Array(repeating: isSpeech, count: milliseconds / 10)
  }

  /// What gate and endpointer make of it.
  func boundaries(_ settings: Endpointer.Settings = .init()) -> [Endpointer.Boundary] {
    told(settings).map(\.boundary)
  }

  /// The same, and when it was known.
  func told(
    _ settings: Endpointer.Settings = .init(),
    probability: (Bool) -> Float = { $0 ? 0.95 : 0.02 }
  ) -> [(at: Int64, boundary: Endpointer.Boundary)] {
    var gate = SpeechGate()
    var endpointer = Endpointer(settings: settings)
    var time = SampleTime.start
    var told: [(Int64, Endpointer.Boundary)] = []
    for isSpeech in frames {
      time = time + Frame.span
      for hint in hints where hint.at == time.milliseconds {
        endpointer.take(hint.hint, upTo: at(hint.upTo))
      }
      let heard = probability(isSpeech)
      _ = gate.hear(heard, at: time)
      if let boundary = endpointer.hear(heard, isSpeech: gate.isSpeech, at: time) {
        told.append((time.milliseconds, boundary))
      }
    }
    return told
  }
}

func at(_ milliseconds: Int64) -> SampleTime { .start + .milliseconds(milliseconds) }
