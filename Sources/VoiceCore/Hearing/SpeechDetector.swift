/// How likely somebody in the room is speaking in this frame, 0 to 1, knowing what the
/// loudspeaker does.
///
/// Loudness over what must be expected without a talker: the room's noise floor while the
/// loudspeaker is silent, and the echo the canceller leaves while it is not. How much it leaves is
/// learned from the running ratio of residual to loudspeaker and starts pessimistic, so that the
/// first reply after boot does not sound like a person.
public struct SpeechDetector: Sendable {
  /// Powers below this are 16-bit dust: the floor never sinks under it.
  static let quietestFloor = Loudness.decibels(-78).power
  /// dB over the expectation at which speech is as likely as not.
  static let evenOdds: Float = 9
  /// dB for the odds to change e-fold.
  static let slope: Float = 2
  /// The residual before anything was learned: a canceller that has not converged.
  static let startingLeak = exp2(-6 / 3.0103)
  /// A loudspeaker quieter than this leaves no echo worth expecting.
  static let silentSpeaker = Loudness.decibels(-66).power

  /// dB that a hiss must stand out more than a voice: people begin to speak with a voice.
  static let hissHandicap: Float = 6

  private var residualBands = BandSplitter()
  private var speakerBands = BandSplitter()
  private var low = BandExpectation()
  private var high = BandExpectation()
  private var smoothed: Float = 0

  public init() {}

  /// - Parameters:
  ///   - suppressed: the frame after echo cancellation and residual suppression.
  ///   - reference: what the loudspeaker played.
  ///   - hint: the canceller's own speech probability.
  public mutating func judge(
    suppressed: borrowing Frame, reference: borrowing Frame, hint: Float
  ) -> Float {
    let residual = residualBands.split(suppressed)
    let loudspeaker = speakerBands.split(reference)
    // A canceller is worse at hissing sounds than at voiced ones, so each band has its own
    // expectation: one for both would take every s of a reply for a person.
    let over = max(
      low.excess(of: residual.low, loudspeaker: loudspeaker.low),
      high.excess(of: residual.high, loudspeaker: loudspeaker.high) - SpeechDetector.hissHandicap)
    // speexdsp says yes to much that is no speech, but its no is worth something.
    let evidence = over - SpeechDetector.evenOdds + 4 * (hint - 0.5)
    let probability = 1 / (1 + exp2(-evidence / SpeechDetector.slope * 1.4427))
    // One loud frame is a click.
    smoothed += (probability - smoothed) * (probability > smoothed ? 0.5 : 0.25)
    return smoothed
  }
}

/// What must be expected in one band without a talker: noise, and what the canceller leaves of the
/// loudspeaker.
struct BandExpectation: Sendable {
  private var floor = FloorTracker()
  private var speaker = Envelope(decayPerFrame: exp2(-1.5 / 3.0103))
  private var leak = SpeechDetector.startingLeak

  /// - Returns: by how many dB the residual exceeds what had to be expected.
  mutating func excess(of residual: Float, loudspeaker: Float) -> Float {
    let loudness = speaker.follow(loudspeaker)
    let isFar = loudness > SpeechDetector.silentSpeaker
    if !isFar { floor.follow(residual) }
    let expected =
      max(floor.power, SpeechDetector.quietestFloor)
      + (isFar ? echo(residual: residual, loudspeaker: loudness) : 0)
    return 3.0103 * log2((residual + 1) / (expected + 1))
  }

  /// Falls within half a second, rises by 4 dB a second: a person speaking over a reply must not pass for leaking echo.
  private mutating func echo(residual: Float, loudspeaker: Float) -> Float {
    let ratio = residual / loudspeaker
    leak =
      ratio < leak
      ? leak + (ratio - leak) * BandExpectation.learning : leak * BandExpectation.forgetting
    leak = min(max(leak, BandExpectation.leastLeak), SpeechDetector.startingLeak)
    return leak * loudspeaker * BandExpectation.swing
  }

  private static let learning: Float = 0.02
  private static let forgetting = exp2(0.04 / 3.0103)
  /// -50 dB: no canceller is trusted further.
  private static let leastLeak = exp2(-50 / 3.0103)
  /// The ratio swings by 10 dB and more around what is learned; speech has to stand out of it.
  private static let swing: Float = 20
}

/// Splits a frame's power at about 1.5 kHz: voiced sounds below, hissing ones above.
struct BandSplitter: Sendable {
  private var once: Float = 0
  private var twice: Float = 0
  /// A one-pole filter at 1.5 kHz.
  private static let step: Float = 0.445

  mutating func split(_ frame: borrowing Frame) -> (low: Float, high: Float) {
    var low: Float = 0
    var high: Float = 0
    for index in 0..<Frame.sampleCount {
      let sample = Float(frame.samples[index])
      once += (sample - once) * BandSplitter.step
      twice += (once - twice) * BandSplitter.step
      let rest = sample - 2 * once + twice
      low += twice * twice
      high += rest * rest
    }
    let count = Float(Frame.sampleCount)
    return (low / count, high / count)
  }
}

/// The noise floor: the quietest the room has been for a while, following a change within seconds.
struct FloorTracker: Sendable {
  private(set) var power: Float = 0
  private var isNew = FloorTracker.firstFrames

  mutating func follow(_ now: Float) {
    // The first 100 ms are taken for the room's: a loud room at boot is no person.
    if isNew > 0 {
      isNew -= 1
      power = max(power, now)
      return
    }
    // Down within 100 ms, up by 3 dB a second: speech is too short to lift it far.
    power = now < power ? power + (now - power) * 0.2 : min(power * FloorTracker.rise, now)
    power = max(power, SpeechDetector.quietestFloor)
  }

  private static let rise = exp2(0.03 / 3.0103)
  private static let firstFrames = 10
}

/// Follows peaks at once and forgets them steadily, as a room does.
struct Envelope: Sendable {
  let decayPerFrame: Float
  private(set) var power: Float = 0

  init(decayPerFrame: Float) { self.decayPerFrame = decayPerFrame }

  mutating func follow(_ now: Float) -> Float {
    power = max(now, power * decayPerFrame)
    return power
  }
}
