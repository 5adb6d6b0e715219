import VoiceCore

/// Drives a conversation frame by frame and writes down what it wants done.
struct Rehearsal {
  var conversation: Conversation
  var gate = SpeechGate()
  var time = SampleTime.start
  var effects: [Effect] = []
  /// What the loudspeaker would say about itself.
  var playhead = Playhead(state: .silent)

  init(_ settings: Conversation.Settings = .init()) {
    conversation = Conversation(settings: settings)
    run { $0.sound(isWorking: true) }
    run { $0.link(.connecting) }
    run { $0.receive(.welcome(.init(session: "s", agent: "a", longestTurn: .seconds(60)))) }
  }

  mutating func run(_ body: (inout Conversation) -> [Effect]) { effects += body(&conversation) }

  mutating func hear(
    _ isSpeech: Bool, milliseconds: Int, verdict: Interrupter.Verdict = .none, value: Int16 = 0
  ) {
    for frame in 0..<(milliseconds / 10) {
      time = time + Frame.span
      let probability: Float = isSpeech ? 0.95 : 0.02
      let change = gate.hear(probability, at: time)
      if playhead.state == .playing { playhead.played += Frame.span }
      let heard = HeardFrame(
        time: time, sound: Frame(repeating: value), probability: probability,
        isSpeech: gate.isSpeech, change: change,
        verdict: frame == 0 ? verdict : .none, playhead: playhead)
      run { $0.hear(heard) }
    }
  }

  mutating func reply(_ number: UInt32, to turn: UInt32) {
    run { $0.receive(.replyStart(ReplyID(number), answering: TurnID(turn))) }
    playhead = Playhead(state: .playing, reply: ReplyID(number))
  }

  /// What the agent is told, apart from what becomes of the microphone's sound.
  var sent: [Upstream] {
    effects.compactMap {
      if case .send(let message) = $0 {
        if case .capture = message { nil } else { message }
      } else {
        nil
      }
    }
  }
  var captures: [Capture] {
    effects.compactMap { if case .send(.capture(let capture)) = $0 { capture } else { nil } }
  }
  var cues: [Cue] { effects.compactMap { if case .cue(let cue) = $0 { cue } else { nil } } }
  var streamed: [Frame] {
    effects.compactMap { if case .stream(_, let frame) = $0 { frame } else { nil } }
  }
  var audible: [ReplyID?] {
    effects.compactMap { if case .makeAudible(let reply) = $0 { .some(reply) } else { nil } }
  }
  var shown: [Shown] {
    effects.compactMap { if case .note(.shown(let shown, _, _)) = $0 { shown } else { nil } }
  }
  func sentCount(where matches: (Upstream) -> Bool) -> Int { sent.filter(matches).count }
}
