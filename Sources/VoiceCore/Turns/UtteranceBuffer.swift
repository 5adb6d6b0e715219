/// The last moments of sound, so that a turn begins before its first word was noticed, and so that
/// the silence that ends a turn is never sent.
public struct UtteranceBuffer: Sendable {
  private var frames: [Frame]
  private var next = 0
  /// Frames in it that nobody has taken yet.
  public private(set) var count = 0

  public init(capacity: SampleSpan) {
    frames = [Frame](repeating: .silence, count: max(1, capacity.frames))
  }

  public var capacity: Int { frames.count }

  /// The oldest goes when it is full.
  public mutating func keep(_ frame: Frame) {
    frames[next] = frame
    next = (next + 1) % frames.count
    count = min(count + 1, frames.count)
  }

  /// Takes the newest `wanted` frames, oldest first, and forgets the others.
  public mutating func take(newest wanted: Int) -> [Frame] {
    let taken = min(max(0, wanted), count)
    let start = (next - taken + frames.count) % frames.count
    count = 0
    return (0..<taken).map { frames[(start + $0) % frames.count] }
  }

  public mutating func clear() { count = 0 }
}
