internal import VoiceCore

/// What is wrong with how a board hears itself.
public enum AcousticFault: Equatable, Sendable, CaseIterable {
  case silentMicrophone, stuckMicrophone, onlyVoltage, clippingMicrophone, noisyMicrophone
  case microphoneOffset
  case noEchoPath, swappedChannels, faintLoudspeaker, distortingLoudspeaker, quieterLoudspeaker
  case louderLoudspeaker
  case jumpingDelay, longDelay
  case drift, wrongRate
  case weakReduction

  /// In one word for programs; what the daemon notices all the time is called so there, too.
  public var code: String {
    switch self {
    case .silentMicrophone: MicrophoneHealth.Trouble.silent.code
    case .stuckMicrophone: MicrophoneHealth.Trouble.stuck.code
    case .onlyVoltage: MicrophoneHealth.Trouble.voltage.code
    case .clippingMicrophone: MicrophoneHealth.Trouble.clipping.code
    case .noisyMicrophone: "noisy-microphone"
    case .microphoneOffset: "microphone-offset"
    case .noEchoPath: "no-echo-path"
    case .swappedChannels: "swapped-channels"
    case .faintLoudspeaker: "faint-loudspeaker"
    case .distortingLoudspeaker: "distorting-loudspeaker"
    case .quieterLoudspeaker: "quieter-loudspeaker"
    case .louderLoudspeaker: "louder-loudspeaker"
    case .jumpingDelay: "jumping-delay"
    case .longDelay: "long-delay"
    case .drift: "drift"
    case .wrongRate: "wrong-rate"
    case .weakReduction: "weak-echo-reduction"
    }
  }
}

/// How good or bad the figures are, part by part. What to say about it is the checkup's.
public struct AcousticJudge {
  // MARK: Where good ends

  /// Noise of the microphone in a quiet moment: above, speech from afar drowns.
  static let noise = (remark: -45.0, wrong: -30.0)
  /// Constant voltage takes room from the sound.
  static let offset = 0.03
  /// Of the samples: clipped sound cannot be taken out again.
  static let clipping = 0.001
  /// What the loudspeaker is to be heard above the noise.
  static let audible = (remark: 12.0, wrong: 6.0)
  static let distortion = (remark: 0.05, wrong: 0.12)
  /// dB less or more than when it was installed.
  static let change = (remark: 3.0, wrong: 10.0)
  /// The echo canceller reaches this far.
  public static let longestDelay = Double(ReferenceAligner.reach.milliseconds)
  /// Two quartzes differ by less than the first; playback follows up to the second.
  static let drift = (remark: Double(ClockDrift.usual), wrong: Double(ClockDrift.most))
  /// No clock: a rate that was never what the card said.
  static let wrongRate = 1_500.0
  static let reduction = (remark: 15.0, wrong: 8.0)
  /// Weaker than this after the first four milliseconds, there is no room in it.
  static let wire = -36.0

  public struct Verdict: Equatable, Sendable {
    public let grade: Finding.Grade
    public let fault: AcousticFault?

    static let good = Verdict(grade: .good, fault: nil)
    static let unknown = Verdict(grade: .unknown, fault: nil)
    static func wrong(_ fault: AcousticFault) -> Verdict { Verdict(grade: .wrong, fault: fault) }
    static func remark(_ fault: AcousticFault) -> Verdict { Verdict(grade: .remark, fault: fault) }
    static func either(_ isWrong: Bool, _ fault: AcousticFault) -> Verdict {
      Verdict(grade: isWrong ? .wrong : .remark, fault: fault)
    }
  }

  public let measured: Measurement
  /// How loud the same loudspeaker came back when it was installed.
  public let earlierGain: Double?

  public init(_ measured: Measurement, earlierGain: Double? = nil) {
    self.measured = measured
    self.earlierGain = earlierGain
  }

  public var worst: Finding.Grade {
    max(microphone.grade, loudspeaker.grade, delay.grade, max(drift.grade, reduction.grade))
  }

  public var microphone: Verdict {
    if measured.isConstant {
      guard measured.offset == 0 else { return .wrong(.stuckMicrophone) }
      // Many a speakerphone gives zeros while nobody speaks, and our sound it takes for nobody's.
      return .either(!measured.cancelsEcho, .silentMicrophone)
    }
    if isOnlyVoltage { return .wrong(.onlyVoltage) }
    if isClipped { return .wrong(.clippingMicrophone) }
    if measured.noiseDecibels > AcousticJudge.noise.remark {
      return .either(measured.noiseDecibels > AcousticJudge.noise.wrong, .noisyMicrophone)
    }
    return abs(measured.offset) > AcousticJudge.offset ? .remark(.microphoneOffset) : .good
  }

  private var isClipped: Bool { measured.clippedShare > AcousticJudge.clipping }

  private var isOnlyVoltage: Bool {
    abs(measured.offset) > 0.01 && measured.noiseDecibels < -80 && measured.echo == nil
  }

  /// Nothing of the loudspeaker comes back, or next to nothing, and that is as it should be.
  public var isCancelled: Bool {
    guard measured.cancelsEcho else { return false }
    return (measured.echo?.aboveNoiseDecibels ?? 0) < AcousticJudge.audible.remark
  }

  /// Fit to be compared with later.
  public var isComparable: Bool {
    worst <= .remark && (measured.echo != nil || isCancelled && !measured.isConstant)
  }

  public var loudspeaker: Verdict {
    if isCancelled { return measured.isConstant || isOnlyVoltage ? .unknown : .good }
    guard let echo = measured.echo else {
      return measured.isConstant || isOnlyVoltage ? .unknown : .wrong(.noEchoPath)
    }
    if isWire(echo) { return .wrong(.swappedChannels) }
    if echo.aboveNoiseDecibels < AcousticJudge.audible.remark {
      // Beside a noise that is told already nobody can say.
      if measured.noiseDecibels > AcousticJudge.noise.remark { return .unknown }
      return .either(
        echo.aboveNoiseDecibels < AcousticJudge.audible.wrong, .faintLoudspeaker)
    }
    if let distortion = echo.distortion, distortion > AcousticJudge.distortion.remark, !isClipped {
      return .either(distortion > AcousticJudge.distortion.wrong, .distortingLoudspeaker)
    }
    // What such a card leaves of its echo is another thing every time.
    guard let earlierGain, !measured.cancelsEcho else { return .good }
    let change = echo.gainDecibels - earlierGain
    guard abs(change) >= AcousticJudge.change.remark else { return .good }
    return .either(
      abs(change) > AcousticJudge.change.wrong,
      change < 0 ? .quieterLoudspeaker : .louderLoudspeaker)
  }

  /// A room answers for longer than four milliseconds.
  private func isWire(_ echo: Measurement.Echo) -> Bool {
    echo.roomDecibels < AcousticJudge.wire && echo.gainDecibels > -40
      && echo.aboveNoiseDecibels > 25
  }

  public var delay: Verdict {
    guard let echo = measured.echo, !isCancelled else { return .unknown }
    if echo.jump != nil { return .wrong(.jumpingDelay) }
    return echo.delay > AcousticJudge.longestDelay ? .wrong(.longDelay) : .good
  }

  public var drift: Verdict {
    guard let ppm = measured.echo?.driftPPM, !isCancelled else { return .unknown }
    if abs(ppm) > AcousticJudge.wrongRate { return .wrong(.wrongRate) }
    guard abs(ppm) > AcousticJudge.drift.remark else { return .good }
    return .either(abs(ppm) > AcousticJudge.drift.wrong, .drift)
  }

  public var reduction: Verdict {
    guard let echo = measured.echo, let reduction = measured.reductionDecibels, !isCancelled else {
      return .unknown
    }
    // Echo that hardly stands out of the noise cannot be taken away by more than it does.
    let possible = min(AcousticJudge.reduction.remark, echo.aboveNoiseDecibels - 10)
    guard reduction < possible else { return .good }
    // It cannot be better while these are as they are.
    if isClipped || loudspeaker.grade >= .remark || delay.grade >= .remark
      || drift.grade >= .remark
    {
      return .unknown
    }
    return .either(reduction < AcousticJudge.reduction.wrong, .weakReduction)
  }
}
