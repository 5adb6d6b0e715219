/// What an Opus packet says about itself in its first bytes (RFC 6716, section 3.1), so that the
/// core can count sound it has not decoded.
public enum PacketCoding {
  /// How much sound the packet holds; nil when it is none.
  public static func duration(of packet: [UInt8]) -> SampleSpan? {
    guard let first = packet.first else { return nil }
    let frames: Int64
    switch first & 3 {
    case 0: frames = 1
    case 1, 2: frames = 2
    default:
      guard packet.count > 1, packet[1] & 0x3F > 0 else { return nil }
      frames = Int64(packet[1] & 0x3F)
    }
    let tenths: Int64
    switch first >> 3 {
    case 0..<12: tenths = [100, 200, 400, 600][Int(first >> 3 & 3)]
    case 12..<16: tenths = first >> 3 & 1 == 0 ? 100 : 200
    default: tenths = 25 << Int64(first >> 3 & 3)
    }
    let span = SampleSpan(samples: frames * tenths * SampleSpan.samplesPerMillisecond / 10)
    return span <= .milliseconds(120) ? span : nil
  }
}
