internal import VoiceCore

/// A turn that was begun and neither committed nor cancelled: how much of it was heard, and how long it
/// may still hold an ear.
struct OpenTurn: Equatable, Sendable {
  /// A turn without sound for so long is given up: it keeps an ear from others. Longer than any pause
  /// a device allows inside a turn, and than it takes us to notice that a connection is dead, which
  /// stops this clock (see `ServedSession`): else the rest of the turn would come to nobody.
  static let longestSilence = SampleSpan.seconds(20)
  /// What is sent as it is spoken may come so much later than it was said, and no later.
  static let longestDelay = longestSilence
  /// Sound that was lost on the way is replaced by silence of at most this length.
  static let longestGap = SampleSpan.seconds(2)

  /// Why it is given up.
  enum Fault: Equatable, Sendable { case silent, endless }

  let id: TurnID
  let cause: TurnCause
  /// What was heard of it, gaps included.
  private(set) var audio = SampleSpan.zero
  var revision = 0
  var guess: TurnGuess?
  private var begunAt: SampleTime
  private var lastSound: SampleTime

  init(id: TurnID, cause: TurnCause, at now: SampleTime) {
    self.id = id
    self.cause = cause
    begunAt = now
    lastSound = now
  }

  /// The silence before a packet that is worth hearing; nil for one that comes again, out of order or
  /// beyond the limit: it is no sign that somebody speaks.
  mutating func take(
    _ length: SampleSpan, at place: SampleSpan, within longest: SampleSpan, now: SampleTime
  ) -> SampleSpan? {
    guard place >= audio, place + length <= longest else { return nil }
    let gap = min(place - audio, OpenTurn.longestGap)
    audio = place + length
    lastSound = now
    return gap
  }

  func fault(at now: SampleTime, longest: SampleSpan) -> Fault? {
    if now - lastSound >= OpenTurn.longestSilence { return .silent }
    return now - begunAt >= longest + OpenTurn.longestDelay ? .endless : nil
  }

  /// The connection is back: what could not come is not missed.
  mutating func goOn(at now: SampleTime, after away: SampleSpan) {
    begunAt = begunAt + away
    lastSound = now
  }
}
