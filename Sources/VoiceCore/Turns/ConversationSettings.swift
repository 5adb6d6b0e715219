extension Conversation {
  public struct Settings: Equatable, Sendable {
    public var mode = TalkMode.open
    /// Sound kept from before the onset, so that the first word is whole.
    public var preRoll = SampleSpan.milliseconds(600)
    public var endpointer = Endpointer.Settings()
    /// Less speech than this is no word.
    public var shortestSpeech = SampleSpan.milliseconds(200)
    public var longestTurn = SampleSpan.seconds(30)
    /// Waiting longer than this for an answer, or for the rest of one, is giving up.
    public var thinkingLimit = SampleSpan.seconds(15)
    /// Whoever waits longer than this is told that it takes long, and again after as much more.
    public var patience = SampleSpan.seconds(4)
    public init() {}
  }
}
