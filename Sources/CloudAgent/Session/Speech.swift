package import ESpeak
package import VoiceCore

/// A stretch of one sentence as the voice made it.
package struct Speech: Equatable, Sendable {
  package let packets: [[UInt8]]
  /// Words that begin in it; their places count from the start of the sentence.
  package let marks: [Synthesizer.Mark]
  package let isEndOfSentence: Bool
  /// Sound in the packets.
  package let length: SampleSpan

  package init(
    packets: [[UInt8]], marks: [Synthesizer.Mark] = [], isEndOfSentence: Bool = false
  ) {
    self.packets = packets
    self.marks = marks
    self.isEndOfSentence = isEndOfSentence
    length = packets.reduce(.zero) { $0 + Speech.sound(in: $1) }
  }

  static func sound(in packet: [UInt8]) -> SampleSpan {
    PacketCoding.duration(of: packet) ?? .zero
  }
}
