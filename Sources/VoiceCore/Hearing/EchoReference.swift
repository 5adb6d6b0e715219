/// What the loudspeaker played, delayed to meet its echo in the microphone.
public struct EchoReference: Sendable {
  /// The longest bulk delay, in frames: 320 ms.
  static let capacity = 32

  private var played = InlineArray<32, Frame>(repeating: Frame())
  private var next = 0
  private var delay: Int

  /// - Parameter delay: whole frames between playing and hearing that are known for certain; what
  ///   is left is the canceller's to find.
  public init(delay: SampleSpan = .zero) {
    self.delay = max(0, min(EchoReference.capacity - 1, Int(delay.samples) / Frame.sampleCount))
  }

  public mutating func play(_ frame: borrowing Frame) {
    played[next] = copy frame
    next = (next + 1) % EchoReference.capacity
  }

  /// The frame whose echo may begin in the microphone frame that comes next.
  public var frame: Frame {
    played[(next + EchoReference.capacity - 1 - delay) % EchoReference.capacity]
  }
}
