/// The learned listener: says from the features of each frame whether a person is speaking, and
/// how much of each band is theirs and the room's rather than echo.
///
/// A dense layer, two recurrent ones, three answers. `tools/train` taught it; docs/TRAINING.md says
/// with what.
struct SpeechNetwork: ~Copyable {
  static let wide = 48
  static let deep = 40
  /// Band gains, then speech and openness, filled up to a multiple of 8.
  static let answers = 32

  struct Answer: Sendable {
    /// 0 to 1.
    var speech: Float = 0
    /// How much like words it sounds, 0 to 1: a hum has little.
    var openness: Float = 0
    /// What to multiply each band of the error with, 0 to 1.
    var gains = Bands(repeating: 1)
  }

  private let mean = FloatMemory(count: SpeechFeatures.count)
  private let scale = FloatMemory(count: SpeechFeatures.count)
  private let input = FloatMemory(count: SpeechFeatures.count)
  private let first = FloatMemory(count: wide)
  private let both = FloatMemory(count: wide + deep)
  private let out = FloatMemory(count: answers)
  private let entry: DenseLayer
  private let near: RecurrentLayer
  private let far: RecurrentLayer
  private let exit: DenseLayer

  /// Whether the text held a whole network and nothing else.
  let isWhole: Bool

  init(weights: StaticString = SpeechWeights.text) {
    var reader = WeightReader(weights)
    for index in 0..<SpeechFeatures.count {
      mean[index] = reader.fine()
      scale[index] = reader.fine()
    }
    entry = DenseLayer(inputs: SpeechFeatures.count, outputs: SpeechNetwork.wide, from: &reader)
    near = RecurrentLayer(inputs: SpeechNetwork.wide, size: SpeechNetwork.wide, from: &reader)
    far = RecurrentLayer(inputs: SpeechNetwork.wide, size: SpeechNetwork.deep, from: &reader)
    exit = DenseLayer(
      inputs: SpeechNetwork.wide + SpeechNetwork.deep, outputs: SpeechNetwork.answers,
      from: &reader)
    isWhole = reader.isWhole
  }

  func forget() {
    near.forget()
    far.forget()
  }

  /// - Parameter features: as `SpeechFeatures` makes them.
  func judge(_ features: UnsafeMutablePointer<Float>) -> Answer {
    var index = 0
    while index < SpeechFeatures.count {
      let centred = (features.eight(index) - mean.start.eight(index)) * scale.start.eight(index)
      input.start.store(Squash.bounded(centred, by: SpeechNetwork.mostInput), at: index)
      index += 8
    }
    entry.apply(to: input.start, into: first.start)
    index = 0
    while index < SpeechNetwork.wide {
      first.start.store(Squash.tanh(first.start.eight(index)), at: index)
      index += 8
    }
    near.hear(first.start)
    far.hear(near.state.start)
    both.start.copy(from: near.state.start, count: SpeechNetwork.wide)
    (both.start + SpeechNetwork.wide).copy(from: far.state.start, count: SpeechNetwork.deep)
    exit.apply(to: both.start, into: out.start)
    index = 0
    while index < SpeechNetwork.answers {
      out.start.store(Squash.sigmoid(out.start.eight(index)), at: index)
      index += 8
    }
    var answer = Answer()
    for band in 0..<Bands.count { answer.gains[band] = out[band] }
    answer.speech = out[24]
    answer.openness = out[25]
    return answer
  }

  /// Standard deviations: beyond it a feature says nothing more.
  private static let mostInput: Float = 4
}
