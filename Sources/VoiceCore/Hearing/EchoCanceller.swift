/// Takes out of the microphone what the loudspeaker put in.
public protocol EchoCanceller: ~Copyable {
  /// - Parameter reference: what the loudspeaker plays, placed so that its echo comes later, not
  ///   earlier, than it.
  /// - Returns: how likely the frame holds speech by the canceller's own spectrum, 0 to 1: one
  ///   feature for the detector among several.
  mutating func cancel(
    mic: borrowing Frame, reference: borrowing Frame, clean: inout Frame, suppressed: inout Frame
  ) -> Float
}

/// For tests and for boards whose microphone never hears the loudspeaker.
public struct NoEchoCanceller: EchoCanceller {
  public init() {}
  public mutating func cancel(
    mic: borrowing Frame, reference: borrowing Frame, clean: inout Frame, suppressed: inout Frame
  ) -> Float {
    clean = copy mic
    suppressed = copy mic
    return 1
  }
}
