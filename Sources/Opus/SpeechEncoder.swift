internal import COpus
public import VoiceCore

/// Speech at 16 kHz mono into Opus packets of one length.
public struct SpeechEncoder: ~Copyable {
  /// An Opus packet of one frame never exceeds this (RFC 6716, 3.2.1), three make 60 ms.
  static let longestPacket = 3 * 1_275

  public let samplesPerPacket: Int
  private let handle: OpaquePointer
  private var scratch: [UInt8]

  private init(owning handle: OpaquePointer, samplesPerPacket: Int) {
    self.handle = handle
    self.samplesPerPacket = samplesPerPacket
    scratch = [UInt8](repeating: 0, count: SpeechEncoder.longestPacket)
  }
  deinit { opus_encoder_destroy(handle) }

  /// - Parameter packet: 10, 20, 40 or 60 milliseconds of sound in each packet.
  public static func open(bitsPerSecond: Int32, packet: SampleSpan) throws(OpusError)
    -> SpeechEncoder
  {
    var status: Int32 = 0
    guard
      let handle = opus_encoder_create(
        Int32(Frame.sampleRate), 1, OPUS_APPLICATION_VOIP, &status)
    else { throw OpusError(action: "open an encoder", code: status) }
    // From here on, deinit frees it.
    let encoder = SpeechEncoder(owning: handle, samplesPerPacket: Int(packet.samples))
    try encoder.set(COPUS_SET_BITRATE, bitsPerSecond, "set the bit rate")
    // 5 of 10: the last steps cost twice the time for nothing a recogniser notices at 16 kbit/s.
    try encoder.set(COPUS_SET_COMPLEXITY, 5, "set the complexity")
    // Pauses inside a turn cost next to nothing.
    try encoder.set(COPUS_SET_DTX, 1, "switch discontinuous sending on")
    try encoder.set(COPUS_SET_SIGNAL, 3001, "expect speech")  // OPUS_SIGNAL_VOICE
    return encoder
  }

  private borrowing func set(_ request: some BinaryInteger, _ value: Int32, _ action: String)
    throws(OpusError)
  {
    try OpusError.check(copus_encoder_set(handle, Int32(request), value), action)
  }

  /// - Parameter sound: exactly `samplesPerPacket` samples.
  public mutating func encode(_ sound: [Int16]) throws(OpusError) -> [UInt8] {
    precondition(sound.count == samplesPerPacket)
    let length = opus_encode(
      handle, sound, Int32(sound.count), &scratch, Int32(scratch.count))
    try OpusError.check(length, "encode \(sound.count) samples")
    return Array(scratch[..<Int(length)])
  }
}
