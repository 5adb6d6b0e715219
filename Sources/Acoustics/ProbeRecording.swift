internal import VoiceCore

/// What was recorded while the probe was played: both directions, sample by sample.
public struct ProbeRecording: Sendable {
  public var mic: [Int16]
  /// What was handed to the loudspeaker, at whatever volume. What was handed over after the
  /// microphone's frame n is at frame n.
  public var played: [Int16]
  /// dB that the running canceller took from the echo, frame by frame; nil while there was none.
  public var reduction: [Float?]
  /// Samples by which the loudspeaker had made longer what it was given, to follow the microphone's
  /// clock, frame by frame; empty where it does no such thing.
  public var moved: [Double] = []

  public init(mic: [Int16] = [], played: [Int16] = [], reduction: [Float?] = []) {
    self.mic = mic
    self.played = played
    self.reduction = reduction
  }

  /// From one frame to another.
  func moved(from one: Int, to other: Int) -> Double {
    guard moved.indices.contains(one), moved.indices.contains(other) else { return 0 }
    return moved[other] - moved[one]
  }

  /// The whole probe was played and heard.
  public var isWhole: Bool {
    let count = Probe.frameCount * Frame.sampleCount
    return mic.count >= count && played.count >= count
  }

  func heard(_ frames: Range<Int>) -> ArraySlice<Int16> {
    mic[(frames.lowerBound * Frame.sampleCount)..<(frames.upperBound * Frame.sampleCount)]
  }

  func sent(_ frames: Range<Int>) -> ArraySlice<Int16> {
    played[(frames.lowerBound * Frame.sampleCount)..<(frames.upperBound * Frame.sampleCount)]
  }
}
