internal import COpus
public import VoiceCore

/// Opus packets of any length and rate into 16 kHz mono.
public struct SpeechDecoder: ~Copyable {
  /// The longest packet Opus knows: 120 ms.
  public static let longestPacket = SampleSpan.milliseconds(120)

  private let handle: OpaquePointer
  private var scratch: [Int16]

  private init(owning handle: OpaquePointer) {
    self.handle = handle
    scratch = [Int16](repeating: 0, count: Int(SpeechDecoder.longestPacket.samples))
  }
  deinit { opus_decoder_destroy(handle) }

  public static func open() throws(OpusError) -> SpeechDecoder {
    var status: Int32 = 0
    guard let handle = opus_decoder_create(Int32(Frame.sampleRate), 1, &status) else {
      throw OpusError(action: "open a decoder", code: status)
    }
    return SpeechDecoder(owning: handle)
  }

  public mutating func decode(_ packet: [UInt8]) throws(OpusError) -> [Int16] {
    // The library would invent 120 ms of sound: to it, no bytes are a packet that was lost.
    guard !packet.isEmpty else {
      throw OpusError(action: "decode a packet of 0 bytes", code: OPUS_INVALID_PACKET)
    }
    let count = opus_decode(
      handle, packet, Int32(packet.count), &scratch, Int32(scratch.count), 0)
    try OpusError.check(count, "decode a packet of \(packet.count) bytes")
    return Array(scratch[..<Int(count)])
  }

  /// How much sound a packet holds, from its first byte; nil when it is no Opus packet.
  public static func duration(of packet: [UInt8]) -> SampleSpan? {
    let count = opus_packet_get_nb_samples(packet, Int32(packet.count), Int32(Frame.sampleRate))
    return count > 0 ? SampleSpan(samples: Int64(count)) : nil
  }

  /// Forgets the last packet, so that one reply does not colour the next.
  public mutating func reset() { copus_decoder_reset(handle) }
}
