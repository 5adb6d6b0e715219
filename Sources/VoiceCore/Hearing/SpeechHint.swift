/// Another's opinion of how likely a frame holds speech, 0 to 1: one feature of the detector's.
public protocol SpeechHint: ~Copyable {
  mutating func hear(_ frame: borrowing Frame) -> Float
}

/// For tests: no opinion.
public struct NoHint: SpeechHint {
  public init() {}
  public mutating func hear(_ frame: borrowing Frame) -> Float { 0.5 }
}
