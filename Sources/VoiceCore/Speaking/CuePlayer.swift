/// Adds the cue that was ordered to what the loudspeaker gets: one at a time, the newest, and never
/// with a hard edge. Runs on the audio thread: it reads memory that is there and adds numbers.
public struct CuePlayer: Sendable {
  private let sounds: CueSounds
  /// Of the cues beside the replies.
  private let level: Float
  /// What is left of the one that plays; the place goes on through the sounds of all.
  private var rest = 0..<0
  private var gain: Float = 0
  /// The frame that comes fades out.
  private var isEnding = false
  /// Begins when the one before it has faded.
  private var next: Cue?

  /// - Parameter level: 0 to 100, as the volume, on top of which it comes.
  public init(sounds: CueSounds = CueSounds(), level: Int = 100) {
    self.sounds = sounds
    self.level = Volume.gain(level)
  }

  public var isPlaying: Bool { !rest.isEmpty }

  public mutating func take(_ order: CueOrder) {
    isEnding = isPlaying
    switch order {
    case .play(let cue): next = cue
    case .stop: next = nil
    }
  }

  /// Silent within the frame that comes. Before sound was added to it there was nothing to end.
  public mutating func stop() { take(.stop) }

  /// - Parameter volume: of the loudspeaker, as a gain.
  public mutating func add(to out: inout Frame, volume: Float) {
    if !isPlaying, let cue = next {
      rest = sounds.range(of: cue)
      next = nil
    }
    guard isPlaying else { return }
    let target = isEnding ? 0 : volume * level
    // Over the whole frame: a change of volume is no edge either.
    let step = (target - gain) / Float(Frame.sampleCount)
    for index in 0..<min(Frame.sampleCount, rest.count) {
      gain += step
      let sum = Float(out[index]) + Float(sounds[rest.lowerBound + index]) * gain
      out[index] = Int16(max(-32_768, min(32_767, sum.rounded())))
    }
    gain = target
    rest = rest.dropFirst(Frame.sampleCount)
    if isEnding || rest.isEmpty {
      rest = 0..<0
      isEnding = false
      gain = 0
    }
  }
}
