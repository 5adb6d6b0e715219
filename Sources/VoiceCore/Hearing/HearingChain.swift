/// Microphone and loudspeaker in, what was heard out. The same path in the daemon and in
/// `auricle process`.
public struct HearingChain<Hint: SpeechHint & ~Copyable>: ~Copyable {
  private var aligner = ReferenceAligner()
  private var canceller = EchoCanceller()
  private var analysis = SpectralAnalysis()
  private var hint: Hint
  private var features = SpeechFeatures()
  private let network = SpeechNetwork()
  private var gate: SpeechGate
  private var placedMic = Frame()
  private var placedReference = Frame()
  private var error = Frame()

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
  }

  /// - Parameters:
  ///   - reference: what the loudspeaker played in the same ten milliseconds.
  ///   - time: the end of this frame.
  public mutating func hear(
    mic: borrowing Frame, reference: borrowing Frame, at time: SampleTime
  ) -> Judgement {
    aligner.align(mic: mic, reference: reference, into: &placedMic, &placedReference)
    if aligner.shift != 0 { canceller.shift(by: aligner.shift) }
    canceller.cancel(mic: placedMic, reference: placedReference)
    spectra = analysis.analyse(canceller, reference: placedReference)
    canceller.readError(into: &error)
    let opinion = hint.hear(error)
    features.hear(spectra, error: canceller.error.start, hint: opinion)
    let answer = network.judge(features.values.start)
    // What is no echo passes untouched while there can be none.
    analysis.resynthesise(
      gains: spectra.isFar ? answer.gains : Bands(repeating: 1), into: &clean)
    let change = gate.hear(answer.speech, at: time)
    return Judgement(
      probability: answer.speech, openness: answer.openness, isSpeech: gate.isSpeech, change: change, mic: Loudness(of: mic),
      reference: Loudness(of: reference), clean: Loudness(of: clean))
  }

  // For training, which has to see what the network sees.

  public var featureCount: Int { SpeechFeatures.count }

  public func readFeatures(into row: inout [Float]) {
    for index in 0..<SpeechFeatures.count { row[index] = features.values[index] }
  }

  /// What the canceller left of the frame; no later than the microphone's but for `micDelay`.
  public func readError(into frame: inout Frame) { canceller.readError(into: &frame) }
}
