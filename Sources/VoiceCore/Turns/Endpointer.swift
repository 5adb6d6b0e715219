/// Finds the end of a turn in speech and silence: probably over, after all not, certainly over.
public struct Endpointer: Sendable {
  public struct Settings: Equatable, Sendable {
    /// Silence this long ends the turn: long enough to think, short enough not to wait.
    public var endSilence = SampleSpan.milliseconds(700)
    /// Half of it and the end is probable.
    public var eagerSilence = SampleSpan.milliseconds(350)
    public init() {}
    public init(endSilence: SampleSpan) {
      self.endSilence = endSilence
      eagerSilence = SampleSpan(samples: endSilence.samples / 2)
    }
  }

  public enum Boundary: Equatable, Sendable {
    case eagerEnd(end: SampleTime)
    case resumed
    case endpoint(end: SampleTime)
  }

  private enum State: Equatable, Sendable {
    case waiting
    case speaking(last: SampleTime)
    case eager(end: SampleTime)
  }

  public var settings: Settings
  private var state = State.waiting

  public init(settings: Settings = Settings()) { self.settings = settings }

  /// Whatever was pending is forgotten.
  public mutating func reset() { state = .waiting }

  /// A turn begins for another reason than the gate's: a button, or a confirmed interruption.
  ///
  /// - Parameter quietUntil: silence counts from here, so a person who pressed a button may think.
  public mutating func begin(quietUntil: SampleTime) { state = .speaking(last: quietUntil) }

  /// - Parameters:
  ///   - isSpeech: the debounced state, which lasts longer than the sound.
  ///   - change: the gate's change in this frame, with the true moments.
  public mutating func hear(isSpeech: Bool, change: SpeechGate.Change?, at time: SampleTime)
    -> Boundary?
  {
    let ended: SampleTime? = if case .ended(let end)? = change { end } else { nil }
    switch state {
    case .waiting:
      if isSpeech { state = .speaking(last: time) }
      return nil
    case .speaking(let last):
      if isSpeech {
        state = .speaking(last: time)
        return nil
      }
      let end = ended ?? last
      if ended != nil { state = .speaking(last: end) }
      guard time - end >= settings.eagerSilence else { return nil }
      state = .eager(end: end)
      return .eagerEnd(end: end)
    case .eager(let end):
      if isSpeech {
        state = .speaking(last: time)
        return .resumed
      }
      guard time - end >= settings.endSilence else { return nil }
      state = .waiting
      return .endpoint(end: end)
    }
  }
}
