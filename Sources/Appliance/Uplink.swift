internal import Opus
internal import Settings
internal import VoiceCore

/// Both codecs of the conversation, in a class because closures may not capture what is not copyable.
final class Coding {
  var uplink: Uplink
  var downlink: Downlink

  init(_ settings: DeviceSettings) throws(OpusError) {
    let encoder = try SpeechEncoder.open(
      bitsPerSecond: Int32(settings.link.bitsPerSecond), packet: settings.link.packet)
    let decoder = try SpeechDecoder.open()
    uplink = Uplink(encoder: encoder, packet: settings.link.packet)
    downlink = Downlink(decoder: decoder)
  }
}

/// Packs the frames of a turn into Opus packets.
struct Uplink: ~Copyable {
  private var encoder: SpeechEncoder
  private var block: [Int16] = []
  private var at = SampleSpan.zero
  private let packet: SampleSpan

  init(encoder: consuming SpeechEncoder, packet: SampleSpan) {
    self.encoder = encoder
    self.packet = packet
    block.reserveCapacity(Int(packet.samples))
  }

  /// The packet that this frame completes, if it does.
  mutating func add(_ frame: Frame, of turn: TurnID) throws(OpusError) -> Upstream? {
    for index in 0..<Frame.sampleCount { block.append(frame[index]) }
    return block.count >= encoder.samplesPerPacket ? try code(turn) : nil
  }

  /// The last packet, filled up with silence.
  mutating func finish(_ turn: TurnID) throws(OpusError) -> Upstream? {
    defer { abandon() }
    guard !block.isEmpty else { return nil }
    block.append(
      contentsOf: [Int16](repeating: 0, count: encoder.samplesPerPacket - block.count))
    return try code(turn)
  }

  /// Goes on at a later place: what is missing in between never came.
  mutating func skip(_ turn: TurnID, to place: SampleSpan) throws(OpusError) -> Upstream? {
    defer { at = place }
    guard !block.isEmpty else { return nil }
    block.append(
      contentsOf: [Int16](repeating: 0, count: encoder.samplesPerPacket - block.count))
    return try code(turn)
  }

  mutating func abandon() {
    block.removeAll(keepingCapacity: true)
    at = .zero
  }

  private mutating func code(_ turn: TurnID) throws(OpusError) -> Upstream {
    // A packet the codec refuses is lost, but the next one must not begin with its sound.
    defer {
      block.removeAll(keepingCapacity: true)
      at += packet
    }
    return .turnAudio(turn, packet: try encoder.encode(block), at: at)
  }
}
