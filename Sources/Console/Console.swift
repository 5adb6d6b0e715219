internal import ControlProtocol
internal import Linux
internal import Settings
internal import SettingsFiles
internal import VoiceCore

/// The command line: does what was asked and says how it went.
public struct Console {
  let screen: Screen
  /// Opens what becomes readable when the person has seen enough (Ctrl-C); asked by `watch` only,
  /// so that everything else simply ends.
  private let stop: () throws(Failure) -> Int32?
  /// `auricle process`, which is no business of the daemon's.
  private let process: ([String]) -> Int32
  /// Milliseconds a daemon may take to answer.
  var patience = DaemonClient.patience
  /// The daemon's program, for what it can tell without running.
  public var daemon = "auricled"

  public init(
    screen: Screen, stop: @escaping () throws(Failure) -> Int32?,
    process: @escaping ([String]) -> Int32
  ) {
    self.screen = screen
    self.stop = stop
    self.process = process
  }

  /// - Parameter arguments: without the program's own name.
  public func run(_ arguments: [String]) -> Int32 {
    var wantsJSON = false
    do throws(Failure) {
      let invocation = try Invocation.parse(arguments)
      wantsJSON = invocation.wantsJSON
      if case .process(let arguments) = invocation.command { return process(arguments) }
      let outcome = try perform(invocation)
      // A reader that has seen enough, such as head, is no failure.
      if let failure = screen.failure, !failure.isPeerGone { throw .output(failure) }
      return outcome.number
    } catch {
      screen.clearBottom()
      if wantsJSON { screen.printBytes(Facts.failure(error.sentence)) }
      screen.complain("auricle: \(error.sentence)")
      for line in error.advice { screen.complain("  \(line)") }
      return error.exitCode.number
    }
  }

  private func perform(_ invocation: Invocation) throws(Failure) -> ExitCode {
    switch invocation.command {
    case .check(let withSound): return check(withSound: withSound, invocation)
    case .sound(.measure(let accept, let plot)):
      return try measure(accept: accept, plot: plot, invocation)
    case .support(let file): try support(file, invocation)
    case .status:
      let reply = try ask(.status, invocation)
      show(reply, invocation) { StatusPage(fields: reply, screen: screen).lines }
    case .watch(let levels, let words): try watch(levels: levels, words: words, invocation)
    case .listen:
      let reply = try ask(.listen, invocation)
      show(reply, invocation) { ["listening"] }
    case .stop:
      let reply = try ask(.stop, invocation)
      show(reply, invocation) { ["stopped"] }
    case .mute(let wanted):
      let reply = try ask(.mute(wanted), invocation)
      let isMuted = reply.flag("muted") ?? wanted ?? false
      let hand = reply["muted_by"].map { Words.harmless($0) } ?? ""
      let by = hand.isEmpty ? "" : " (by \(hand))"
      show(reply, invocation) {
        [isMuted ? "muted\(by): nothing is heard" : "the microphone is on"]
      }
    case .volume(let wish):
      let reply = try ask(.volume(wish), invocation)
      show(reply, invocation) { [StatusPage.volume(reply) ?? "done"] }
    case .cue(let cue):
      let reply = try ask(.cue(cue.word), invocation)
      show(reply, invocation) { ["cue \(cue.word)"] }
    case .sound(let task): try sound(task, invocation)
    case .settings: try settings(invocation)
    case .settingsInFiles: show(SettingsPage(files: try files(invocation)), invocation)
    case .sample: printText(SampleFile.text)
    case .reference: printText(ReferencePage.markdown)
    case .version: try version(invocation)
    case .help(let verb): screen.print(verb.map { HelpPage.about($0) } ?? HelpPage.overview)
    case .manual(let name): try manual(name)
    case .process: break
    }
    return .good
  }

  func show(_ reply: Fields, _ invocation: Invocation, lines: () -> [String]) {
    if invocation.wantsJSON {
      screen.printBytes(Facts.object(reply))
    } else {
      screen.print(lines())
    }
  }

  private func show(_ page: SettingsPage, _ invocation: Invocation) {
    if invocation.wantsJSON {
      screen.printBytes(page.json)
    } else {
      screen.print(page.lines(on: screen))
    }
  }

  private func watch(levels: Bool, words: Bool, _ invocation: Invocation) throws(Failure) {
    let isLive = screen.abilities.isTerminal && !invocation.wantsJSON
    var daemon = try connect(invocation)
    let stop = try stop()
    _ = try daemon.ask(.watch(levels: levels || isLive, words: words))
    var page = WatchPage(screen: screen, showsLevels: levels)
    if isLive { screen.print(screen.painted("watching auricled; Ctrl-C ends", .dim)) }
    while screen.failure == nil {
      switch try daemon.next(milliseconds: -1, stop: stop) {
      case .block(let event):
        if invocation.wantsJSON {
          screen.printBytes(Facts.object(event))
        } else {
          page.show(event)
        }
      case .nothing: continue
      case .stopped:
        screen.clearBottom()
        return
      }
    }
  }

  private func settings(_ invocation: Invocation) throws(Failure) {
    do throws(Failure) {
      show(SettingsPage(daemon: try ask(.settings, invocation)), invocation)
    } catch {
      // The person asked about files as much as about the daemon.
      guard case .notRunning(let socket) = error else { throw error }
      if !invocation.wantsJSON {
        screen.print("no daemon runs (nobody listens at \(Words.harmless(socket))):")
      }
      show(SettingsPage(files: try files(invocation)), invocation)
    }
  }

  private func version(_ invocation: Invocation) throws(Failure) {
    var facts = Fields()
    facts.add("auricle", Version.current)
    var daemon = "auricled is not running"
    do throws(Failure) {
      let reply = try ask(.version, invocation)
      if let version = reply["version"] {
        facts.add("auricled", version)
        daemon = "auricled \(Words.harmless(version))"
      }
    } catch {
      // Which version this command is, it can say in any case.
      guard error.exitCode == .unreachable else { throw error }
      daemon = error.sentence
    }
    show(facts, invocation) { ["auricle \(Version.current)", daemon] }
  }

  private func manual(_ name: String) throws(Failure) {
    guard let page = ManualPage.named(name) else {
      let pages = SettingKind.list(ManualPage.allCases.map { $0.name })
      throw .wrongUse(
        "there is no manual page \"\(Words.harmless(name))\": there are \(pages)",
        help: "auricle help help")
    }
    printText(page.roff)
  }

  /// Text that brings its own last line end.
  private func printText(_ text: String) {
    var bytes = Array(text.utf8)
    if bytes.last == 0x0A { bytes.removeLast() }
    screen.printBytes(bytes)
  }

  func ask(_ request: ControlRequest, _ invocation: Invocation) throws(Failure) -> Fields {
    var daemon = try connect(invocation)
    return try daemon.ask(request)
  }

  private func connect(_ invocation: Invocation) throws(Failure) -> DaemonClient {
    if let socket = invocation.socket {
      return try DaemonClient.connect(to: socket, group: "", patience: patience)
    }
    var control = DeviceSettings().control
    do throws(SettingsError) {
      control = try SettingsFiles.load(invocation.configs).settings.control
    } catch {
      // A daemon that started before the files went bad can still be asked; a file named on the
      // command line must be right.
      guard invocation.configs.isEmpty else { throw .badSettings(error) }
      screen.complain(
        "auricle: the settings files have errors (auricle settings --files lists them)")
    }
    return try DaemonClient.connect(
      to: control.socket, group: control.group, patience: patience)
  }

  private func files(_ invocation: Invocation) throws(Failure) -> LoadedSettings {
    do throws(SettingsError) { return try SettingsFiles.load(invocation.configs) } catch {
      throw .badSettings(error)
    }
  }
}
