public import VoiceCore

/// How soon a card that is missing is looked for again where nobody tells that it is back: often at
/// first, for most are back at once; then seldom, for each look asks every card there is.
public struct SearchPace: Equatable, Sendable {
  static let soon: SampleSpan = .milliseconds(250)
  /// For so long it is looked for often.
  static let eager: SampleSpan = .seconds(5)
  static let later: SampleSpan = .seconds(2)

  private var since: SampleTime?

  public init() {}

  /// It was looked for, and is not there.
  ///
  /// - Returns: how long to wait until the next look.
  public mutating func missed(at now: SampleTime) -> SampleSpan {
    let since = self.since ?? now
    self.since = since
    return now - since < SearchPace.eager ? SearchPace.soon : SearchPace.later
  }

  public mutating func found() { since = nil }
}
