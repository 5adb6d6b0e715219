/// What the device lets people hear of its own, without an agent: nobody ever waits in silence.
public enum Cue: Int, CaseIterable, Equatable, Sendable, BitwiseCopyable {
  /// It hears you: speak.
  case listening = 1
  /// The answer takes long; given again every few seconds.
  case thinking
  /// Nobody can be reached who would answer.
  case noNetwork
  /// Something went wrong: please try again.
  case problem

  public var word: String {
    switch self {
    case .listening: "listening"
    case .thinking: "thinking"
    case .noNetwork: "no-network"
    case .problem: "problem"
    }
  }

  public static func named(_ word: String) -> Cue? {
    for cue in allCases where cue.word.utf8.elementsEqual(word.utf8) { return cue }
    return nil
  }

  /// `listening, thinking, no-network or problem`
  public static var list: String {
    var list = ""
    for cue in allCases {
      if cue != .listening { list += cue == .problem ? " or " : ", " }
      list += cue.word
    }
    return list
  }
}

/// What the loudspeaker is told about cues. Of two orders the newer holds.
public enum CueOrder: Equatable, Sendable, BitwiseCopyable {
  case play(Cue)
  case stop
}
