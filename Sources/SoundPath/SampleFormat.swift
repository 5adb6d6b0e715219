/// How a card writes one sample; all of them with the lowest byte first.
public enum SampleFormat: Equatable, Sendable, CaseIterable, BitwiseCopyable {
  case int16
  /// 24 bit in the lower three of four bytes.
  case int24
  /// 24 bit in three bytes.
  case int24Packed
  case int32
  case float32

  public var byteCount: Int {
    switch self {
    case .int16: 2
    case .int24Packed: 3
    case .int24, .int32, .float32: 4
    }
  }

  /// For people.
  public var name: String {
    switch self {
    case .int16: "16 bit"
    case .int24, .int24Packed: "24 bit"
    case .int32: "32 bit"
    case .float32: "float"
    }
  }
}
