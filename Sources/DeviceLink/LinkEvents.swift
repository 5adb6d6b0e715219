public import VoiceCore
public import WireProtocols

// What a link machine is told, and what it wants done.

extension LinkMachine {
  public struct Settings: Sendable {
    /// What is said at the begin of each connection; session and clock are filled in.
    public var hello: Upstream.Hello
    /// From the first packet to the welcome.
    public var connectLimit = SampleSpan.seconds(25)
    /// From hello to welcome.
    public var helloLimit = SampleSpan.seconds(5)
    /// Between tries, when all goes wrong for long.
    public var longestWait = SampleSpan.seconds(30)
    /// Without a connection for longer, what was said meanwhile is given up.
    public var longestOutage = SampleSpan.seconds(15)
    /// Hang up after so much of nothing, and call when somebody speaks; nil: stay connected.
    public var idleLimit: SampleSpan?
    /// A token must be got before each connection.
    public var usesBroker = false
    public var seed: UInt64

    public init(hello: Upstream.Hello, seed: UInt64) {
      self.hello = hello
      self.seed = seed
    }
  }

  public enum Event: Sendable {
    /// Every 10 ms.
    case tick(SampleTime)
    /// What the conversation has to say, and whether anything is going on in it.
    case say(Upstream)
    case talking(Bool)
    /// Whether it could go on without the agent for a while: a reply plays that is all here.
    case needing(Bool)
    /// An answer to this turn would come too late: it is not to be said again to anybody.
    case nobodyWaits(TurnID)
    /// What failed may work now, because the network has changed; or somebody waits for it.
    case tryNow
    /// The connection asked for is open.
    case opened
    case received(WireMessage)
    /// A WebSocket pong.
    case pong
    /// The other machine takes what we send.
    case progress
    /// Exactly once after each `connect`.
    case closed(LinkLoss)
    /// The token asked for is here and good for so long.
    case granted(lifetime: SampleSpan)
    case notGranted(LinkLoss)
  }

  public enum Effect: Equatable, Sendable {
    /// Ask the broker for a token.
    case mint
    case connect
    case transmit(WireMessage)
    /// A WebSocket ping.
    case ping
    /// Ends with `closed`.
    case hangUp(Parting)
    case deliver(Downstream)
    case change(Conversation.LinkChange)
    case note(LinkNote)
  }

  /// What the agent is to think of it when we hang up.
  public enum Parting: Equatable, Sendable {
    /// The session is over.
    case forGood
    /// The session goes on over the next connection.
    case forNow
    /// The agent broke the protocol, so the session is over.
    case inAnger
  }
}
