/// The sound of every cue, put together at start: the audio thread only reads it.
public struct CueSounds: Sendable {
  /// Nobody listens longer to a device that cannot answer.
  public static let longest = SampleSpan.seconds(5)
  /// A recording may begin and end in the middle of a sound; here it does so within 5 ms.
  static let edge = 80

  /// One after the other, in the order of the cues.
  private var samples: [Int16] = []
  private var starts = InlineArray<5, Int>(repeating: 0)

  /// - Parameter recording: what is to be heard instead of our own sound; the longest part of it
  ///   that is allowed.
  public init(recording: (Cue) -> [Int16]? = { _ in nil }) {
    for cue in Cue.allCases {
      if let recording = recording(cue) { add(recording) } else { samples += Earcon.sound(of: cue) }
      starts[cue.rawValue] = samples.count
    }
  }

  private mutating func add(_ recording: [Int16]) {
    let count = min(recording.count, Int(CueSounds.longest.samples))
    for index in 0..<count {
      let depth = min(index, count - 1 - index, CueSounds.edge)
      samples.append(Int16(Int(recording[index]) * depth / CueSounds.edge))
    }
  }

  func range(of cue: Cue) -> Range<Int> { starts[cue.rawValue - 1]..<starts[cue.rawValue] }

  subscript(index: Int) -> Int16 { samples[index] }

  public func sound(of cue: Cue) -> [Int16] { Array(samples[range(of: cue)]) }
}
