internal import VoiceCore

/// What an Opus packet tells about itself in its first byte (RFC 6716, section 3).
enum OpusPacket {
  /// How much sound it holds; nil when its frame count cannot be right.
  static func span(_ packet: [UInt8]) -> SampleSpan? {
    guard let first = packet.first else { return nil }
    let configuration = first >> 3
    // 2.5 ms are 40 samples at our rate.
    let frame: Int64
    switch configuration {
    case 0..<12: frame = [160, 320, 640, 960][Int(configuration & 3)]
    case 12..<16: frame = configuration & 1 == 0 ? 160 : 320
    default: frame = 40 << Int64(configuration & 3)
    }
    let count: Int64
    switch first & 3 {
    case 0: count = 1
    case 1, 2: count = 2
    default:
      guard packet.count > 1 else { return nil }
      count = Int64(packet[1] & 63)
    }
    // RFC 6716 allows 120 ms.
    guard count > 0, frame * count <= 1_920 else { return nil }
    return SampleSpan(samples: frame * count)
  }
}
