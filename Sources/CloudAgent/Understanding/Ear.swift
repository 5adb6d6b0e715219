internal import Linux
internal import PocketSphinx
internal import VoiceCore

/// Hears one turn at a time with both recognisers, while it is being spoken.
struct Ear: ~Copyable {
  private var strict: Recogniser
  private var everyday: Recogniser
  /// What a device is taken for before it has said anything.
  let unknownChannel: Channel

  struct Channel: Equatable, Sendable {
    fileprivate let strict: Recogniser.Channel
    fileprivate let everyday: Recogniser.Channel
  }

  struct Heard: Sendable {
    let grammar: Recognition
    let everyday: Recognition
    let channel: Channel
  }

  static func open(_ vocabulary: Vocabulary, _ model: AcousticModel) throws(RecogniserError) -> Ear
  {
    let strict = try Recogniser.open(
      model, vocabulary.pronunciations, expecting: .grammar(vocabulary.grammar))
    let everyday = try Recogniser.open(
      model, vocabulary.pronunciations, expecting: .language(vocabulary.language))
    let channel = Channel(strict: strict.channel, everyday: everyday.channel)
    return Ear(strict: strict, everyday: everyday, unknownChannel: channel)
  }

  private init(
    strict: consuming Recogniser, everyday: consuming Recogniser, unknownChannel: Channel
  ) {
    self.strict = strict
    self.everyday = everyday
    self.unknownChannel = unknownChannel
  }

  mutating func begin(on channel: Channel?) throws(RecogniserError) {
    let channel = channel ?? unknownChannel
    try strict.begin(on: channel.strict)
    try everyday.begin(on: channel.everyday)
  }

  mutating func hear(_ sound: [Int16]) throws(RecogniserError) {
    try strict.hear(sound)
    try everyday.hear(sound)
  }

  /// The everyday words so far; the turn goes on.
  mutating func glance() -> [String] { everyday.glance() }

  mutating func finish() throws(RecogniserError) -> Heard {
    // Both expect a sentence to end in silence, which the device does not send.
    let silence = [Int16](repeating: 0, count: Int(SampleSpan.milliseconds(200).samples))
    try hear(silence)
    let grammar = try strict.finish()
    let words = try everyday.finish()
    return Heard(
      grammar: grammar, everyday: words,
      channel: Channel(strict: strict.channel, everyday: everyday.channel))
  }

  mutating func forget() {
    strict.forget()
    everyday.forget()
  }
}
