public import VoiceCore

/// What the room does to sound on its way from the loudspeaker to the microphone.
public struct RoomAcoustics: Equatable, Sendable {
  public static let longestDelay: SampleSpan = .milliseconds(400)
  public static let steepestDrift = 1_000

  /// From the loudspeaker to the microphone by the straight way, the card's buffers included.
  public var delay: SampleSpan
  /// Of the straight way; reflections are weaker.
  public var gainDecibels: Int
  /// Of the steady noise, below full scale.
  public var noiseDecibels: Int
  /// Decides reflections and noise.
  public var seed: UInt64
  /// By how many millionths the loudspeaker's clock is faster than the microphone's; within
  /// `steepestDrift`.
  public var driftPPM: Int
  /// A small loudspeaker driven hard bends its loud samples, which no linear canceller removes.
  public var bendsLoudSamples: Bool

  public init(
    delay: SampleSpan = .milliseconds(40), gainDecibels: Int = -12, noiseDecibels: Int = -65,
    seed: UInt64 = 1, driftPPM: Int = 0, bendsLoudSamples: Bool = false
  ) {
    self.delay = delay
    self.gainDecibels = gainDecibels
    self.noiseDecibels = noiseDecibels
    self.seed = seed
    self.driftPPM = driftPPM
    self.bendsLoudSamples = bendsLoudSamples
  }

  static func amplitude(decibels: Int) -> Float {
    exp2(Float(max(-200, min(60, decibels))) / 6.0206)
  }
}

/// Random bits that are the same on every machine (splitmix64).
struct RoomDice {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func roll() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// 0 to just below 1.
  mutating func fraction() -> Float { Float(roll() >> 40) / Float(1 << 24) }
}
