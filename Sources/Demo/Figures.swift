/// What a conversation measured, in milliseconds and bytes.
public struct Figures: Equatable, Sendable {
  /// Turns that were sent to the agent.
  public var turns = 0
  public var interruptions = 0
  /// Replies that were held for a moment and then went on.
  public var falseAlarms = 0
  /// From the end of speech to the first sound of the answer, for each turn that was answered.
  public var answers: [Int] = []
  /// From the onset of an interruption to the loudspeaker's silence.
  public var mutes: [Int] = []
  public var bytesUp = 0
  public var bytesUpContinuous = 0

  public init(of timeline: Timeline) {
    turns = timeline.turns.count { $0.committedAt != nil }
    interruptions = timeline.mutes.count { $0.confirmed != nil }
    falseAlarms = timeline.mutes.count { $0.held != nil && $0.resumed != nil }
    bytesUp = timeline.bytesUp
    bytesUpContinuous = timeline.bytesUpContinuous
    // The room knows when its talker and its loudspeaker were really heard; without it we take the
    // device's word.
    if timeline.talks.isEmpty {
      answers = Figures.answers(toldBy: timeline)
      mutes = timeline.mutes.compactMap { mute in
        mute.confirmed.map { (mute.held ?? $0) - mute.onset }
      }
    } else {
      answers = timeline.talks.indices.compactMap { Figures.answer(to: $0, in: timeline) }
      mutes = timeline.talks.indices.compactMap { Figures.silencing(by: $0, in: timeline) }
        .map(\.took)
    }
  }

  public var answer: Int? { Figures.median(answers) }
  public var mute: Int? { Figures.median(mutes) }
  /// Bytes sent for each byte that continuous 16-bit PCM would have taken.
  public var share: Double? {
    bytesUpContinuous > 0 ? Double(bytesUp) / Double(bytesUpContinuous) : nil
  }

  /// The middle one; of two middle ones the later, so that the figure is one that was measured.
  static func median(_ values: [Int]) -> Int? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
  }

  /// From the end of what was said to the first sound before anything else was said.
  static func answer(to talk: Int, in timeline: Timeline) -> Int? {
    guard let end = timeline.talks[talk].end else { return nil }
    let next = talk + 1 < timeline.talks.count ? timeline.talks[talk + 1].start : Int.max
    return timeline.sounds.first { $0.start >= end && $0.start < next }.map { $0.start - end }
  }

  /// The end of a reply by what was said over it.
  struct Silencing {
    var onset: Int
    /// From then on the loudspeaker was quiet: nothing more was heard of it, and it was muted. The
    /// second counts too, or a reply that just drew breath would look like a quick mute.
    var silent: Int
    /// The sound that ended; nil when none had been heard.
    var sound: Int?
    var took: Int { silent - onset }
  }

  static func silencing(by talk: Int, in timeline: Timeline) -> Silencing? {
    let said = timeline.talks[talk]
    guard let mute = timeline.confirmed(during: said), let muted = mute.held ?? mute.confirmed
    else { return nil }
    guard let sound = timeline.sounds.lastIndex(where: { $0.start <= muted }) else {
      return Silencing(onset: said.start, silent: max(muted, said.start), sound: nil)
    }
    // It still sounds, as far as we know.
    guard let end = timeline.sounds[sound].end else { return nil }
    return Silencing(onset: said.start, silent: max(muted, end, said.start), sound: sound)
  }

  private static func answers(toldBy timeline: Timeline) -> [Int] {
    timeline.turns.compactMap { turn in
      guard turn.committedAt != nil, let end = turn.end else { return nil }
      return timeline.replies.first { $0.turn == turn.number && $0.firstSound != nil }
        .flatMap { $0.firstSound }.map { $0 - end }
    }
  }
}

extension Timeline {
  /// How far the device's idea of an onset may be from the true one.
  static let tolerance = 500

  /// The interruption that this talk made.
  func confirmed(during talk: Span) -> Mute? {
    let heard =
      (talk.start - Timeline.tolerance)...(max(talk.start, talk.end ?? end) + Timeline.tolerance)
    return mutes.first { $0.confirmed != nil && heard.contains($0.onset) }
  }
}
