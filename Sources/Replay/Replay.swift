internal import SpeexDSP
public import VoiceCore

/// Recorded sound through the same hearing as the daemon's, as fast as it goes: frames strictly in
/// order, no look-ahead, no clock.
public struct Replay: ~Copyable {
  public enum Event: Equatable, Sendable {
    case speechStart(start: SampleTime)
    case speechEnd(end: SampleTime)
    case eagerEnd(end: SampleTime)
    case resumed
    case endpoint(end: SampleTime)
    case duck
    case unduck
    case bargeIn(start: SampleTime)
  }

  public struct Step: Sendable {
    /// How much of the input was consumed when this was known.
    public var time: SampleTime
    public var clean: Frame
    public var probability: Float
    public var isSpeech: Bool
    /// Whether the loudspeaker plays, or just did.
    public var isFar: Bool
    /// What the loudspeaker would have to do.
    public var order: Interrupter.Order
    /// As in `HearingChain.Judgement`, each once it is known.
    public var delay: Float?
    public var drift: Float?
    public var echoReduction: Float?
    public var events: [Event]
  }

  /// The agent counts as speaking until its loudspeaker has been silent this long.
  static let replyGap = SampleSpan.milliseconds(500)

  private var chain: HearingChain<SpeexSpeechHint>
  private var interrupter: Interrupter
  private var endpointer: Endpointer
  private var time = SampleTime.start
  private var lastFar: SampleTime?
  private var isSpeech = false
  /// Where speech began and ended last.
  private var began = SampleTime.start
  private var ended = SampleTime.start

  public init(
    gate: SpeechGate.Settings = .init(), path: RecogniserPath.Settings = .init(),
    interrupter: Interrupter.Settings = .init(),
    endpointer: Endpointer.Settings = .init()
  ) {
    chain = HearingChain(hint: SpeexSpeechHint.open(), gate: gate, path: path)
    self.interrupter = Interrupter(settings: interrupter)
    self.endpointer = Endpointer(settings: endpointer)
  }

  public mutating func hear(mic: Frame, reference: Frame) -> Step {
    time = time + Frame.span
    let judged = chain.hear(mic: mic, reference: reference, at: time)
    if !reference.isSilent { lastFar = time }
    let isFar = lastFar.map { time - $0 < Replay.replyGap } ?? false
    var events: [Event] = []
    let boundary = endpointer.hear(judged.probability, isSpeech: judged.isSpeech, at: time)
    // What is left of a turn that was ended is no speech; whoever goes on after it begins anew.
    if case .started(let onset)? = judged.change { began = onset }
    if endpointer.hearsSpeech != isSpeech {
      isSpeech.toggle()
      if isSpeech {
        events.append(.speechStart(start: max(began, ended)))
      } else {
        if case .ended(let end)? = judged.change { ended = end }
        if case .endpoint(let end)? = boundary { ended = end }
        events.append(.speechEnd(end: ended))
        began = max(began, ended)
      }
    }
    let verdict = interrupter.judge(
      speech: judged.probability, openness: judged.openness, isSpeech: judged.isSpeech,
      isReplyAudible: isFar, isPathNew: judged.isPathNew, at: time)
    switch verdict {
    case .ducked: events.append(.duck)
    case .resumed: events.append(.unduck)
    case .confirmed(let onset): events.append(.bargeIn(start: onset))
    case .none, .held: break
    }
    switch boundary {
    case .eagerEnd(let end): events.append(.eagerEnd(end: end))
    case .resumed: events.append(.resumed)
    case .endpoint(let end): events.append(.endpoint(end: end))
    // Only somebody who pressed a button can be nobody.
    case .nobody, nil: break
    }
    return Step(
      time: time, clean: chain.clean, probability: judged.probability, isSpeech: isSpeech,
      isFar: isFar, order: interrupter.order, delay: judged.delay, drift: judged.drift,
      echoReduction: judged.echoReduction, events: events)
  }
}
