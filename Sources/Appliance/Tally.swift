internal import VoiceCore

/// What the daemon counts for `status`.
struct Tally {
  private(set) var turns = 0
  private(set) var replies = 0
  private(set) var interrupts = 0
  private(set) var falseInterrupts = 0
  private(set) var brokenPackets = 0
  private(set) var session = ""
  private(set) var agent = ""
  private(set) var connectedSince: SampleTime?
  /// From here on a device that streams everything would have sent.
  private(set) var firstWelcome: SampleTime?
  private(set) var shownSince = SampleTime.start
  private(set) var reason = "started"
  /// Held but neither resumed nor confirmed yet.
  private var isHeld = false

  mutating func count(_ note: Note, at time: SampleTime) {
    switch note {
    case .turnCommitted: turns += 1
    case .replyStarted: replies += 1
    case .held: isHeld = true
    case .resumed:
      if isHeld { falseInterrupts += 1 }
      isHeld = false
    case .interrupted:
      interrupts += 1
      isHeld = false
    case .welcomed(let session, let agent, _):
      self.session = session
      self.agent = agent
      connectedSince = time
      firstWelcome = firstWelcome ?? time
    case .shown(_, _, let why):
      shownSince = time
      reason = why.word
    case .turnStarted, .turnCancelled, .turnLost, .transcript, .replyText, .replySounds,
      .replyDrained, .replyDropped, .replyFailed, .ducked, .agentRefused:
      break
    }
  }

  mutating func linkLost() {
    connectedSince = nil
    session = ""
  }

  mutating func countBroken(_ packets: Int) { brokenPackets += packets }

  /// What continuous 16-bit sound would have cost since the agent first answered.
  func continuousBytes(at time: SampleTime) -> Int64 {
    guard let firstWelcome else { return 0 }
    return (time - firstWelcome).samples * 2
  }
}
