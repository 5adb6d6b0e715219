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
    falseAlarms = timeline.mutes.count { $0.resumed != nil }
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
        .map { $0.silent - $0.onset }
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

  /// Onset and silence, when this was said over a sound that then fell silent before its own time.
  static func silencing(by talk: Int, in timeline: Timeline) -> (onset: Int, silent: Int)? {
    let onset = timeline.talks[talk].start
    guard
      let sound = timeline.sounds.last(where: { $0.start < onset && ($0.end ?? .max) > onset }),
      let silent = sound.end,
      timeline.confirmed(during: timeline.talks[talk]) != nil
    else { return nil }
    return (onset, silent)
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
