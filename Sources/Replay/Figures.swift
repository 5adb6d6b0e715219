internal import VoiceCore

/// What a recording amounts to, in a line.
struct Figures {
  private(set) var samples = 0
  private(set) var frames = 0
  private(set) var speechFrames = 0
  private(set) var turns = 0
  private(set) var bargeIns = 0
  private(set) var ducks = 0
  /// The last that was known.
  private(set) var delay: Float?
  private(set) var drift: Float?
  /// While the loudspeaker plays and nobody speaks: what the microphone heard, and what was left.
  private var heard: Double = 0
  private var left: Double = 0

  init(samples: Int = 0) { self.samples = samples }

  var seconds: Float { Float(samples) / Float(Frame.sampleRate) }
  var speech: String { Decimal.percent(speechFrames, of: frames) }

  /// By how many dB the echo was reduced; nothing without one.
  var echoReduction: Float? {
    guard heard > 0 else { return nil }
    return 3.0103 * log2(Float(heard / max(left, heard * 1e-9)))
  }

  mutating func add(_ step: Replay.Step, mic: borrowing Frame) {
    frames += 1
    if step.isSpeech { speechFrames += 1 }
    for event in step.events {
      switch event {
      case .endpoint: turns += 1
      case .bargeIn: bargeIns += 1
      case .duck: ducks += 1
      case .speechStart, .speechEnd, .eagerEnd, .resumed, .unduck: break
      }
    }
    delay = step.delay ?? delay
    drift = step.drift ?? drift
    if step.isFar, !step.isSpeech {
      heard += Double(Loudness(of: mic).power)
      left += Double(Loudness(of: step.clean).power)
    }
  }

  /// All of a batch together. Delay and drift belong to one room.
  mutating func add(_ other: Figures) {
    samples += other.samples
    frames += other.frames
    speechFrames += other.speechFrames
    turns += other.turns
    bargeIns += other.bargeIns
    ducks += other.ducks
    heard += other.heard
    left += other.left
  }
}
