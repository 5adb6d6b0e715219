internal import VoiceCore

/// What an `AgentSession` asks of the world.
enum AgentEffect: Equatable, Sendable {
  case send(Downstream)
  /// Recognition of a turn: begin, go on (after `gap` of missing sound), say what it was, give up.
  case listen(TurnID)
  case hear(TurnID, packet: [UInt8], gap: SampleSpan)
  /// What is known of it so far; `upTo` there its sound was heard.
  case glance(TurnID, upTo: SampleSpan)
  case understand(TurnID)
  case forget(TurnID)
  /// One sentence for the voice; `hush` takes back all of a reply.
  case speak(ReplyID, String)
  case hush(ReplyID)
  /// Close the connection; nothing follows.
  case hangUp(code: UInt16, reason: String)
}

/// What can happen to an `AgentSession`.
enum AgentEvent: Equatable, Sendable {
  case received(Upstream)
  case glimpsed(TurnID, Glimpse, upTo: SampleSpan)
  case understood(TurnID, Understood)
  case spoke(ReplyID, Speech)
  case voiceFailed(ReplyID)
  /// Once a second.
  case tick
  /// The server is about to go.
  case drain

  /// The words of an unfinished turn.
  struct Glimpse: Equatable, Sendable {
    var words: Spoken
    var hint: TurnHint
  }

  struct Understood: Equatable, Sendable {
    /// Nil when nothing we know was said.
    var intent: Intent?
    var words: Spoken
  }
}
