internal import VoiceCore

/// One reply on its way: what was made of it, what was sent, and what was played. Sends no further
/// ahead of the loudspeaker than the device has room for.
struct OutgoingReply: Equatable, Sendable {
  /// Made ahead of what may be sent: enough that the voice never holds up the loudspeaker, and all
  /// the memory a reply takes.
  static let lookAhead = SampleSpan.seconds(4)

  enum Step: Equatable, Sendable {
    case text(Spoken, at: SampleSpan)
    case packet([UInt8])
    case end(audio: SampleSpan)
  }

  let id: ReplyID
  let turn: TurnID
  let revision: Int
  let weight: Answer.Weight
  private(set) var delivery: Delivery
  private(set) var sent = SampleSpan.zero
  private(set) var played = SampleSpan.zero
  /// Everything was sent, or it was given up: nothing more of it leaves.
  private(set) var isOver = false
  private var isGivenUp = false
  private var requested = 0
  private var waiting: [Step] = []
  private var next = 0
  private var waitingSound = SampleSpan.zero

  init(id: ReplyID, turn: TurnID, revision: Int, answer: Answer) {
    self.id = id
    self.turn = turn
    self.revision = revision
    weight = answer.weight
    delivery = Delivery(answer.sentences)
  }

  /// Nobody is listening to it any more.
  var isAtRest: Bool { isGivenUp || (isOver && played == sent) }

  /// The next sentence the voice should make, once; nil while there is enough.
  mutating func takeWish() -> (index: Int, text: String)? {
    guard !isOver, requested == delivery.finished, requested < delivery.sentences.count,
      waitingSound < OutgoingReply.lookAhead
    else { return nil }
    requested += 1
    return (requested - 1, delivery.sentences[requested - 1])
  }

  mutating func add(_ speech: Speech) {
    guard !isOver, delivery.finished < requested else { return }
    let sentence = delivery.sentences[delivery.finished]
    let start = delivery.length
    if delivery.add(speech) { waiting.append(.text(Spoken(sentence), at: start)) }
    for packet in speech.packets { waiting.append(.packet(packet)) }
    waitingSound += speech.length
    if delivery.isComplete { waiting.append(.end(audio: delivery.length)) }
  }

  /// What may be sent now, in order.
  mutating func takeStep(within buffer: SampleSpan) -> Step? {
    guard !isOver, next < waiting.count else { return nil }
    let step = waiting[next]
    switch step {
    case .text: break
    case .packet(let packet):
      let sound = Speech.sound(in: packet)
      guard sent + sound - played <= buffer else { return nil }
      sent += sound
      waitingSound = waitingSound - sound
    case .end: isOver = true
    }
    next += 1
    if next == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      next = 0
    }
    return step
  }

  /// What the device says it played: never less than before, never more than was sent.
  mutating func hasPlayed(_ span: SampleSpan, isDrained: Bool) {
    played = isDrained && isOver ? sent : min(sent, max(played, span))
  }

  /// How long a character takes, roughly, at the usual rate.
  private static let perCharacter = SampleSpan.milliseconds(70)

  /// Leaves out the sentences that would be heard too late, except the one that is being sent.
  mutating func shorten(toEndWithin grace: SampleSpan) {
    guard !isOver, let kept = sentences(endingWithin: grace) else { return }
    let start = delivery.start(of: kept)
    delivery.leaveOut(after: kept)
    requested = min(requested, kept)
    if let start {
      let cut = waiting[next...].firstIndex {
        if case .text(_, start) = $0 { true } else { false }
      }
      waiting.removeSubrange((cut ?? waiting.count)...)
      waitingSound = delivery.length - sent
    }
    if delivery.isComplete { waiting.append(.end(audio: delivery.length)) }
  }

  /// Nil when all of them do.
  private func sentences(endingWithin grace: SampleSpan) -> Int? {
    var end = SampleSpan.zero
    for (index, sentence) in delivery.sentences.enumerated() {
      if index < delivery.finished {
        end = delivery.start(of: index + 1) ?? delivery.length
      } else {
        let characters = Int64(sentence.utf8.count)
        end += SampleSpan(samples: OutgoingReply.perCharacter.samples * characters)
      }
      let isBegun = index == 0 || delivery.start(of: index).map { $0 < sent } ?? false
      if end - played > grace, !isBegun { return index }
    }
    return nil
  }

  mutating func giveUp() {
    isOver = true
    isGivenUp = true
    waiting = []
    next = 0
  }
}
