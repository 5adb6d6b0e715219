internal import ControlProtocol
internal import DeviceLink
internal import Linux
internal import Opus
internal import Room
internal import Settings
internal import SoundCards
internal import VoiceCore
internal import WebSockets

/// The conversation thread: feeds the conversation, carries out its effects and tells who asks.
/// It decides nothing.
final class ConversationLoop {
  /// Levels ten times a second, statistics once.
  static let levelsEvery = SampleSpan.milliseconds(100)
  static let statsEvery = SampleSpan.seconds(1)
  /// The link may say goodbye this long when we stop.
  static let longestGoodbye = SampleSpan.milliseconds(300)

  let bridge: Bridge
  var loaded: LoadedSettings
  private let loop: EventLoop
  let sound: SoundKeeper
  let hands: Hands
  private let keeper: EchoKeeper
  let measuring: MeasureKeeper
  private let startedAt = MonotonicClock.microseconds()
  private let watchdogEvery: SampleSpan?
  var conversation: Conversation
  private let coding: Coding
  var link: AgentLink?
  var control: ControlServer?
  private var recorder: Recorder?
  private var logLimit = LogLimit()
  var tally = Tally()
  var now = SampleTime.start
  var lastLoss: LinkLoss?
  /// The link is closed because nobody speaks.
  private var isResting = false
  /// How far the agent's clock is ahead of ours, in milliseconds.
  private var clockOffset: Int64?
  private var isRealtime = false
  var isSomebodySpeaking = false
  var health = MicrophoneHealth()
  private var stopAt: SampleTime?
  private var nextLevels = SampleTime.start
  private var nextStats = SampleTime.start
  private var nextWatchdog = SampleTime.start

  init(
    bridge: Bridge, loaded: LoadedSettings, loop: EventLoop, coding: Coding, recorder: Recorder?,
    keeper: EchoKeeper
  ) {
    let settings = loaded.settings
    self.bridge = bridge
    self.loaded = loaded
    self.loop = loop
    self.recorder = recorder
    self.keeper = keeper
    sound = SoundKeeper(opener: CardOpener(settings: settings, bridge: bridge), bridge: bridge)
    hands = Hands(settings, bridge: bridge, loop: loop)
    measuring = MeasureKeeper(bridge: bridge, settings: settings)
    conversation = Conversation(settings: Conversation.Settings(settings))
    self.coding = coding
    // Half of what systemd allows, as sd_watchdog_enabled(3) advises.
    watchdogEvery = ServiceManager.watchdogMicroseconds.map {
      SampleSpan.milliseconds(max(10, $0 / 2_000))
    }
  }

  /// Gives it the two things that call back into it.
  func connect(link: AgentLink, control: ControlServer) {
    self.link = link
    self.control = control
  }

  // MARK: Start and stop

  /// Looks after microphone and loudspeaker; for the first time before the audio thread runs.
  func checkSound() {
    let news = sound.check(at: now, mayOpen: stopAt == nil, isIdle: !conversation.isBusy)
    if news.isEmpty { return }
    if let settings = sound.inUse(loaded.settings) {
      keeper.learns(on: settings, replies: tally.replies)
    }
    for one in news {
      // What one card gives by nature is another's fault.
      if case .opened = one.kind, one.half != .loudspeaker { health = MicrophoneHealth() }
      follow(one)
      tell(Happening(one, at: now))
    }
    perform(conversation.sound(isWorking: sound.problem == nil))
  }

  /// A sound card came or went, or may be opened now.
  func cardsChanged() { sound.chooser.noteNews(at: now) }

  func audioRuns(isRealtime: Bool) { self.isRealtime = isRealtime }

  func stop(because signal: String) {
    guard stopAt == nil else { return }
    Log.info("stopping signal=\(signal)")
    ServiceManager.stopping()
    stopAt = now + ConversationLoop.longestGoodbye
    link?.close()
    if link?.isOpen != true { loop.stop() }
  }

  /// After the loop has ended and the audio thread has been joined.
  func finish() {
    if keeper.hasNews(replies: tally.replies) { keepEcho() }
    hands.finish(at: now)
    drainRecording()
    guard let recorder else { return }
    do throws(LinuxError) { try recorder.finish() } catch {
      Log.error("recording failed reason=\(Log.quoted(error.description))")
    }
  }

  // MARK: What wakes it

  func audioSignalled() {
    bridge.wakeup.clear()
    while let heard = bridge.heard.pop() { hear(heard) }
    if stopAt == nil {
      link?.tick(at: now, isTalking: conversation.isBusy, isNeeded: conversation.needsAgent)
    }
    while let event = bridge.roomEvents.pop() {
      tell(Happening(event, words: sound.roomScript?.words(line: event.line)))
    }
    drainRecording()
    pump()
    keepEcho()
    checkMeasuring()
    if keeper.isDue(at: now, replies: tally.replies) { bridge.echo.ask() }
    tellRoom()
  }

  private func tellRoom() {
    guard let link else { return }
    bridge.isAgentAwaited = conversation.awaitsAgent || link.isAsking || !link.isOpen
  }

  private func keepEcho() {
    bridge.echo.take { keeper.keep($0, replies: tally.replies) }
  }

  private func hear(_ heard: HeardFrame) {
    now = heard.time
    isSomebodySpeaking = heard.isSpeech
    checkHealth(of: heard.shape)
    checkSound()
    if let stopAt, now >= stopAt { loop.stop() }
    perform(conversation.hear(heard))
    tickHands(heard)
    if let watchdogEvery, now >= nextWatchdog {
      nextWatchdog = now + watchdogEvery
      ServiceManager.watchdog()
    }
    guard let control, control.hasWatchers else { return }
    if now >= nextLevels {
      nextLevels = now + ConversationLoop.levelsEvery
      control.publish(Happening(levelsOf: heard))
    }
    if now >= nextStats {
      nextStats = now + ConversationLoop.statsEvery
      control.publish(statistics)
    }
  }

  private var statistics: Happening {
    var happening = Happening("stats", at: now)
    happening.fields.add("bytes_up", link?.traffic.sent ?? 0)
    happening.fields.add("bytes_up_continuous", tally.continuousBytes(at: now))
    happening.add(bridge.echoPlaces)
    return happening
  }

  private func drainRecording() {
    guard let ring = bridge.recording else { return }
    while let frame = ring.pop() {
      do throws(LinuxError) { try recorder?.add(frame) } catch {
        Log.error("recording stopped reason=\(Log.quoted(error.description))")
        recorder = nil
      }
    }
  }

  private func pump() {
    let broken = coding.downlink.pump(into: bridge.toPlay) { conversation.nextToDecode() }
    if broken > 0 { tally.countBroken(broken) }
  }

  // MARK: The link

  func linkChanged(_ event: AgentLink.Event) {
    switch event {
    case .changed(let change):
      isResting = change == .resting
      if change == .away || isResting { tally.linkLost() }
      perform(conversation.link(change))
    case .received(let message):
      perform(conversation.receive(message))
      pump()
      tellRoom()
    case .noted(.lost(let loss, let wait)):
      if stopAt != nil { return loop.stop() }
      var happening = Happening("link", at: now)
      happening.fields.add("phase", "closed")
      happening.fields.add("reason", loss.reason)
      happening.fields.add("advice", loss.advice)
      happening.fields.add("retry_ms", wait.milliseconds)
      // A server that is away for a day is one line in the log, and one for each new reason.
      happening.isFrequent = lastLoss?.isSame(as: loss) ?? false
      lastLoss = loss
      tell(happening)
    case .noted(.goingAway(let reason)):
      var happening = Happening("link", at: now)
      happening.fields.add("phase", "asked-to-leave")
      happening.fields.add("reason", reason)
      tell(happening)
    case .noted(.notRenewed(let loss)):
      var happening = Happening("link", at: now)
      happening.fields.add("phase", "token-not-renewed")
      happening.fields.add("reason", loss.reason)
      happening.fields.add("advice", loss.advice)
      tell(happening)
    case .noted(.clock(let offset)): clockOffset = offset
    }
  }

  // MARK: Effects

  func perform(_ effects: [Effect]) {
    for effect in effects {
      do throws(OpusError) {
        switch effect {
        case .send(let message): link?.send(message)
        case .stream(let turn, let frame):
          if let packet = try coding.uplink.add(frame, of: turn) { link?.send(packet) }
        case .finishStream(let turn):
          if let packet = try coding.uplink.finish(turn) { link?.send(packet) }
        case .abandonStream: coding.uplink.abandon()
        case .makeAudible(let reply): bridge.audible = reply
        case .setVolume(let percent): setVolume(VolumeWish(volume: percent))
        case .cue(let cue): give(cue)
        case .skip(let turn, let place):
          if let packet = try coding.uplink.skip(turn, to: place) { link?.send(packet) }
        case .callAgent: link?.tryNow()
        case .nobodyWaits(let turn): link?.nobodyWaits(for: turn)
        case .note(let note):
          tally.count(note, at: now)
          if case .welcomed = note { lastLoss = nil }
          tell(Happening(note, at: now))
        }
      } catch {
        Log.error("encoding failed reason=\(Log.quoted(error.description))")
      }
    }
  }

  func give(_ cue: Cue) {
    bridge.order(.play(cue))
    tell(Happening(cue, at: now))
  }

  func tell(_ happening: Happening) {
    if !happening.isFrequent, logLimit.allows(at: now) {
      let kept = logLimit.takeKept()
      if kept > 0 { Log.warning("log lines left out count=\(kept)") }
      Log.info(happening.line)
    }
    control?.publish(happening)
  }

  // MARK: The command line

  /// What a new watcher is told first.
  var standing: Happening {
    Happening(
      .shown(conversation.shown, before: conversation.shown, because: .stopped), at: now)
  }

  /// Nil: the answer takes its time, and is delivered.
  func answer(_ request: ControlRequest) -> Fields? {
    var fields = Fields()
    switch request {
    case .status: fields = status
    case .version: fields.add("version", Version.current)
    case .watch: break
    case .settings: fields = settings
    case .cards:
      fields = CardDesk.report(
        loaded.settings, sound.chooser, hears: sound.pick(.microphone),
        speaks: sound.pick(.loudspeaker))
    case .use(let microphone, let loudspeaker):
      if let refusal = use(microphone, loudspeaker) { return .failure(refusal) }
    case .measure(let accept): return measure(accept: accept)
    case .check: fields = check
    case .listen where measuring.isUnderWay:
      return .failure("cannot listen: the board is being measured, which takes six seconds")
    case .listen:
      if let obstacle = conversation.presence.obstacle {
        perform(conversation.press(.listen))
        return .failure("cannot listen: \(obstacle.whyNot)")
      }
      perform(conversation.press(.listen))
    case .stop:
      stopTalking()
    case .cue(let name):
      guard let cue = Cue.named(name) else {
        return .failure("there is no such cue: auricle help cue names them")
      }
      if let reason = whyNoCue { return .failure("the cue cannot be heard: \(reason)") }
      give(cue)
    case .mute(let wanted):
      if let wanted, let reason = setMute(wanted, by: .command) { return .failure(reason) }
      addMute(to: &fields)
    case .volume(let wish):
      setVolume(wish)
      addVolume(to: &fields)
    }
    fields.succeed()
    return fields
  }

  /// - Returns: why not.
  private func use(_ microphone: String?, _ loudspeaker: String?) -> String? {
    guard loaded.settings.sound.card == .alsa else {
      return "sound.card is \(loaded.settings.sound.card.word): no sound card is used"
    }
    for text in [microphone, loudspeaker] {
      do throws(CardWish.Malformed) { _ = try CardWish.parse(text ?? "auto") } catch {
        return "that names no card: right is " + error.right
      }
    }
    if let microphone { use(microphone, .microphone) }
    if let loudspeaker { use(loudspeaker, .loudspeaker) }
    return nil
  }

  private func use(_ wish: String, _ side: Side) {
    loaded.set("alsa", side.word, wish)
    sound.chooser.use(CardChooser.wish(wish), side, at: now)
  }

  private var whyNoCue: String? {
    if conversation.shown == .speaking { return "an answer plays" }
    if !sound.canPlay { return "there is no sound" }
    if measuring.isUnderWay { return "the board is being measured" }
    let isSilent = hands.volume.isSilent || hands.volume.cues == 0
    return isSilent ? "the volume, or that of cues, is 0" : nil
  }

  var status: Fields {
    var fields = Fields()
    fields.add("state", conversation.shown.word)
    fields.add("state_for_ms", (now - tally.shownSince).milliseconds)
    fields.add("reason", tally.reason)
    fields.add("device", loaded.settings.device.name)
    fields.add("agent", link?.address ?? loaded.settings.agent.url)
    fields.add("agent_name", tally.agent)
    fields.add("session", tally.session)
    fields.add("connected_for_ms", tally.connectedSince.map { (now - $0).milliseconds } ?? 0)
    fields.add("turns", tally.turns)
    fields.add("replies", tally.replies)
    fields.add("interrupts", tally.interrupts)
    fields.add("false_interrupts", tally.falseInterrupts)
    addMute(to: &fields)
    addVolume(to: &fields)
    fields.add("buttons", hands.buttonNames)
    fields.add("sound", sound.name)
    fields.add("microphone", sound.microphoneName ?? "none")
    fields.add("loudspeaker", sound.loudspeakerName ?? "none")
    sound.addCards(to: &fields)
    for side in Side.allCases {
      guard let pick = sound.pick(side) else { continue }
      fields.add("\(side.word)_why", pick.doubt.isEmpty ? pick.reason : pick.doubt)
    }
    fields.add("realtime", isRealtime)
    fields.add("echo_path", keeper.hasEarlier ? "of an earlier run" : "new")
    fields.add("frames", bridge.counters.frames.value)
    fields.add("underruns", bridge.counters.underruns.value)
    fields.add("overruns", bridge.counters.stumbles.value)
    bridge.counters.addClocks(to: &fields)
    fields.add("dropped_frames", bridge.counters.droppedFrames.value)
    fields.add("broken_packets", tally.brokenPackets)
    fields.add("refused_packets", conversation.refusedPackets)
    fields.add("bytes_up", link?.traffic.sent ?? 0)
    fields.add("bytes_down", link?.traffic.received ?? 0)
    fields.add("bytes_up_continuous", tally.continuousBytes(at: now))
    fields.add("reconnects", max(0, (link?.connects ?? 0) - 1))
    if let link {
      fields.add("round_trip_ms", link.roundTrip.milliseconds)
      fields.add("unacknowledged", link.unacknowledged)
    }
    if isResting { fields.add("resting", true) }
    if let clockOffset { fields.add("clock_offset_ms", clockOffset) }
    fields.add("version", Version.current)
    fields.add("pid", Process.identifier)
    fields.add("uptime_ms", (MonotonicClock.microseconds() - startedAt) / 1_000)
    fields.add("resident_kib", Process.residentKiB)
    fields.add("fault", fault)
    if loaded.settings.agent.allowsLongLivedKey, !loaded.settings.agent.keyFile.isEmpty {
      fields.add("warning", "a key that never runs out is on this device (agent.key_file)")
    }
    return fields
  }

  private var fault: String {
    if let problem = sound.problem { return "\(problem.reason): \(problem.advice)" }
    if let trouble = health.trouble { return "\(trouble.reason): \(trouble.advice)" }
    if let lastLoss, tally.connectedSince == nil { return "\(lastLoss.reason): \(lastLoss.advice)" }
    return ""
  }

  private var settings: Fields {
    var fields = Fields()
    for (index, row) in SettingsTable.rows.enumerated() {
      fields.add(row.name, row.text(in: loaded.settings))
      fields.add(row.name + ".from", loaded.origins[index].description)
    }
    return fields
  }
}
