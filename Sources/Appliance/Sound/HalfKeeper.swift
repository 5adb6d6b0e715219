internal import ALSA
internal import ControlProtocol
internal import SoundCards
internal import SoundPath
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
    /// And why this card, where there was a choice.
    case opened(name: String, why: String)
    case failed(SoundProblem)
    /// A better card cannot be opened: the one in use stays.
    case kept(name: String, SoundProblem)
    /// On purpose.
    case closed
  }

  let half: SoundHalf
  let kind: Kind
}

/// How one half of the sound stands, as the conversation thread knows it.
struct HalfKeeper<Half> {
  /// How soon a lost one is opened again. One that is lost soon again and again is left alone for twice
  /// as long each time, for two seconds at last.
  static var retry: SampleSpan { .milliseconds(250) }
  static var mostQuickLosses: Int { 4 }
  /// What lasts for so long was no quick loss.
  static var soon: SampleSpan { .seconds(3) }

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
  /// What is in use, of the cards there are.
  private(set) var pick: CardPick?
  /// What was learned of the card that was lost last.
  private var learned: (pick: CardPick, experience: CardExperience)?
  private var openedAt = SampleTime.start
  private var quickLosses = 0
  /// How often it is looked for meanwhile, if nobody tells that it is back.
  private var search = SearchPace()
  /// Why a better one is not used, as it was told.
  private var told: String?
  /// What is handed over once the audio thread has given back the one in use.
  private var replacement: (half: Half, name: String, pick: CardPick)?

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

  func experience(of pick: CardPick) -> CardExperience {
    guard let learned, learned.pick.isSameThing(as: pick) else { return CardExperience() }
    return learned.experience
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

  mutating func opened(
    _ half: Half, name: String, pick: CardPick? = nil, at now: SampleTime
  ) -> SoundNews {
    openedAt = now
    search.found()
    handover.offer(half)
    state = .working(name: name)
    (self.pick, told) = (pick, nil)
    return SoundNews(half: self.half, kind: .opened(name: name, why: pick?.reason ?? ""))
  }

  /// Already open, so that nothing is lost if it could not be.
  mutating func replace(with half: Half, name: String, pick: CardPick) {
    replacement = (half, name, pick)
    handover.recall()
  }

  /// - Returns: nil for what was told before.
  mutating func kept(_ problem: SoundProblem) -> SoundNews? {
    guard let name else { return nil }
    if let told, told.isSame(as: problem.reason) { return nil }
    told = problem.reason
    return SoundNews(half: half, kind: .kept(name: name, problem))
  }

  /// Asks for the one in use, to open what is wanted instead of it: both are the same device.
  mutating func giveUp() { handover.recall() }

  var isMissing: Bool {
    if case .missing = state { return isWanted }
    return false
  }
  /// It works, and nothing is on its way to replace it.
  var isSettled: Bool { name != nil && replacement == nil && isWanted }

  /// - Returns: nil for the trouble that was told before: one line, not a log full of them.
  mutating func failed(
    _ problem: SoundProblem, at now: SampleTime, after pause: SampleSpan? = nil
  ) -> SoundNews? {
    let before = self.problem
    state = .missing(problem, retryAt: now + (pause ?? search.missed(at: now)))
    pick = nil
    if let before, before.reason.isSame(as: problem.reason) { return nil }
    return SoundNews(half: half, kind: .failed(problem))
  }

  /// Closes what the audio thread gave back: it has let go of it entirely.
  mutating func collect(at now: SampleTime) -> SoundNews? {
    guard let returned = handover.takeReturned() else { return nil }
    let lost = (pick: pick, name: name ?? "card")
    pick = nil
    if let next = replacement {
      replacement = nil
      if isWanted { return opened(next.half, name: next.name, pick: next.pick, at: now) }
    }
    guard isWanted, let code = returned.failure else {
      state = .closed
      return SoundNews(half: half, kind: .closed)
    }
    quickLosses =
      now - openedAt < HalfKeeper.soon ? min(quickLosses + 1, HalfKeeper.mostQuickLosses) : 0
    var experience = lost.pick.map { self.experience(of: $0) } ?? CardExperience()
    experience.wasSilent = ALSAError.isSilence(code: code)
    let pace = code > 0 ? PaceMeter.likely(Int(code)) : nil
    if pace != nil { experience.pace = pace }
    learned = lost.pick.map { ($0, experience) }
    if let pace { return failed(wrongPace(lost.name, pace), at: now, after: .zero) }
    return failed(
      problem(code), at: now,
      after: SampleSpan(samples: HalfKeeper.retry.samples << Int64(max(0, quickLosses - 1))))
  }

  private func wrongPace(_ name: String, _ rate: Int) -> SoundProblem {
    SoundProblem(
      reason: "the \(half.word) says \(name) and runs at \(CardShape.kilohertz(rate))",
      advice: "it is used at that pace; set alsa.rate to another one, or use another card")
  }

  private func problem(_ code: Int32) -> SoundProblem {
    if ALSAError.isSilence(code: code) {
      return SoundProblem(
        reason: half == .loudspeaker
          ? "the loudspeaker's card takes no sound" : "the \(half.word)'s card gives no sound",
        advice: "plug it out and in again; it is tried again and again")
    }
    if ALSAError.isRacing(code: code) {
      return SoundProblem(
        reason: "the \(half.word) gives sound faster than time passes: it is no sound card",
        advice: "name a real one: auricle sound list shows what there is", kind: .refusing)
    }
    return SoundProblem(
      reason: "the \(half.word)'s card is gone: \(ALSAError.reason(code: code))",
      advice: "plug it in again; it is taken at once")
  }
}
