/// What a recogniser made of one turn.
public struct Recognition: Equatable, Sendable {
  /// A stretch of the turn the decoder explained by one word, by silence or by noise.
  public struct Segment: Equatable, Sendable {
    /// Nil for silence and noise.
    public let word: String?
    /// Of 10 ms each.
    public let frames: Range<Int>
    /// How well the sound fits: logarithmic, never above about zero, comparable between recognisers
    /// over the same frames.
    public let fit: Float
    /// How sure the recogniser is among all it could have said instead: 0 to 1. Only a language
    /// model knows; a grammar says 1.
    public let confidence: Float

    public init(word: String?, frames: Range<Int>, fit: Float, confidence: Float = 1) {
      self.word = word
      self.frames = frames
      self.fit = fit
      self.confidence = confidence
    }
  }

  public let segments: [Segment]

  public init(segments: [Segment]) { self.segments = segments }

  public static let nothing = Recognition(segments: [])

  public var spoken: [Segment] { segments.filter { $0.word != nil } }
  public var words: [String] { segments.compactMap { $0.word } }
}
