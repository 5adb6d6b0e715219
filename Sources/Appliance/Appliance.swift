internal import ALSA
public import ControlProtocol
internal import Linux
internal import Opus
public import Settings
internal import SoundCards
internal import VoiceCore
internal import WebSockets

/// The daemon, put together: two threads, a ring each way, a socket to the agent and one for the
/// command line.
public enum Appliance {
  /// Above every ordinary thread, below the kernel's own.
  static let audioPriority: Int32 = 10

  /// What is wrong with settings that can be read but cannot work; also the first step of `run`.
  public static func check(_ settings: DeviceSettings) throws(StartProblem) {
    do throws(LinkError) { _ = try ServerAddress(url: settings.agent.url) } catch {
      throw StartProblem(
        "agent.url: \(error.description)", advice: "correct agent.url", isSetting: true)
    }
    try checkSecrets(settings)
    try checkChannels(settings.alsa)
    try ControlSocket.check(settings.control.socket, group: settings.control.group)
    if settings.sound.card == .wav, settings.wav.microphone.isEmpty {
      throw StartProblem(
        "sound.card is wav, but wav.microphone names no file", advice: "set wav.microphone",
        isSetting: true)
    }
    if settings.talk.mode != .open, settings.buttons.talk.isEmpty {
      throw StartProblem(
        "talk.mode is \(settings.talk.mode.word), but no button is there to talk with",
        advice: "set buttons.talk", isSetting: true)
    }
  }

  /// What cards there are and which would be used: the same as a running daemon answers.
  public static func cards(_ settings: DeviceSettings) -> Fields {
    var fields = CardDesk.report(settings)
    fields.succeed()
    return fields
  }

  /// Levels and switches of every card, for whoever is asked for help.
  public static var mixers: [String] {
    var lines: [String] = []
    for card in CardScanner.look(thoroughly: false) {
      lines.append("card \(card.number) \(card.id), \(card.name)")
      do throws(ALSAError) {
        for line in try MixerPage.lines(of: "hw:\(card.number)") { lines.append("  " + line) }
      } catch {
        lines.append("  " + error.description)
      }
    }
    return lines.isEmpty ? ["there is no card"] : lines
  }

  private static func checkChannels(_ alsa: DeviceSettings.ALSA) throws(StartProblem) {
    guard alsa.referenceChannel != 0, alsa.referenceChannel == alsa.microphoneChannel else {
      return
    }
    throw StartProblem(
      "alsa.reference_channel and alsa.microphone_channel are the same",
      advice: "one of them is what the loudspeaker plays, the other what people say",
      isSetting: true)
  }

  private static func checkSecrets(_ settings: DeviceSettings) throws(StartProblem) {
    let (agent, broker) = (settings.agent, settings.broker)
    if !broker.url.isEmpty {
      do throws(LinkError) { _ = try ServerAddress(https: broker.url) } catch {
        throw StartProblem(
          "broker.url: \(error.description)", advice: "correct broker.url", isSetting: true)
      }
      if broker.secretFile.isEmpty, settings.device.certificateFile.isEmpty {
        throw StartProblem(
          "broker.url is set, but nothing proves this device to the broker",
          advice: "set broker.secret_file, or device.certificate and device.key", isSetting: true)
      }
    }
    guard !agent.keyFile.isEmpty else { return }
    guard agent.allowsLongLivedKey else {
      throw StartProblem(
        "agent.key_file is a key that never runs out, on a device that anyone can take",
        advice:
          "let a token broker give it tokens (broker.url); for debugging set agent.debug_long_lived_key",
        isSetting: true)
    }
    guard broker.url.isEmpty else {
      throw StartProblem(
        "agent.key_file and broker.url are both set", advice: "remove agent.key_file",
        isSetting: true)
    }
  }

  /// Runs until SIGTERM or SIGINT.
  public static func run(_ loaded: LoadedSettings) throws(StartProblem) {
    let settings = loaded.settings
    try check(settings)
    Process.ignoreBrokenPipes()
    let socket = try ControlSocket.claim(settings.control.socket, group: settings.control.group)
    defer { socket.release() }
    // Before any thread starts, so that all of them leave the signals to the loop.
    let recorder = openRecorder(settings)
    let (signals, bridge) = try StartProblem.advising("is the system out of descriptors?") {
      () throws(LinuxError) in
      (
        SignalHolder(try StopSignals.open()),
        try Bridge(volume: settings.speaker.volume, records: recorder != nil)
      )
    }
    let coding = try StartProblem.advising("set link.packet and link.bitrate to their defaults") {
      () throws(OpusError) in try Coding(settings)
    }
    let loop = try StartProblem.advising("is the system out of memory?") {
      () throws(LinkError) in try EventLoop()
    }
    let keeper = EchoKeeper(settings)
    let conversation = ConversationLoop(
      bridge: bridge, loaded: loaded, loop: loop, coding: coding, recorder: recorder,
      keeper: keeper)
    try StartProblem.advising("correct agent.url or agent.ca_file") { () throws(LinkError) in
      conversation.connect(
        link: try AgentLink(on: loop, settings: settings) {
          conversation.linkChanged($0)
        },
        control: try ControlServer(
          on: loop, listener: socket.listener, greeting: { conversation.standing },
          answer: { conversation.answer($0) },
          abandoned: { conversation.measurementAbandoned() }))
      _ = try loop.watch(bridge.wakeup.number) { conversation.audioSignalled() }
      if let cards = watchCards(settings) {
        _ = try loop.watch(cards.number) {
          if cards.take() { conversation.cardsChanged() }
        }
      }
      _ = try loop.watch(signals.number) {
        if let name = signals.next() { conversation.stop(because: name) }
      }
    }
    // Before anything is opened: who muted it must not be heard for a moment.
    conversation.startHands()
    conversation.checkSound()
    let audio = try startAudio(bridge, settings, keeper)
    conversation.audioRuns(isRealtime: audio.isRealtime)
    ServiceManager.ready(status: "running")
    let wasAsked = loop.run()
    bridge.isStopping = true
    audio.join()
    conversation.finish()
    guard wasAsked else {
      throw StartProblem(
        "the event loop failed while running", advice: "is the system out of memory?")
    }
    Log.info("stopped")
  }

  /// Without news the cards are looked for while one is missing (`SearchPace`), and that is all.
  private static func watchCards(_ settings: DeviceSettings) -> NewsHolder? {
    guard settings.sound.card == .alsa else { return nil }
    do throws(LinuxError) { return NewsHolder(try FolderNews.open("/dev/snd")) } catch {
      Log.warning("no news of sound cards reason=\(Log.quoted(error.description))")
      return nil
    }
  }

  /// A full disk must not keep the device from talking.
  private static func openRecorder(_ settings: DeviceSettings) -> Recorder? {
    do throws(LinuxError) { return try Recorder.open(settings) } catch {
      Log.error("nothing is recorded reason=\(Log.quoted(error.description))")
      return nil
    }
  }

  private static func startAudio(
    _ bridge: Bridge, _ settings: DeviceSettings, _ keeper: EchoKeeper
  ) throws(StartProblem) -> RealtimeThread {
    let audio = AudioLoopHolder(
      AudioLoop(
        bridge: bridge, gate: SpeechGate.Settings(settings),
        path: RecogniserPath.Settings(settings),
        interrupter: Interrupter.Settings(settings),
        cues: CuePlayer(
          sounds: CueFiles.load(settings.speaker.cues, complain: CueFiles.log))))
    var memory = EchoMemory()
    if keeper.load(into: &memory) { audio.recall(memory) }
    let thread = try StartProblem.advising("is the system out of memory?") {
      () throws(LinuxError) in
      try RealtimeThread.start(name: "audio", priority: audioPriority) { audio.run() }
    }
    if !thread.isRealtime {
      Log.warning("audio thread without real-time priority: sound may stumble under load")
    }
    return thread
  }
}

/// Closures of other threads and modules cannot own what is not copyable; they can hold one of these.
private final class SignalHolder {
  private let signals: StopSignals
  init(_ signals: consuming StopSignals) { self.signals = signals }
  var number: Int32 { signals.number }
  func next() -> String? { signals.next() }
}

private final class NewsHolder {
  private var news: FolderNews
  init(_ news: consuming FolderNews) { self.news = news }
  var number: Int32 { news.number }
  func take() -> Bool {
    do throws(LinuxError) { return try news.take() } catch {
      // Whatever it was, looking does no harm.
      return true
    }
  }
}

/// Made on one thread, run on another, touched by nobody else.
private final class AudioLoopHolder: @unchecked Sendable {
  private var loop: AudioLoop
  init(_ loop: consuming AudioLoop) { self.loop = loop }
  func recall(_ memory: borrowing EchoMemory) { loop.recall(memory) }
  func run() { loop.run() }
}
