package import VoiceCore

/// What an `AgentSession` asks of the world.
enum AgentEffect: Equatable, Sendable {
  case send(Downstream)
  case work(Work)
  /// Close the connection; nothing follows.
  case hangUp(code: UInt16, reason: String)
}

/// Work for the ears and the voice.
package enum Work: Equatable, Sendable {
  /// Recognition of a turn: begin, go on (after `gap` of missing sound), say what it was, give up.
  case listen(TurnID)
  case hear(TurnID, packet: [UInt8], gap: SampleSpan)
  /// The turn is probably over: what was it? `upTo` there its sound was heard.
  case guess(TurnID, revision: Int, upTo: SampleSpan)
  /// It was not: on with it.
  case resume(TurnID, revision: Int)
  case understand(TurnID)
  case forget(TurnID)
  /// One sentence for the voice; `hush` takes back all of a reply.
  case speak(ReplyID, String)
  case hush(ReplyID)
}

/// What can happen to an `AgentSession`.
enum AgentEvent: Equatable, Sendable {
  case received(Upstream)
  case worked(WorkResult)
  /// Now and then.
  case tick
  /// The server is about to go: what is being said may end within `grace`, nothing else begins.
  case drain(grace: SampleSpan)
  /// It goes now.
  case leave
}

/// What became of `Work`.
package enum WorkResult: Equatable, Sendable {
  /// The words of an open turn up to a place in its sound.
  case glimpsed(TurnID, Glimpse, upTo: SampleSpan)
  /// All of a turn that is not certainly over: what it is if nothing more comes.
  case guessed(TurnID, revision: Int, Understood)
  case understood(TurnID, Understood)
  case spoke(ReplyID, Speech)
  case voiceFailed(ReplyID)

  package struct Glimpse: Equatable, Sendable {
    package var words: Spoken
    package var hint: TurnHint

    package init(words: Spoken, hint: TurnHint) {
      self.words = words
      self.hint = hint
    }
  }

  package struct Understood: Equatable, Sendable {
    /// Nil when nothing we know was said.
    package var intent: Intent?
    package var words: Spoken

    package init(intent: Intent?, words: Spoken) {
      self.intent = intent
      self.words = words
    }
  }
}
