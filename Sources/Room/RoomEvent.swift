public import VoiceCore

/// Something that happened in the room, stamped with when it truly happened. An end can only be
/// known later, so the stamps of successive events may run backwards a little.
public struct RoomEvent: Equatable, Sendable, BitwiseCopyable {
  public enum Kind: Equatable, Sendable, BitwiseCopyable {
    /// The first sample of what is said that can be heard.
    case talkerStarted
    /// The last one.
    case talkerEnded
    case loudspeakerStarted
    /// The moment after which the loudspeaker was quiet.
    case loudspeakerSilent
    /// An await was given up; the talker goes on with the next step.
    case patienceEnded
    case scriptEnded

    /// As the control socket names it.
    public var name: String {
      switch self {
      case .talkerStarted: "talker_started"
      case .talkerEnded: "talker_ended"
      case .loudspeakerStarted: "loudspeaker_started"
      case .loudspeakerSilent: "loudspeaker_silent"
      case .patienceEnded: "patience_ended"
      case .scriptEnded: "script_ended"
      }
    }
  }

  public let kind: Kind
  public let at: SampleTime
  /// The script's line, 0 for what the loudspeaker does.
  public let line: Int

  public init(_ kind: Kind, at: SampleTime, line: Int = 0) {
    self.kind = kind
    self.at = at
    self.line = line
  }
}

/// The last few events, until somebody takes them. A full queue refuses and counts.
struct RoomEvents {
  static let capacity = 32
  private var events = InlineArray<32, RoomEvent>(repeating: RoomEvent(.scriptEnded, at: .start))
  private var first = 0
  private var count = 0
  private(set) var refused = 0

  mutating func add(_ kind: RoomEvent.Kind, at time: SampleTime, line: Int = 0) {
    guard count < Self.capacity else {
      refused &+= 1
      return
    }
    events[(first + count) % Self.capacity] = RoomEvent(kind, at: time, line: line)
    count += 1
  }

  mutating func take() -> RoomEvent? {
    guard count > 0 else { return nil }
    let event = events[first]
    first = (first + 1) % Self.capacity
    count -= 1
    return event
  }
}
