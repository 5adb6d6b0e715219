/// The turn that somebody is speaking, as far as it was sent.
struct OpenTurn: Equatable, Sendable {
  let id: TurnID
  let cause: TurnCause
  /// Where its sound begins.
  let start: SampleTime
  /// How often it went on after it was probably over, and whether the agent believes it is.
  var revision = 0
  var isEager = false
  var streamed = SampleSpan.zero
  /// Since when the button is held for it, which then says when it ends.
  var heldSince: SampleTime?
}
