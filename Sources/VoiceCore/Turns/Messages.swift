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
  /// There was no connection for too long.
  case offline
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
  /// Of its last revision: a reply names the one it answers.
  case turnCommit(TurnID, revision: Int = 0, audio: SampleSpan, reason: TurnEnd)
  case turnCancel(TurnID, reason: TurnCancel)
  /// The person spoke over a reply: already muted here; `played` is what was really heard.
  case interrupt(ReplyID, played: SampleSpan)
  /// That interruption was none: please go on from there.
  case unmute(ReplyID, played: SampleSpan)
  case playback(ReplyID, played: SampleSpan, buffered: SampleSpan, state: PlaybackState)
  /// Sound between these places of the open turn is missing and will never come.
  case turnGap(TurnID, from: SampleSpan, to: SampleSpan)
  /// What becomes of the microphone's sound from now on.
  case capture(Capture)

  public struct Hello: Equatable, Sendable {
    public var device: String
    public var model: String
    public var firmware: String
    /// Milliseconds of sound in an uplink packet.
    public var packetMilliseconds: Int
    /// How much unplayed reply the device can hold; the agent never sends further ahead.
    public var replyBuffer: SampleSpan
    public var capabilities = Capabilities.all
    /// The session to go on with, and how many of its messages have come here.
    public var resuming: Resuming?
    /// The device's wall clock in milliseconds since 1970.
    public var clock: Int64?

    public init(
      device: String, model: String, firmware: String, packetMilliseconds: Int,
      replyBuffer: SampleSpan, resuming: Resuming? = nil, clock: Int64? = nil
    ) {
      self.device = device
      self.model = model
      self.firmware = firmware
      self.packetMilliseconds = packetMilliseconds
      self.replyBuffer = replyBuffer
      self.resuming = resuming
      self.clock = clock
    }

    public struct Resuming: Equatable, Sendable {
      public var token: String
      public var received: Int

      public init(token: String, received: Int) {
        self.token = token
        self.received = received
      }
    }
  }
}

/// Whether sound leaves the device.
public enum Capture: Equatable, Sendable {
  /// The microphone is muted or gone.
  case off
  /// Heard here and nowhere else.
  case listening
  /// Sent to the agent.
  case streaming
}

/// What is not in every version of an agent, and nobody has to do.
public struct Capabilities: OptionSet, Equatable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A session may go on over another connection.
  public static let resume = Capabilities(rawValue: 1)
  /// The probable end of a turn is announced.
  public static let eagerEnd = Capabilities(rawValue: 2)
  public static let hints = Capabilities(rawValue: 4)
  /// An interrupt may be taken back.
  public static let unmute = Capabilities(rawValue: 8)
  public static let gaps = Capabilities(rawValue: 16)
  public static let capture = Capabilities(rawValue: 32)

  public static let all: Capabilities = [.resume, .eagerEnd, .hints, .unmute, .gaps, .capture]
}

/// What any agent can say to the device.
public enum Downstream: Equatable, Sendable {
  case welcome(Welcome)
  /// What the agent understood of a turn so far.
  case transcript(TurnID, Spoken, isFinal: Bool)
  /// What the agent makes of an open turn, from its sound up to there.
  case hint(TurnID, TurnHint, upTo: SampleSpan)
  /// An answer to this turn as it was committed: one to an earlier revision is stale.
  case replyStart(ReplyID, answering: TurnID, revision: Int = 0)
  /// What is being said at `at` from the start of the reply.
  case replyText(ReplyID, Spoken, at: SampleSpan)
  /// One Opus packet.
  case replyAudio(ReplyID, packet: [UInt8])
  case replyEnd(ReplyID, ReplyStatus, audio: SampleSpan)
  case interruptAcknowledged(ReplyID)
  /// The agent asks for a loudspeaker volume, 0 to 100.
  case setVolume(Int)
  /// - Parameter turn: what it is about, if it is about one.
  case refused(code: String, message: String, isFatal: Bool, turn: TurnID? = nil)

  public struct Welcome: Equatable, Sendable {
    public var session: String
    public var agent: String
    public var longestTurn: SampleSpan
    /// The agent ends the session when it is this old.
    public var longestSession: SampleSpan?
    public var capabilities = Capabilities.all
    /// How this session may go on when the connection is lost; nil: not at all.
    public var resumable: Resumable?
    /// The session of before goes on. False: a new one.
    public var isResumed = false
    /// How many of the device's messages have come there in this session.
    public var received = 0
    /// The agent's wall clock in milliseconds since 1970.
    public var clock: Int64?

    public init(
      session: String, agent: String, longestTurn: SampleSpan, resumable: Resumable? = nil,
      isResumed: Bool = false, received: Int = 0
    ) {
      self.session = session
      self.agent = agent
      self.longestTurn = longestTurn
      self.resumable = resumable
      self.isResumed = isResumed
      self.received = received
    }

    public struct Resumable: Equatable, Sendable {
      /// Good once; the next welcome brings another.
      public var token: String
      /// Kept this long without a connection.
      public var lease: SampleSpan

      public init(token: String, lease: SampleSpan) {
        self.token = token
        self.lease = lease
      }
    }
  }
}
