internal import ESpeak
internal import Opus
internal import VoiceCore

/// Cuts sound into packets. Each sentence has its own, because sentences end in silence, where a new
/// encoder makes no seam.
///
/// What is around a packet on the wire (TLS, WebSocket, our header) weighs as much as 15 ms of sound.
/// So only the first one is short, because somebody waits for it; the others are as long as Opus
/// allows: two frames of 60 ms in one packet.
struct Packer: ~Copyable {
  static let frame = SampleSpan.milliseconds(60)

  var marks: [Synthesizer.Mark] = []
  private var encoder: SpeechEncoder
  private var sound: [Int16] = []
  private var waiting: [UInt8]?
  private var isFirst = true

  init() throws(OpusError) {
    encoder = try .open(bitsPerSecond: VoiceThread.bitsPerSecond, packet: Packer.frame)
  }

  /// Whole packets so far; nil when there is none yet.
  mutating func add(_ more: [Int16]) throws(OpusError) -> Speech? {
    sound += more
    let packets = try encode()
    if packets.isEmpty { return nil }
    defer { marks = [] }
    return Speech(packets: packets, marks: marks)
  }

  /// The rest, filled up with silence.
  mutating func finish() throws(OpusError) -> Speech {
    let size = encoder.samplesPerPacket
    let missing = (size - sound.count % size) % size
    sound += [Int16](repeating: 0, count: missing)
    var packets = try encode()
    if let rest = waiting { packets.append(rest) }
    waiting = nil
    return Speech(packets: packets, marks: marks, isEndOfSentence: true)
  }

  private mutating func encode() throws(OpusError) -> [[UInt8]] {
    let size = encoder.samplesPerPacket
    var packets: [[UInt8]] = []
    var start = 0
    while start + size <= sound.count {
      let packet = try encoder.encode(Array(sound[start..<start + size]))
      start += size
      if isFirst {
        isFirst = false
        packets.append(packet)
      } else if let one = waiting {
        waiting = nil
        if let both = Packer.join(one, packet) {
          packets.append(both)
        } else {
          packets += [one, packet]
        }
      } else {
        waiting = packet
      }
    }
    sound.removeFirst(start)
    return packets
  }

  /// Two packets of one frame each as one of two frames (RFC 6716, section 3.2.4); nil when they are
  /// not of one kind.
  static func join(_ one: [UInt8], _ other: [UInt8]) -> [UInt8]? {
    guard let kind = one.first, kind == other.first, kind & 3 == 0 else { return nil }
    let length = one.count - 1
    var joined = [kind | 2]
    if length < 252 {
      joined.append(UInt8(length))
    } else {
      let low = 252 + (length & 3)
      joined += [UInt8(low), UInt8((length - low) / 4)]
    }
    joined += one.dropFirst()
    joined += other.dropFirst()
    return joined
  }
}
