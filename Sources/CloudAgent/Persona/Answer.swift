/// What the kiosk says to one turn.
struct Answer: Equatable, Sendable {
  /// Said in this order; each is synthesised and sent on its own.
  var sentences: [String]
  /// What "repeat" and "go on" refer to afterwards.
  var weight = Weight.topic
  /// A volume for the loudspeaker, 0 to 100.
  var volume: Int? = nil

  enum Weight: Equatable, Sendable {
    /// Something told: it becomes what there is to repeat or to go on with.
    case topic
    /// The rest of what was being told.
    case rest
    /// A word in passing, which leaves the topic as it is.
    case aside
  }
}
