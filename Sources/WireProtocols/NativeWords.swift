internal import VoiceCore

// The words of the native protocol for the core's enumerations. Each switch is complete, so a new
// case does not compile until it has a word.

extension TurnCause {
  static let all: [TurnCause] = [.speech, .button, .bargeIn]
  var word: String {
    switch self {
    case .speech: "speech"
    case .button: "button"
    case .bargeIn: "barge_in"
    }
  }
}

extension TurnEnd {
  static let all: [TurnEnd] = [.endpoint, .longest, .button]
  var word: String {
    switch self {
    case .endpoint: "endpoint"
    case .longest: "max_len"
    case .button: "button"
    }
  }
}

extension TurnCancel {
  static let all: [TurnCancel] = [.tooShort, .muted, .button, .offline]
  var word: String {
    switch self {
    case .tooShort: "too_short"
    case .muted: "muted"
    case .button: "button"
    case .offline: "offline"
    }
  }
}

extension PlaybackState {
  static let all: [PlaybackState] = [.playing, .drained, .underrun, .muted]
  var word: String {
    switch self {
    case .playing: "playing"
    case .drained: "drained"
    case .underrun: "underrun"
    case .muted: "muted"
    }
  }
}

extension ReplyStatus {
  static let all: [ReplyStatus] = [.complete, .cancelled, .failed]
  var word: String {
    switch self {
    case .complete: "complete"
    case .cancelled: "cancelled"
    case .failed: "failed"
    }
  }
}

extension TurnHint {
  static let all: [TurnHint] = [.none, .complete, .unfinished]
  var word: String {
    switch self {
    case .none: "none"
    case .complete: "complete"
    case .unfinished: "unfinished"
    }
  }
}

extension Capture {
  static let all: [Capture] = [.off, .listening, .streaming]
  var word: String {
    switch self {
    case .off: "off"
    case .listening: "listening"
    case .streaming: "streaming"
    }
  }
}

extension Capabilities {
  static let named: [(capability: Capabilities, name: String)] = [
    (.resume, "resume"), (.eagerEnd, "eager_end"), (.hints, "hints"), (.unmute, "unmute"),
    (.gaps, "gaps"), (.capture, "capture"),
  ]

  /// Of who lists none: those versions had these, and no word for them.
  static let beforeTheyWereListed: Capabilities = [.eagerEnd, .hints, .unmute]
}
