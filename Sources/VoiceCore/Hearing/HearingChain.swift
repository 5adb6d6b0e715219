/// Microphone and loudspeaker in, what was heard out. The same path in the daemon and in
/// `auricle process`.
public struct HearingChain<Hint: SpeechHint & ~Copyable>: ~Copyable {
  private let echo = EchoRemover()
  private var hint: Hint
  private var detector = SpeechDetector()
  private var gate: SpeechGate
  private var path: RecogniserPath

  /// The frame for the recogniser, twelve milliseconds late.
  public private(set) var clean = Frame()
  /// What the judges saw of this frame.
  public private(set) var spectra = HearingSpectra()

  public init(
    hint: consuming Hint, gate: SpeechGate.Settings = SpeechGate.Settings(),
    path: RecogniserPath.Settings = RecogniserPath.Settings()
  ) {
    self.hint = hint
    self.gate = SpeechGate(settings: gate)
    self.path = RecogniserPath(settings: path)
  }

  /// Begins with what an earlier start has learned; only before the first frame.
  public mutating func recall(_ memory: borrowing EchoMemory) {
    echo.recall(memory)
  }

  /// Writes down what was learned of the echo's path. Allocates nothing.
  ///
  /// - Returns: false if it is too little to be worth keeping, and then the memory is half written.
  public func remember(into memory: inout EchoMemory) -> Bool {
    echo.remember(into: &memory)
  }

  public struct Judgement: Equatable, Sendable {
    public var probability: Float
    /// How much like words it sounds, 0 to 1: a hum has little.
    public var openness: Float = 1
    public var isSpeech: Bool
    public var change: SpeechGate.Change?
    public var mic: Loudness
    public var reference: Loudness
    /// How much of the microphone was taken away is this against `mic`.
    public var clean: Loudness
  }

  /// - Parameters:
  ///   - reference: what the loudspeaker played in the same ten milliseconds.
  ///   - time: the end of this frame.
  public mutating func hear(
    mic: borrowing Frame, reference: borrowing Frame, at time: SampleTime
  ) -> Judgement {
    spectra = echo.hear(mic: mic, reference: reference)
    let opinion = hint.hear(echo.error)
    let probability = detector.judge(
      suppressed: echo.error, reference: reference, hint: opinion)
    let gains = Bands(repeating: 1)
    echo.resynthesise(gains: path.refine(gains, heard: spectra.error), into: &clean)
    let left = Loudness(of: clean)
    path.finish(&clean, speech: probability)
    let change = gate.hear(probability, at: time)
    return Judgement(
      probability: probability, isSpeech: gate.isSpeech, change: change, mic: Loudness(of: mic),
      reference: Loudness(of: reference), clean: left)
  }
}
