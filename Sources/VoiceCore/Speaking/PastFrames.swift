/// The last few frames of a reply, as they came.
struct PastFrames: Sendable {
  static let capacity = 8
  static let samples = capacity * Frame.sampleCount

  private var frames = InlineArray<8, Frame>(repeating: Frame())
  /// Where the next one goes.
  private var next = 0

  mutating func add(_ frame: borrowing Frame) {
    frames[next] = copy frame
    next = (next + 1) % PastFrames.capacity
  }

  /// A frame's worth of samples, the first of which is `before` samples before the end; what would
  /// be beyond it is not written.
  func read(_ before: Int, into out: inout Frame) {
    let start = next * Frame.sampleCount - before + PastFrames.samples
    for index in 0..<min(Frame.sampleCount, before) {
      let place = (start + index) % PastFrames.samples
      out[index] = frames[place / Frame.sampleCount][place % Frame.sampleCount]
    }
  }
}
