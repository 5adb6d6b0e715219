/// Decides from look to look where the echo is. Slow to believe: a wrong place costs the canceller
/// everything, the right one half a second later nearly nothing.
struct EchoPlace {
  enum Decision {
    case same
    case new(Int)
  }

  /// Samples from the resampled reference to the direct sound, nil while unknown.
  private(set) var samples: Float?
  private var candidate = 0
  private var votes = 0

  var whole: Int? { samples.map { Int($0.rounded()) } }

  /// Nothing but noise reaches 4.5 in hours; an echo stands at 7 to 20.
  private static let leastHeight: Float = 6
  /// So much higher than any other place, or periodic sounds would do.
  private static let overRivals: Float = 1.5
  private static let overHeld: Float = 1.3
  /// Looks that must agree, 160 ms each: the first time, a jump, and a move within the room's own
  /// reflections or a voice's period.
  private static let firstVotes = 2
  private static let jumpVotes = 3
  private static let nearVotes = 6
  private static let near = 480

  mutating func judge(_ look: DelayEstimator.Look) -> Decision {
    let isClear =
      look.best.height > EchoPlace.leastHeight
      && look.best.height > EchoPlace.overRivals * look.rival.height
    if let held = samples {
      let distance = abs(look.first.delay - Int(held.rounded()))
      if distance <= DelayEstimator.sameDelay
        || look.held.height * EchoPlace.overHeld > look.best.height
      {
        votes = 0
        if look.held.height > EchoPlace.leastHeight {
          // The place of one peak swings by a sample with what is said.
          let step = Float(look.held.delay) - held
          samples = held + max(-1, min(1, 0.25 * step))
        }
        return .same
      }
      guard isClear else {
        votes = 0
        return .same
      }
      vote(for: look.first.delay)
      guard votes >= (distance < EchoPlace.near ? EchoPlace.nearVotes : EchoPlace.jumpVotes)
      else { return .same }
    } else {
      guard isClear else {
        votes = 0
        return .same
      }
      vote(for: look.first.delay)
      guard votes >= EchoPlace.firstVotes else { return .same }
    }
    votes = 0
    samples = Float(look.first.delay)
    return .new(look.first.delay)
  }

  /// Where an earlier start found it: held until the sound says otherwise.
  mutating func expect(samples: Float) { self.samples = samples }

  /// The reference itself was moved.
  mutating func move(by samples: Int) {
    self.samples = self.samples.map { $0 + Float(samples) }
    votes = 0
  }

  private mutating func vote(for delay: Int) {
    votes = abs(delay - candidate) <= DelayEstimator.sameDelay ? votes + 1 : 1
    candidate = delay
  }
}
