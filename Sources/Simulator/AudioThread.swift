internal import VoiceCore

/// The two threads' common ground, as in the daemon: what crosses from one to the other.
struct SharedState {
  /// Frames that wait for the conversation, and for the loudspeaker.
  static let mostHeard = 256
  static let mostToPlay = 16

  var audible: ReplyID?
  var volume = 100
  var isMuted = false
  var isCardThere = true
  var cueOrder: CueOrder?
  var toPlay = Queue<PlayableFrame>()
  var heard = Queue<HeardFrame>()
  var lostFrames = 0
}

struct Queue<Element> {
  private var items: [Element] = []
  private var first = 0

  var count: Int { items.count - first }
  var head: Element? { first < items.count ? items[first] : nil }

  mutating func push(_ item: Element) { items.append(item) }

  mutating func pop() -> Element? {
    guard first < items.count else { return nil }
    let item = items[first]
    first += 1
    if first == items.count {
      items.removeAll(keepingCapacity: true)
      first = 0
    }
    return item
  }

  mutating func clear() {
    items.removeAll(keepingCapacity: true)
    first = 0
  }
}

/// The daemon's audio thread with scripted ears: what it hears is a probability. Everything behind
/// that is the real thing.
struct AudioThread {
  private static let sounds = CueSounds()

  private var interrupter: Interrupter
  private var playout: Playout
  private var cues = CuePlayer(sounds: AudioThread.sounds)
  private var gate = SpeechGate()
  private var lastAudible: ReplyID?
  private var speaker = Frame()
  private var lastSample: Int16 = 0

  init(_ settings: Interrupter.Settings) {
    interrupter = Interrupter(settings: settings)
    playout = Playout(duckedGain: settings.duckedGain)
  }

  var isReplyAudible: Bool { playout.playhead.isAudible }

  mutating func step(
    _ now: Int, _ voice: Voice, _ shared: inout SharedState, _ judge: Judge
  ) {
    let time = SampleTime(samples: Int64(now) * Frame.span.samples)
    let isDeaf = shared.isMuted || !shared.isCardThere
    let probability = isDeaf ? 0.02 : voice.probability
    if let order = shared.cueOrder {
      cues.take(order)
      shared.cueOrder = nil
    }
    let audible = shared.audible
    if audible != lastAudible {
      if audible != nil { interrupter.rearm() }
      lastAudible = audible
    }
    let change = gate.hear(probability, at: time)
    let verdict = interrupter.judge(
      speech: probability, openness: voice.openness, isSpeech: gate.isSpeech,
      isReplyAudible: playout.playhead.isAudible, at: time)
    let volume = Volume.gain(shared.volume)
    playout.next(
      audible: audible, order: interrupter.order, volume: volume, into: &speaker,
      peek: { shared.toPlay.head }, pop: { _ = shared.toPlay.pop() })
    let number = SoundCode.number(heardIn: speaker)
    judge.edge(from: lastSample, to: speaker[0])
    lastSample = speaker[Frame.sampleCount - 1]
    var isConfirmed = false
    if case .confirmed = verdict { isConfirmed = true }
    if case .started? = change { cues.stop() }
    if isConfirmed { cues.stop() }
    let state = playout.playhead.state
    if state == .playing || state == .held { cues.stop() }
    let isCue = cues.isPlaying
    cues.add(to: &speaker, volume: volume)
    judge.loudspeaker(
      number, isCue: isCue, isConfirmed: isConfirmed, isCardThere: shared.isCardThere)
    // A pause that nobody is there to hear is none.
    let isKept = shared.heard.count < SharedState.mostHeard
    judge.person(
      isSpeaking: probability > 0.9 && voice.openness > 0.9, isSilent: isKept && probability < 0.1)
    guard isKept else {
      shared.lostFrames += 1
      return
    }
    shared.heard.push(
      HeardFrame(
        time: time, sound: SoundCode.micFrame(now), probability: probability,
        isSpeech: gate.isSpeech, change: change, verdict: verdict, playhead: playout.playhead))
  }
}
