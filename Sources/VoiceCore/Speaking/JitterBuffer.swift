/// Replies waiting to be decoded, in order, still compressed: an agent may send far ahead.
public struct JitterBuffer: Sendable {
  public enum Step: Equatable, Sendable {
    case packet(ReplyID, [UInt8])
    case end(ReplyID)

    fileprivate var bytes: Int {
      if case .packet(_, let packet) = self { packet.count } else { 0 }
    }
  }

  /// An agent that ignores its grant is cut off here: 20 ms packets of three minutes, or four
  /// minutes at 32 kbit/s, whichever comes first.
  static let mostSteps = 9_000
  public static let mostBytes = 1 << 20

  private var steps: [Step] = []
  private var first = 0
  private var bytes = 0
  /// Packets refused because the buffer was full.
  public private(set) var refused = 0

  public init() {}

  public var isEmpty: Bool { first == steps.count }
  public var count: Int { steps.count - first }

  public mutating func add(_ step: Step) {
    // The end is always taken: without it the reply would never be over.
    guard
      step.bytes == 0
        || (count < JitterBuffer.mostSteps && bytes + step.bytes <= JitterBuffer.mostBytes)
    else {
      refused += 1
      return
    }
    bytes += step.bytes
    steps.append(step)
  }

  public mutating func next() -> Step? {
    guard first < steps.count else { return nil }
    let step = steps[first]
    first += 1
    bytes -= step.bytes
    // Compact now and then: a queue of slices would keep every packet ever played.
    if first >= 64 {
      steps.removeFirst(first)
      first = 0
    }
    return step
  }

  public mutating func clear() {
    steps.removeAll()
    first = 0
    bytes = 0
  }
}
