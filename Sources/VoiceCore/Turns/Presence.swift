/// Whether there can be a conversation at all, apart from where it stands.
public struct Presence: Equatable, Sendable {
  public enum Link: Equatable, Sendable {
    case down
    /// Not just now, but soon: what is said is kept until then.
    case connecting
    case ready
  }

  public var link = Link.connecting
  public var isMuted = false
  public var hasSound = true

  public init() {}

  /// What keeps a conversation from happening, the hardest first; nil when nothing does.
  public var obstacle: Shown? {
    if !hasSound { return .fault }
    if isMuted { return .muted }
    return link == .down ? .offline : nil
  }
}

/// The one word that says what the device is doing.
public enum Shown: Equatable, Sendable {
  case idle, connecting, listening, thinking, speaking, offline, muted, fault

  /// Why nothing can be said to it now.
  public var whyNot: String {
    switch self {
    case .fault: "there is no sound"
    case .muted: "the microphone is muted"
    case .offline: "the agent is not reached"
    case .connecting: "the agent is not reached yet"
    case .idle, .listening, .thinking, .speaking: "the device is \(word)"
    }
  }

  public var word: String {
    switch self {
    case .idle: "idle"
    case .connecting: "connecting"
    case .listening: "listening"
    case .thinking: "thinking"
    case .speaking: "speaking"
    case .offline: "offline"
    case .muted: "muted"
    case .fault: "fault"
    }
  }
}
