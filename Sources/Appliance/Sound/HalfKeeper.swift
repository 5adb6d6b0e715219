internal import ALSA
internal import ControlProtocol
internal import VoiceCore

/// The two halves of the sound, as people call them.
enum SoundHalf {
  case microphone, loudspeaker
  /// Room and files, which come as one.
  case both

  var word: String {
    switch self {
    case .microphone: "microphone"
    case .loudspeaker: "loudspeaker"
    case .both: "both"
    }
  }
}

/// What became of one half.
struct SoundNews {
  enum Kind {
    case opened(name: String)
    case failed(SoundProblem)
    /// On purpose.
    case closed
  }

  let half: SoundHalf
  let kind: Kind
}

/// How one half of the sound stands, as the conversation thread knows it.
struct HalfKeeper<Half> {
  /// How soon a lost one is looked for again.
  static var retry: SampleSpan { .seconds(1) }

  enum State {
    case working(name: String)
    case missing(SoundProblem, retryAt: SampleTime)
    /// Nobody wants it now.
    case closed
  }

  let half: SoundHalf
  private let handover: Handover<Half>
  private(set) var state = State.missing(
    SoundProblem(reason: "the sound card is not opened yet", advice: "wait a moment"),
    retryAt: .start)
  private(set) var isWanted = true

  init(_ half: SoundHalf, _ handover: Handover<Half>) {
    self.half = half
    self.handover = handover
  }

  /// Unwanted is closed on purpose, and no fault.
  var problem: SoundProblem? {
    if case .missing(let problem, _) = state { problem } else { nil }
  }
  var name: String? {
    if case .working(let name) = state { name } else { nil }
  }

  func isDue(at now: SampleTime) -> Bool {
    switch state {
    case .working: false
    case .missing(_, let retryAt): isWanted && now >= retryAt
    case .closed: isWanted
    }
  }

  mutating func want(_ isWanted: Bool) {
    guard self.isWanted != isWanted else { return }
    self.isWanted = isWanted
    switch state {
    case .working: if !isWanted { handover.recall() }
    case .missing: if !isWanted { state = .closed }
    case .closed: break
    }
  }

  mutating func opened(_ half: Half, name: String) -> SoundNews {
    handover.offer(half)
    state = .working(name: name)
    return SoundNews(half: self.half, kind: .opened(name: name))
  }

  /// - Returns: nil for the trouble that was told before: one line, not a log full of them.
  mutating func failed(_ problem: SoundProblem, at now: SampleTime) -> SoundNews? {
    let before = self.problem
    state = .missing(problem, retryAt: now + HalfKeeper.retry)
    if let before, before.reason.isSame(as: problem.reason) { return nil }
    return SoundNews(half: half, kind: .failed(problem))
  }

  /// Closes what the audio thread gave back: it has let go of it entirely.
  mutating func collect(at now: SampleTime) -> SoundNews? {
    guard let returned = handover.takeReturned() else { return nil }
    guard isWanted, let code = returned.failure else {
      state = .closed
      return SoundNews(half: half, kind: .closed)
    }
    return failed(
      SoundProblem(
        reason: "the \(half.word)'s card is gone: \(ALSAError.reason(code: code))",
        advice: "plug it in again; it is looked for once a second"), at: now)
  }
}
