/// One WebSocket message, as bytes: what a protocol makes of the core's messages, and back.
public enum WireMessage: Equatable, Sendable {
  /// UTF-8.
  case text([UInt8])
  case binary([UInt8])
}
