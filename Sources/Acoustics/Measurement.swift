internal import VoiceCore

/// What a probe told about microphone, loudspeaker and the way between them. Figures only; what they
/// mean is in `Finding`.
public struct Measurement: Equatable, Sendable {
  // MARK: The microphone, in quiet

  /// Every sample was the same: nothing that hears does that.
  public var isConstant = false
  /// dB below full scale, around the mean.
  public var noiseDecibels = 0.0
  /// The mean, as a part of full scale.
  public var offset = 0.0

  // MARK: The microphone, while the loudspeaker sounds

  public var heardDecibels = 0.0
  public var playedDecibels = 0.0
  /// Of the samples, 0 to 1.
  public var clippedShare = 0.0

  // MARK: The way between them

  /// The card is said to take its own loudspeaker out of what it hears: told, not measured.
  public var cancelsEcho = false
  /// Nil: nothing came back that can be told from noise.
  public var echo: Echo?
  /// dB that the running canceller took from something like speech in the end.
  public var reductionDecibels: Double?

  public init() {}

  public struct Echo: Equatable, Sendable {
    /// From handing the sound over to hearing it, in milliseconds.
    public var delay = 0.0
    /// All that comes back against what was sent.
    public var gainDecibels = 0.0
    /// Above the noise in the same time, while the sweep sounded.
    public var aboveNoiseDecibels = 0.0
    /// By how many millionths the loudspeaker's clock is faster than the microphone's; nil where
    /// the sound jumped.
    public var driftPPM: Double?
    /// By how much the delay changed at once while it was measured, in milliseconds.
    public var jump: Double?
    /// Until the room's answer has lost 60 dB, in milliseconds; nil where noise hides it.
    public var decay: Double?
    /// What follows the first four milliseconds against these, without the bass.
    public var roomDecibels = 0.0
    /// Second to fourth harmonic against the sound itself, 0 to 1; nil where noise hides it.
    public var distortion: Double?
    /// dB in bands of a third of an octave, from 125 Hz.
    public var bands: [Double] = []
    /// The answer to a click by samples, from `lead` before the direct sound on; full scale is 1.
    public var click: [Float] = []

    public init() {}

    public static let lead = 80
    public static let clickCount = 1_760
    public static let bandCount = 18
    public static func pitch(ofBand band: Int) -> Double {
      1_000 * Logarithm.inverse(Double(band - 9) / 3 * 0.693_147_180_559_945_3)
    }
  }
}

extension Measurement {
  /// - Parameter recording: a whole one.
  public init(of recording: ProbeRecording) {
    precondition(recording.isWhole)
    let quiet = MicrophoneFacts(recording.heard(Probe.quiet.dropFirst(5)))
    let loud = MicrophoneFacts(recording.heard(Probe.quiet.upperBound..<Probe.frameCount))
    isConstant = quiet.isConstant && loud.isConstant
    noiseDecibels = quiet.levelDecibels
    offset = quiet.offset
    clippedShare = loud.clippedShare
    let sweep = Probe.sweeps[0]..<(Probe.sweeps[0] + Sweep.length / Frame.sampleCount)
    playedDecibels = MicrophoneFacts(recording.sent(sweep)).levelDecibels
    if loud.levelDecibels > Measurement.leastLevel {
      echo = Answers(to: recording)?.echo(noise: quiet)
    }
    if let echo {
      // In samples, as it is heard.
      let start = sweep.lowerBound * Frame.sampleCount + Int(echo.delay * 16) + Frame.sampleCount
      heardDecibels =
        MicrophoneFacts(recording.mic[start..<(start + Sweep.length)]).levelDecibels
      self.echo?.aboveNoiseDecibels = heardDecibels - noiseDecibels
    } else {
      heardDecibels = loud.levelDecibels
    }
    reductionDecibels = Measurement.reduction(recording.reduction)
  }

  /// Less than the last bit of a sample: what is found in that are errors of calculation.
  private static let leastLevel = -94.0

  /// Of the last half second of the speech.
  private static func reduction(_ frames: [Float?]) -> Double? {
    var sum = 0.0
    var count = 0
    for frame in (Probe.speech.upperBound - 50)..<Probe.speech.upperBound
    where frame < frames.count {
      guard let decibels = frames[frame], decibels.isFinite else { continue }
      sum += Double(decibels)
      count += 1
    }
    return count > 10 ? sum / Double(count) : nil
  }
}
