internal import ESpeak
internal import VoiceCore

/// A stretch of one sentence as the voice made it.
struct Speech: Equatable, Sendable {
  /// Sound in each packet.
  static let packet = SampleSpan.milliseconds(20)

  var packets: [[UInt8]]
  /// Words that begin in it; their places count from the start of the sentence.
  var marks: [Synthesizer.Mark]
  var isEndOfSentence: Bool

  init(packets: [[UInt8]], marks: [Synthesizer.Mark] = [], isEndOfSentence: Bool = false) {
    self.packets = packets
    self.marks = marks
    self.isEndOfSentence = isEndOfSentence
  }
}
