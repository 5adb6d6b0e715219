/// Microphone and loudspeaker in, what was heard out. The same path in the daemon and in
/// `auricle process`.
public struct HearingChain<Hint: SpeechHint & ~Copyable>: ~Copyable {
  private let echo = EchoRemover()
  private var hint: Hint
  private let listener = Listener()
  private var gate: SpeechGate
  private var reduction = EchoReduction()
  private var path: RecogniserPath

  /// The frame for the recogniser, later than the microphone by `cleanDelay`.
  public private(set) var clean = Frame()
  /// What the judges saw of this frame.
  public private(set) var spectra = HearingSpectra()

  /// Six milliseconds for aligning, ten for cutting the sound into bands and putting it together.
  public static var cleanDelay: SampleSpan { ReferenceAligner.micDelay + Frame.span }

  public init(
    hint: consuming Hint, gate: SpeechGate.Settings = SpeechGate.Settings(),
    path: RecogniserPath.Settings = RecogniserPath.Settings()
  ) {
    self.hint = hint
    self.gate = SpeechGate(settings: gate)
    self.path = RecogniserPath(settings: path)
  }

  /// What the driver says of the way to the loudspeaker, until the sound itself says better.
  public mutating func expect(delay: SampleSpan) { echo.expect(delay: delay) }

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
    /// The echo's way was found to be another: what was left of it until now sounded like a person.
    public var isPathNew = false
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
    let answer = listener.judge(spectra, error: echo.errorNumbers, hint: hint.hear(echo.error))
    // While there can be no echo, there is none to take out.
    let gains = spectra.isFar ? answer.gains : Bands(repeating: 1)
    echo.resynthesise(gains: path.refine(gains, heard: spectra.error), into: &clean)
    let left = Loudness(of: clean)
    path.finish(&clean, speech: answer.speech)
    let change = gate.hear(answer.speech, at: time)
    reduction.hear(spectra, gains: answer.gains)
    return Judgement(
      probability: answer.speech, openness: answer.openness, isSpeech: gate.isSpeech,
      isPathNew: echo.isPathNew, change: change, mic: Loudness(of: mic),
      reference: Loudness(of: reference), clean: left,
      delay: echo.delay, drift: echo.drift, echoReduction: reduction.decibels)
  }

  // For training, which has to see what the network sees.

  public var featureCount: Int { SpeechFeatures.count }

  public func readFeatures(into row: inout [Float]) { listener.readFeatures(into: &row) }

  /// What the canceller left of the frame, later than the microphone by `ReferenceAligner.micDelay`.
  public func readError(into frame: inout Frame) { frame = echo.error }
}
