/// Microphone and loudspeaker in, what was heard out. The same path in the daemon and in
/// `auricle process`.
public struct HearingChain<Hint: SpeechHint & ~Copyable>: ~Copyable {
  private let echo = EchoRemover()
  private var hint: Hint
  private var detector = SpeechDetector()
  private var gate: SpeechGate

  /// The frame for the recogniser, twelve milliseconds late.
  public private(set) var clean = Frame()
  /// What the judges saw of this frame.
  public private(set) var spectra = HearingSpectra()

  public init(hint: consuming Hint, gate: SpeechGate.Settings = SpeechGate.Settings()) {
    self.hint = hint
    self.gate = SpeechGate(settings: gate)
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
    /// The echo's way from loudspeaker to microphone in milliseconds, once it is known.
    public var delay: Float?
    /// By how many ppm the loudspeaker's clock is faster than the microphone's, once it is known.
    public var drift: Float?
    /// dB that were taken from the echo, while there is one.
    public var echoReduction: Float?
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
    echo.resynthesise(gains: Bands(repeating: 1), into: &clean)
    let change = gate.hear(probability, at: time)
    return Judgement(
      probability: probability, isSpeech: gate.isSpeech, change: change, mic: Loudness(of: mic),
      reference: Loudness(of: reference), clean: Loudness(of: clean),
      delay: echo.delay, drift: echo.drift)
  }
}
