/// A layer with a memory: a gated recurrent unit. What it hears and what it remembers decide how
/// much of the memory is kept.
struct RecurrentLayer: ~Copyable {
  let size: Int
  private let heard: DenseLayer
  private let remembered: DenseLayer
  private let fromInput: FloatMemory
  private let fromMemory: FloatMemory
  /// What the layer says, which is what it remembers.
  let state: FloatMemory

  /// - Parameter size: a multiple of 8.
  init(inputs: Int, size: Int, from reader: inout WeightReader) {
    precondition(size % 8 == 0)
    self.size = size
    // Three gates in a row: update, reset, candidate.
    heard = DenseLayer(inputs: inputs, outputs: 3 * size, from: &reader)
    remembered = DenseLayer(inputs: size, outputs: 3 * size, from: &reader)
    fromInput = FloatMemory(count: 3 * size)
    fromMemory = FloatMemory(count: 3 * size)
    state = FloatMemory(count: size)
  }

  func hear(_ input: UnsafeMutablePointer<Float>) {
    heard.apply(to: input, into: fromInput.start)
    remembered.apply(to: state.start, into: fromMemory.start)
    let x = fromInput.start
    let h = fromMemory.start
    var place = 0
    while place < size {
      let update = Squash.sigmoid(x.eight(place) + h.eight(place))
      let reset = Squash.sigmoid(x.eight(size + place) + h.eight(size + place))
      let candidate = Squash.tanh(
        x.eight(2 * size + place) + reset * h.eight(2 * size + place))
      let before = state.start.eight(place)
      state.start.store(candidate + update * (before - candidate), at: place)
      place += 8
    }
  }

  func forget() { state.clear() }
}
