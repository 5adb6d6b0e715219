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

  private var floor = FloorTracker()
  private var speaker = Envelope(decayPerFrame: exp2(-1.5 / 3.0103))
  private var leak = SpeechDetector.startingLeak
  private var smoothed: Float = 0

  public init() {}

  /// - Parameters:
  ///   - suppressed: the frame after echo cancellation and residual suppression.
  ///   - hint: the canceller's own speech probability.
  public mutating func judge(
    suppressed: Loudness, clean: Loudness, reference: Loudness, hint: Float
  ) -> Float {
    let loudspeaker = speaker.follow(reference.power)
    let isFar = loudspeaker > SpeechDetector.silentSpeaker
    if !isFar { floor.follow(suppressed.power) }
    let echo = isFar ? expectedEcho(residual: suppressed.power, loudspeaker: loudspeaker) : 0
    let expected = max(floor.power, SpeechDetector.quietestFloor) + echo
    let over = 3.0103 * log2((suppressed.power + 1) / (expected + 1))
    // speexdsp says yes to much that is no speech, but its no is worth something.
    let evidence = over - SpeechDetector.evenOdds + 4 * (hint - 0.5)
    let probability = 1 / (1 + exp2(-evidence / SpeechDetector.slope * 1.4427))
    // One loud frame is a click.
    smoothed += (probability - smoothed) * (probability > smoothed ? 0.5 : 0.25)
    return smoothed
  }

  /// Falls quickly, rises slowly: a person speaking over a reply must not pass for leaking echo.
  private mutating func expectedEcho(residual: Float, loudspeaker: Float) -> Float {
    let ratio = residual / loudspeaker
    leak = ratio < leak ? leak + (ratio - leak) * 0.05 : leak * SpeechDetector.leakRise
    leak = min(max(leak, SpeechDetector.leastLeak), SpeechDetector.startingLeak)
    // The ratio swings around what is learned; speech has to stand out of the swing.
    return leak * loudspeaker * 20
  }

  /// 4 dB a second.
  private static let leakRise = exp2(0.04 / 3.0103)
  /// -50 dB: no canceller is trusted further.
  private static let leastLeak = exp2(-50 / 3.0103)
}

/// The noise floor: the quietest the room has been for a while, following a change within seconds.
struct FloorTracker: Sendable {
  private(set) var power = Loudness.decibels(-60).power

  mutating func follow(_ now: Float) {
    // Down within 100 ms, up by 3 dB a second: speech is too short to lift it far.
    power = now < power ? power + (now - power) * 0.2 : min(power * FloorTracker.rise, now)
    power = max(power, SpeechDetector.quietestFloor)
  }

  private static let rise = exp2(0.03 / 3.0103)
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
