internal import Acoustics
internal import Checkup
internal import ControlProtocol
internal import Linux
internal import Settings
internal import SettingsFiles

/// Finds out what can be found out about this device, with a daemon or without.
struct CheckGatherer {
  /// The probe takes six seconds, and a slow board needs another for its sums.
  static let measuringPatience: Int64 = 20_000

  let invocation: Invocation
  let patience: Int64
  /// Told while people hear the sound.
  var announce: () -> Void = {}

  func facts(withSound: Bool) -> CheckFacts {
    var facts = CheckFacts()
    facts.version = Version.current
    facts.board = board
    var files: LoadedSettings?
    do throws(SettingsError) { files = try SettingsFiles.load(invocation.configs) } catch {
      facts.settingsProblems = error.lines
    }
    let settings = files?.settings ?? DeviceSettings()
    // Compared with nil, whole settings would be compared, and with them the characters of texts.
    if let files { lookAtState(files.settings.device.state, &facts.board) }
    do throws(Failure) {
      let control = settings.control
      facts.daemon = try ask(.check, control)
      if let files { facts.staleSettings = try stale(files, control) }
      if withSound { facts.sound = measure(accept: false, control) }
      // What a measurement changes of the daemon's word: when it was installed.
      if withSound { facts.daemon = try ask(.check, control) }
    } catch {
      facts.whyNoDaemon = CheckGatherer.words(error)
    }
    return facts
  }

  func measure(accept: Bool, _ control: DeviceSettings.Control) -> CheckFacts.SoundFacts {
    announce()
    do throws(Failure) {
      return .measured(
        try ask(.measure(accept: accept), control, patience: CheckGatherer.measuringPatience))
    } catch {
      return .refused(error.sentence)
    }
  }

  func ask(_ request: ControlRequest, _ control: DeviceSettings.Control, patience: Int64? = nil)
    throws(Failure) -> Fields
  {
    var daemon = try DaemonClient.connect(
      to: invocation.socket ?? control.socket, group: control.group,
      patience: patience ?? self.patience)
    return try daemon.ask(request)
  }

  /// In a word, a sentence and what to do.
  static func words(_ failure: Failure) -> (code: String, says: String, advice: String) {
    let log = "journalctl -u auricled -n 30"
    let code: String
    switch failure {
    case .notRunning:
      return (
        "no-daemon", failure.sentence, "systemctl start auricled; why it ended: \(log)"
      )
    case .notPermitted: code = "not-permitted"
    case .silent: code = "silent-daemon"
    default: code = "daemon"
    }
    return (code, failure.sentence, failure.advice.first ?? log)
  }

  /// Keys of which the files say something else than what is in force.
  private func stale(_ files: LoadedSettings, _ control: DeviceSettings.Control) throws(Failure)
    -> [String]
  {
    let inForce = try ask(.settings, control)
    var names: [String] = []
    for row in SettingsTable.rows {
      guard let value = inForce[row.name] else { continue }
      if !value.isSame(as: row.text(in: files.settings)) { names.append(row.name) }
    }
    return names
  }

  private var board: BoardFacts {
    var board = BoardFacts()
    board.now = WallClock.seconds()
    board.release = WallClock.release
    board.temperature = Board.temperature()
    board.throttled = Board.throttled()
    board.memory = Board.memory()
    return board
  }

  private func lookAtState(_ folder: String, _ board: inout BoardFacts) {
    board.stateFolder = folder
    guard !folder.isEmpty else { return }
    if !Files.isFolder(folder) { board.stateProblem = "there is no folder \(folder)" }
    board.stateFreeKiB = Disk.freeKiB(folder)
  }
}
