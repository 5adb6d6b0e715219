/// Finds the end of a turn in what the detector says: probably over, after all not, certainly over.
///
/// How long a silence must be depends on who speaks (`PauseHabit`), on what the agent makes of the
/// words so far (`TurnHint`), and on how quiet the room is when nobody speaks. All of it stays within
/// the technician's bounds.
public struct Endpointer: Sendable {
  public struct Settings: Equatable, Sendable {
    /// Silence this long ends the turn of a person we know nothing about.
    public var endSilence = SampleSpan.milliseconds(580)
    /// What was learnt or hinted stays within these.
    public var shortestSilence = SampleSpan.milliseconds(300)
    public var longestSilence = SampleSpan.milliseconds(2_000)
    /// Somebody who asked to be heard and says nothing is waited for this long.
    public var patience = SampleSpan.seconds(4)
    public init() {}
    public init(endSilence: SampleSpan) { self.endSilence = endSilence }
  }

  public enum Boundary: Equatable, Sendable {
    case eagerEnd(end: SampleTime)
    case resumed
    case endpoint(end: SampleTime)
    /// The turn was begun for somebody who has not said anything.
    case nobody
  }

  private enum State: Equatable, Sendable {
    case waiting
    /// A turn without a word so far.
    case inviting(until: SampleTime)
    case speaking
    case silent(since: SampleTime, isEager: Bool)
    /// The button says when it ends.
    case held
  }

  /// The end is probable when this much of the silence that makes it certain has passed.
  static let eagerShare: Float = 0.45
  /// A turn is held open this long for something that may be speech.
  static let longestDoubt = SampleSpan.milliseconds(100)
  /// Silence more doubtful than the room's own counts in part, but no silence takes longer than this many times its nominal
  /// length.
  static let slowest: Float = 1.1
  /// From this probability down a frame is silence, in part or in full.
  static let hush: Float = 0.35
  /// The room's own silence is that of the last two seconds or so; it counts as no more doubtful
  /// than this.
  static let memory: Float = 200
  static let leastCalm: Float = 0.4
  /// Speech this soon after an end was the same turn: we cut it.
  static let regret = SampleSpan.milliseconds(1_000)

  public var settings: Settings
  /// Somebody spoke for so long in this turn, pauses not counted.
  public private(set) var speech = SampleSpan.zero
  /// Somebody speaks, and it is not what is left of a turn that was ended.
  public private(set) var hearsSpeech = false
  /// Where the speech that is heard began, or the last that was.
  public private(set) var onset = SampleTime.start
  private var state = State.waiting
  /// Closes sooner than the gate that the state is shown by: each of our decisions waits anyway.
  private var gate: SpeechGate
  /// Silence since speech ended, in frames as quiet as this room is when nobody speaks.
  private var quiet: Float = 0
  /// What a frame of that silence weighs: 1, or less where the room is loud.
  private var calm: Float = 1
  /// Frames it was learned from: begins as if there had been a few.
  private var learned: Float = 10
  private var habit: PauseHabit
  private var hint = TurnHint.none
  private var hintedUntil = SampleTime.start
  private var lastEnd: SampleTime?
  /// The turn ended while the slower gate was still open: what it lets through is no new turn.
  private var isSpent = false

  public init(settings: Settings = Settings()) {
    self.settings = settings
    habit = PauseHabit(usual: settings.endSilence)
    var quick = SpeechGate.Settings()
    quick.onset = .milliseconds(40)
    quick.release = .milliseconds(60)
    quick.off = 0.6
    gate = SpeechGate(settings: quick)
  }

  /// Whatever was pending is forgotten; what was learnt about the person is not.
  public mutating func reset() {
    state = .waiting
    hint = .none
  }

  /// A turn begins in which nobody has spoken yet: there is time to think.
  public mutating func invite(at time: SampleTime) {
    begin(onset: time, at: time)
    state = .inviting(until: time + settings.patience)
  }

  /// A turn begins that only the button ends.
  public mutating func hold(at time: SampleTime) {
    begin(onset: time, at: time)
    state = .held
  }

  /// A turn begins because somebody speaks, since `onset`.
  public mutating func begin(onset: SampleTime, at time: SampleTime) {
    speech = gate.isSpeech ? time - onset : .zero
    hint = .none
    hintedUntil = onset
    quiet = 0
    state = gate.isSpeech ? .speaking : .silent(since: time, isEager: false)
  }

  /// What the agent thinks of the words up to `moment`.
  public mutating func take(_ hint: TurnHint, upTo moment: SampleTime) {
    self.hint = hint
    hintedUntil = moment
  }

  /// - Parameters:
  ///   - probability: that somebody speaks in this frame.
  ///   - isSpeech: the gate's word: begins a turn that was not begun otherwise.
  ///   - time: the end of the frame.
  public mutating func hear(_ probability: Float, isSpeech: Bool, at time: SampleTime) -> Boundary?
  {
    let change = gate.hear(probability, at: time)
    weigh(probability)
    if case .started(let onset)? = change {
      isSpent = false
      self.onset = onset
      speech += time - onset
    } else if gate.isSpeech {
      speech += Frame.span
    }
    if !isSpeech { isSpent = false }
    hearsSpeech = isSpeech && !isSpent
    switch state {
    case .waiting:
      if hearsSpeech { arm(at: time) }
      return nil
    case .inviting(let until):
      if gate.isSpeech {
        state = .speaking
        return nil
      }
      guard time >= until else { return nil }
      state = .waiting
      return .nobody
    case .held:
      return nil
    case .speaking:
      if case .ended(let end)? = change { state = .silent(since: end, isEager: false) }
      return nil
    case .silent(let end, let isEager):
      if case .started(let onset)? = change {
        habit.paused(onset - end)
        state = .speaking
        return isEager ? .resumed : nil
      }
      return judge(end, isEager, isSpeech: isSpeech, at: time)
    }
  }

  private mutating func weigh(_ probability: Float) {
    // The silence that ends speech begins with the first doubt.
    if gate.isSpeech, gate.isSteady { quiet = 0 }
    let silence = max(0, -Evidence.weight(of: probability, bar: Endpointer.hush))
    if state == .waiting, !gate.isSpeech, gate.isSteady {
      learned = min(learned + 1, Endpointer.memory)
      calm = max(Endpointer.leastCalm, calm + (silence - calm) / learned)
    }
    quiet += silence / calm
  }

  private mutating func arm(at time: SampleTime) {
    if let lastEnd {
      if time - lastEnd < Endpointer.regret { habit.paused(time - lastEnd) }
      if time - lastEnd > PauseHabit.memory { habit.forget() }
    }
    begin(onset: time, at: time)
  }

  private mutating func judge(
    _ end: SampleTime, _ isEager: Bool, isSpeech: Bool, at time: SampleTime
  ) -> Boundary? {
    let needed = neededSilence(after: end)
    let passed = Float((time - end).samples) / Float(Frame.sampleCount)
    let isLong = quiet >= needed || passed >= needed * Endpointer.slowest
    // Not while something begins that may turn out to be speech; but noise can seem to for ever.
    let isBeginning = !gate.isSteady && quiet < needed + Float(Endpointer.longestDoubt.frames)
    if time - end >= settings.longestSilence || isLong && !isBeginning {
      state = .waiting
      isSpent = isSpeech
      lastEnd = end
      habit.turnEnded()
      return .endpoint(end: end)
    }
    guard !isEager, quiet >= needed * Endpointer.eagerShare else { return nil }
    state = .silent(since: end, isEager: true)
    return .eagerEnd(end: end)
  }

  /// In frames of the room's own silence.
  private func neededSilence(after end: SampleTime) -> Float {
    let factor: Float =
      // A hint about less than what was said says nothing about the rest.
      if hintedUntil + TurnHint.tolerance < end { 1 } else { hint.factor }
    let wanted = Float(habit.silence.samples) * factor
    let bounded = max(
      Float(settings.shortestSilence.samples), min(Float(settings.longestSilence.samples), wanted))
    return bounded / Float(Frame.sampleCount)
  }
}
