internal import Linux
internal import Synchronization
internal import VoiceCore

/// One turn on its way to an ear: its sound waits here until an ear is free, and while the ear works.
final class TurnFeed: Sendable {
  enum Step: Sendable {
    case packet([UInt8], gap: SampleSpan)
    case guess(revision: Int, upTo: SampleSpan)
    case resume(revision: Int)
    case understand
    case forget
  }

  /// More than the packets of the longest turn (30 s of 10 ms).
  static let mostSteps = 4_000

  let session: SessionID
  let device: String
  let turn: TurnID
  let channel: Ear.Channel?
  private let lobby: TurnLobby
  private let steps: JobQueue<Step>
  private let finished = Atomic(false)
  private let forgotten = Atomic(false)
  private let revision = Atomic(0)

  init(
    session: SessionID, device: String, turn: TurnID, channel: Ear.Channel?, in lobby: TurnLobby
  ) throws(LinuxError) {
    self.session = session
    self.device = device
    self.turn = turn
    self.channel = channel
    self.lobby = lobby
    steps = try JobQueue(limit: TurnFeed.mostSteps)
  }

  /// All of its sound is here.
  var isFinished: Bool { finished.load(ordering: .acquiring) }
  var isForgotten: Bool { forgotten.load(ordering: .acquiring) }

  /// Sound that finds no room is a hole in the turn.
  func hear(_ packet: [UInt8], gap: SampleSpan) { _ = steps.put(.packet(packet, gap: gap)) }

  /// An ear that has no time for it leaves it: a guess is no more than that.
  func guess(revision: Int, upTo place: SampleSpan) {
    _ = steps.put(.guess(revision: revision, upTo: place))
  }

  func resume(revision: Int) {
    self.revision.store(revision, ordering: .releasing)
    // It must not be lost, or what follows would not be heard.
    if !steps.put(.resume(revision: revision)) { forget() }
  }

  /// Whether a guess at this revision can still be of use.
  func wantsGuess(at revision: Int) -> Bool {
    !isFinished && self.revision.load(ordering: .acquiring) <= revision
  }

  /// False when there is no room even for that: its words will never come.
  func understand() -> Bool {
    guard steps.put(.understand) else { return false }
    finished.store(true, ordering: .releasing)
    lobby.hasFinished()
    return true
  }

  /// Also while an ear works on it: the ear is free for others at once.
  func forget() {
    forgotten.store(true, ordering: .releasing)
    steps.close()
  }

  func next() -> Step { steps.take() ?? .forget }
}
