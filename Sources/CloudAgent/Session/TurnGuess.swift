internal import VoiceCore

/// What an open turn is if nothing more comes of it, and the answer to that: held back until the turn
/// is committed as it was guessed.
struct TurnGuess: Equatable, Sendable {
  let revision: Int
  let heard: WorkResult.Understood
  /// Nil when there is nothing to prepare, or the voice failed.
  var prepared: Prepared?

  struct Prepared: Equatable, Sendable {
    let answer: Answer
    var reply: OutgoingReply
  }
}
