internal import VoiceCore

/// The revisions of the open turn: each guess that it is over is taken back once, and the commit is of
/// the last. A turn that is not open is none of its business: messages about it cross on the way.
struct RevisionCheck: Sendable {
  private var turn = TurnID(0)
  private var isOpen = false
  private var revision = 0
  /// How long the turn was when it was last said to be over.
  private var guessed = SampleSpan.zero
  private var isGuessed = false

  /// A number that does not go up begins nothing, and leaves open what is.
  mutating func start(_ turn: TurnID) {
    guard turn.number > self.turn.number else { return }
    self = RevisionCheck()
    self.turn = turn
    isOpen = true
  }

  mutating func end(_ turn: TurnID, _ given: Int, _ audio: SampleSpan) throws(WireError) {
    guard isOpen, turn == self.turn else { return }
    guard !isGuessed, given == revision else {
      throw .outOfOrder(
        "turn.eager_end of revision \(given) came "
          + (isGuessed ? "before that of \(revision) was resumed" : "in revision \(revision)"))
    }
    isGuessed = true
    guessed = audio
  }

  mutating func resume(_ turn: TurnID, _ given: Int) throws(WireError) {
    guard isOpen, turn == self.turn else { return }
    guard isGuessed, given == revision + 1 else {
      throw .outOfOrder(
        "turn.resumed to revision \(given) came "
          + (isGuessed ? "after revision \(revision)" : "without a turn.eager_end"))
    }
    isGuessed = false
    revision = given
  }

  /// The revision of a commit, which older versions do not name: then it is the one that the turn has.
  mutating func commit(_ turn: TurnID, _ given: Int?, _ audio: SampleSpan) throws(WireError) -> Int
  {
    guard isOpen, turn == self.turn else { return given ?? 0 }
    guard given ?? revision == revision else {
      throw .outOfOrder("turn.commit of revision \(given ?? 0) came in revision \(revision)")
    }
    guard audio >= guessed else {
      throw .outOfOrder(
        "turn.commit of \(audio.milliseconds) ms came after turn.eager_end of "
          + "\(guessed.milliseconds) ms")
    }
    isOpen = false
    return revision
  }
}
