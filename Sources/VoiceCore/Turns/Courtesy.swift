/// When somebody who waits or speaks in vain is told so, and not too often.
struct Courtesy: Sendable {
  /// A room in which people talk to each other is not to be told every few seconds.
  static let betweenApologies = SampleSpan.seconds(10)

  private var lastLong = SampleTime.start
  private var lastApology: SampleTime?

  mutating func isLong(since began: SampleTime, patience: SampleSpan, at now: SampleTime) -> Bool {
    guard now - max(began, lastLong) >= patience else { return false }
    lastLong = now
    return true
  }

  func mayApologise(at now: SampleTime) -> Bool {
    guard let lastApology else { return true }
    return now - lastApology >= Courtesy.betweenApologies
  }

  mutating func apologised(at now: SampleTime) { lastApology = now }
}
