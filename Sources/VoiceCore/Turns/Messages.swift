/// One thing a person says, from onset to the end the endpointer found. Numbered from 1 by the device.
public struct TurnID: Equatable, Sendable, BitwiseCopyable {
  public let number: UInt32
  public init(_ number: UInt32) { self.number = number }
  public var next: TurnID { TurnID(number &+ 1) }
}

/// One thing the agent says in answer. Numbered by the agent, never used twice in a session.
public struct ReplyID: Equatable, Sendable, BitwiseCopyable {
  public let number: UInt32
  public init(_ number: UInt32) { self.number = number }
}

/// Words somebody spoke. Never logged: describing it tells only how long it is.
public struct Spoken: Equatable, Sendable, CustomStringConvertible {
  /// For the person's own screen and for the agent. Not for logs.
  public let words: String
  public init(_ words: String) { self.words = words }
  public var description: String { "<\(words.utf8.count) bytes spoken>" }
}

public enum TurnCause: Equatable, Sendable { case speech, button, bargeIn }

public enum TurnEnd: Equatable, Sendable {
  /// Silence long enough.
  case endpoint
  /// The person held the floor for as long as a turn may last.
  case longest
  case button
}

public enum TurnCancel: Equatable, Sendable {
  /// Too short to be a word.
  case tooShort
  case muted
  case button
}

public enum PlaybackState: Equatable, Sendable { case playing, drained, underrun, muted }

/// How a reply ended on the agent's side.
public enum ReplyStatus: Equatable, Sendable { case complete, cancelled, failed }

/// What the device can say to any agent.
public enum Upstream: Equatable, Sendable {
  /// The first message on every connection.
  case hello(Hello)
  case turnStart(TurnID, preRoll: SampleSpan, cause: TurnCause)
  /// One Opus packet; `at` is its place from the start of the turn.
  case turnAudio(TurnID, packet: [UInt8], at: SampleSpan)
  /// The turn is probably over, after so much sound. An agent may begin to understand it, but
  /// nothing may be heard or done before the commit. `revision` counts how often it went on.
  case turnEagerEnd(TurnID, revision: Int, audio: SampleSpan)
  /// It was not over: what was understood at the last eager end is not the whole.
  case turnResumed(TurnID, revision: Int)
  case turnCommit(TurnID, audio: SampleSpan, reason: TurnEnd)
  case turnCancel(TurnID, reason: TurnCancel)
  /// The person spoke over a reply: already muted here; `played` is what was really heard.
  case interrupt(ReplyID, played: SampleSpan)
  /// That interruption was none: please go on from there.
  case unmute(ReplyID, played: SampleSpan)
  case playback(ReplyID, played: SampleSpan, buffered: SampleSpan, state: PlaybackState)

  public struct Hello: Equatable, Sendable {
    public var device: String
    public var model: String
    public var firmware: String
    /// Milliseconds of sound in an uplink packet.
    public var packetMilliseconds: Int
    /// How much unplayed reply the device can hold; the agent never sends further ahead.
    public var replyBuffer: SampleSpan

    public init(
      device: String, model: String, firmware: String, packetMilliseconds: Int,
      replyBuffer: SampleSpan
    ) {
      self.device = device
      self.model = model
      self.firmware = firmware
      self.packetMilliseconds = packetMilliseconds
      self.replyBuffer = replyBuffer
    }
  }
}

/// What any agent can say to the device.
public enum Downstream: Equatable, Sendable {
  case welcome(Welcome)
  /// What the agent understood of a turn so far.
  case transcript(TurnID, Spoken, isFinal: Bool)
  /// What the agent makes of an open turn, from its sound up to there.
  case hint(TurnID, TurnHint, upTo: SampleSpan)
  case replyStart(ReplyID, answering: TurnID)
  /// What is being said at `at` from the start of the reply.
  case replyText(ReplyID, Spoken, at: SampleSpan)
  /// One Opus packet.
  case replyAudio(ReplyID, packet: [UInt8])
  case replyEnd(ReplyID, ReplyStatus, audio: SampleSpan)
  case interruptAcknowledged(ReplyID)
  /// The agent asks for a loudspeaker volume, 0 to 100.
  case setVolume(Int)
  case refused(code: String, message: String, isFatal: Bool)

  public struct Welcome: Equatable, Sendable {
    public var session: String
    public var agent: String
    public var longestTurn: SampleSpan

    public init(session: String, agent: String, longestTurn: SampleSpan) {
      self.session = session
      self.agent = agent
      self.longestTurn = longestTurn
    }
  }
}
