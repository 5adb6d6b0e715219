/// How long this person pauses inside a turn: what they do is the best guide to what they will do.
///
/// Begins at what the technician set. A pause that nearly was, or wrongly was, taken for an end
/// lengthens it at once; turns spoken without long pauses shorten it a little each.
struct PauseHabit: Equatable, Sendable {
  /// Waited beyond the longest pause they make.
  static let margin = SampleSpan.milliseconds(60)
  /// A long pause moves it a fifth of the way: it may have been the only one.
  static let learning: Float = 0.2
  /// Ten turns without pauses take off a quarter of what can go.
  static let forgetting: Float = 0.03
  /// After so long without speech somebody else may stand there.
  static let memory = SampleSpan.seconds(60)

  private let usual: SampleSpan
  private var wait: Float
  private var longestInTurn = SampleSpan.zero

  init(usual: SampleSpan) {
    self.usual = usual
    wait = Float(usual.samples)
  }

  /// Silence after which this person has most likely finished.
  var silence: SampleSpan { SampleSpan(samples: Int64(wait)) }

  mutating func paused(_ pause: SampleSpan) {
    longestInTurn = max(longestInTurn, pause)
    let needed = Float((pause + PauseHabit.margin).samples)
    // Only what came close to an end: others are served as it is.
    if needed > wait, pause + PauseHabit.margin > usual {
      wait += (needed - wait) * PauseHabit.learning
    }
  }

  mutating func turnEnded() {
    let needed = Float((longestInTurn + PauseHabit.margin).samples)
    if needed < wait { wait += (needed - wait) * PauseHabit.forgetting }
    longestInTurn = .zero
  }

  mutating func forget() { self = PauseHabit(usual: usual) }
}
