internal import Linux
internal import SpeexDSP
internal import VoiceCore

/// The audio thread: hear, judge, play, tell. A straight line every ten milliseconds that allocates
/// nothing, locks nothing and waits for nobody but the microphone.
struct AudioLoop: ~Copyable {
  private let bridge: Bridge
  private var chain: HearingChain<SpeexSpeechHint>
  private var interrupter: Interrupter
  private var playout: Playout
  private var cues: CuePlayer
  private var probe: ProbePlayer
  private var time = SampleTime.start
  private var lastAudible: ReplyID?
  private var microphone: HalfInUse<any Microphone>
  private var loudspeaker: HalfInUse<any Loudspeaker>
  /// Its delay is not yet told to the chain: the driver knows it once it has been given sound.
  private var isLoudspeakerNew = false
  /// How often the halves stumbled that are not in use any more.
  private var earlierStumbles = 0
  private var stumbles = (microphone: 0, loudspeaker: 0)
  private var clocks = ClockNews()
  /// The sample clock never stops: without a microphone, ten milliseconds of nothing take ten
  /// milliseconds, and the loudspeaker plays on.
  private var pacer = Pacer()
  /// Samples at the end of what was played that are none of the reply's.
  private var silentTail: Int64 = 0
  private var mic = Frame()
  private var speaker = Frame()
  /// What the loudspeaker played, as the canceller is told.
  private var reference = Frame()

  init(
    bridge: Bridge, gate: SpeechGate.Settings = .init(), path: RecogniserPath.Settings = .init(),
    interrupter: Interrupter.Settings, cues: CuePlayer = CuePlayer()
  ) {
    self.bridge = bridge
    microphone = HalfInUse(bridge.microphone)
    loudspeaker = HalfInUse(bridge.loudspeaker)
    chain = HearingChain(hint: SpeexSpeechHint.open(), gate: gate, path: path)
    self.interrupter = Interrupter(settings: interrupter)
    playout = Playout(duckedGain: interrupter.duckedGain)
    self.cues = cues
    probe = ProbePlayer(bridge.measure)
  }

  /// Before it runs, with what an earlier start has learned.
  mutating func recall(_ memory: borrowing EchoMemory) { chain.recall(memory) }

  mutating func run() {
    while !bridge.isStopping {
      step()
      if bridge.echo.isAsked { leaveEcho() }
    }
    leaveEcho()
    probe.stop()
    microphone.giveBack()
    loudspeaker.giveBack()
  }

  private mutating func step() {
    exchangeHalves()
    listen()
    time = time + Frame.span
    // Muted means muted: nothing behind this line ever had the sound.
    let isDeaf = bridge.isMuted || microphone.half == nil
    if isDeaf { mic = .silence }
    probe.hear(mic, isDeaf: isDeaf)
    // Before the question which reply may be heard: a cue that follows a reply finds it gone.
    if let order = bridge.takeCueOrder() { cues.take(order) }
    let audible = bridge.audible
    if audible != lastAudible {
      if audible != nil { interrupter.rearm() }
      lastAudible = audible
    }
    // Who hears nothing must not learn that the loudspeaker has no echo.
    if isDeaf { reference = .silence }
    let judged = chain.hear(mic: mic, reference: reference, at: time)
    let verdict = interrupter.judge(
      speech: judged.probability, openness: judged.openness, isSpeech: judged.isSpeech,
      isReplyAudible: playout.playhead.isAudible, isPathNew: judged.isPathNew, at: time)
    let before = playout.playhead
    let volume = bridge.gain
    if playout.isCut(audible: audible, order: interrupter.order) { takeBack() }
    playout.next(
      audible: audible, order: interrupter.order, volume: volume.replies,
      into: &speaker, peek: { bridge.toPlay.peek() }, pop: { bridge.toPlay.drop() })
    if playout.playhead.state == .underrun && before.state != .underrun {
      bridge.counters.underruns.add()
    }
    follow(before)
    addCue(judged.change, verdict, volume: volume.cues)
    probe.add(
      to: &speaker, volume: volume.replies, canPlay: loudspeaker.half != nil,
      reduction: judged.echoReduction, moved: loudspeaker.half?.moved ?? 0)
    play()
    tell(judged, verdict)
  }

  /// Before the card, so that the echo canceller knows of it. Whoever begins to speak is not spoken
  /// over, and the answer itself is better than any cue.
  private mutating func addCue(
    _ change: SpeechGate.Change?, _ verdict: Interrupter.Verdict, volume: Float
  ) {
    if case .started? = change { cues.stop() }
    if case .confirmed = verdict { cues.stop() }
    if probe.isAlone { cues.stop() }
    let state = playout.playhead.state
    if state == .playing || state == .held { cues.stop() }
    cues.add(to: &speaker, volume: volume)
  }

  private func leaveEcho() {
    bridge.echo.leave { chain.remember(into: &$0) }
  }

  /// What is decided now is heard now, where the card gives back what it has not played.
  private mutating func takeBack() {
    guard let count = loudspeaker.half?.takeBack(), count > 0 else { return }
    playout.tookBack(count)
    silentTail = Int64(count)
  }

  /// How much of what is on its way is none of the reply's.
  private mutating func follow(_ before: Playhead) {
    let now = playout.playhead
    let sound =
      now.reply == before.reply
      ? (now.played - before.played).samples : now.state == .silent ? 0 : now.played.samples
    let frame = Int64(Frame.sampleCount)
    silentTail = sound > 0 ? frame - min(frame, sound) : min(silentTail + frame, 16_000)
  }

  private mutating func exchangeHalves() {
    if microphone.exchange() {
      earlierStumbles += stumbles.microphone
      stumbles.microphone = 0
      pacer = Pacer()
    }
    if loudspeaker.exchange() {
      earlierStumbles += stumbles.loudspeaker
      stumbles.loudspeaker = 0
      clocks.exchanged()
      isLoudspeakerNew = true
    }
  }

  private mutating func listen() {
    guard let half = microphone.half else {
      pacer.wait()
      mic = .silence
      return
    }
    do throws(CardTrouble) {
      try half.listen(into: &mic)
      if !half.readReference(into: &reference) { readPlayed() }
    } catch {
      mic = .silence
      microphone.lose(error)
    }
    stumbles.microphone = half.stumbles
  }

  private mutating func readPlayed() {
    guard let half = loudspeaker.half else {
      reference = .silence
      return
    }
    if !half.readPlayed(into: &reference) { reference = speaker }
    reference.scale(by: bridge.hardwareGain)
  }

  private mutating func play() {
    if let half = loudspeaker.half {
      let behind = microphone.half?.pending ?? pacer.lateness
      do throws(CardTrouble) { try half.play(speaker, behind: behind) } catch {
        loudspeaker.lose(error)
      }
      stumbles.loudspeaker = half.stumbles
      if isLoudspeakerNew {
        isLoudspeakerNew = false
        chain.expect(delay: half.echoDelay)
      }
    }
    clocks.tell(loudspeaker.half?.clock, to: bridge.counters)
    bridge.counters.stumbles.value =
      earlierStumbles + stumbles.microphone + stumbles.loudspeaker
  }

  private mutating func tell(
    _ judged: HearingChain<SpeexSpeechHint>.Judgement, _ verdict: Interrupter.Verdict
  ) {
    var playhead = playout.playhead
    // What counts is what was in the air, not what was handed to the card.
    if let delay = loudspeaker.half?.delay {
      let onItsWay = max(.zero, delay - SampleSpan(samples: silentTail))
      playhead.played = max(.zero, playhead.played - onItsWay)
    }
    let heard =
      probe.isAlone
      // Nobody's voice, whatever it sounds like.
      ? HeardFrame(
        time: time, mic: judged.mic, speaker: Loudness(of: speaker), playhead: playhead,
        shape: MicrophoneShape(of: mic))
      : HeardFrame(
        time: time, sound: chain.clean, probability: judged.probability,
        isSpeech: judged.isSpeech, change: judged.change, mic: judged.mic,
        speaker: Loudness(of: speaker), verdict: verdict, playhead: playhead,
        shape: MicrophoneShape(of: mic))
    if !bridge.heard.push(heard) { bridge.counters.droppedFrames.add() }
    if let recording = bridge.recording,
      !recording.push(RecordedFrame(mic: mic, speaker: speaker))
    {
      bridge.counters.lostRecording.add()
    }
    bridge.echoPlaces.tell(
      found: judged.delay, real: microphone.half?.trueEchoDelay, drift: judged.drift)
    bridge.counters.frames.add()
    bridge.wakeup.signal()
  }
}
