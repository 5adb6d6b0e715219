/// Microphone frame in, what was heard out. The same path in the daemon and in `auricle process`.
public struct HearingChain<Echo: EchoCanceller & ~Copyable>: ~Copyable {
  private var echo: Echo
  private var detector = SpeechDetector()
  private var gate: SpeechGate
  private var suppressed = Frame()

  /// The frame for the recogniser: echo removed, otherwise as it was.
  public private(set) var clean = Frame()

  public init(echo: consuming Echo, gate: SpeechGate.Settings = SpeechGate.Settings()) {
    self.echo = echo
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
    /// How much of the microphone the canceller took away is this against `mic`.
    public var clean: Loudness
  }

  /// - Parameter time: the end of this frame.
  public mutating func hear(
    mic: borrowing Frame, reference: borrowing Frame, at time: SampleTime
  ) -> Judgement {
    let hint = echo.cancel(mic: mic, reference: reference, clean: &clean, suppressed: &suppressed)
    let probability = detector.judge(suppressed: suppressed, reference: reference, hint: hint)
    let change = gate.hear(probability, at: time)
    return Judgement(
      probability: probability, isSpeech: gate.isSpeech, change: change, mic: Loudness(of: mic),
      reference: Loudness(of: reference), clean: Loudness(of: clean))
  }
}
