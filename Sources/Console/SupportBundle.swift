internal import Acoustics
internal import Checkup
internal import ControlProtocol
internal import Linux
internal import Settings
internal import SettingsFiles

/// `auricle support`: what somebody far away needs to know about this device, in one file. Each text
/// goes through the `Redactor` on its way in, whatever it is.
struct SupportBundle {
  /// Of the log.
  static let logLines = 400
  static let largestLog = 200 << 10
  /// Of the kernel's, whose whole memory is read for it.
  static let kernelLines = 400
  static let largestKernelLog = 2 << 20
  static let mostCards = 16
  /// What a program of others may take, in milliseconds.
  static let childPatience: Int64 = 5_000

  let gatherer: CheckGatherer
  let screen: Screen
  private let now = WallClock.seconds()
  private let files: LoadedSettings?
  private let settingsError: SettingsError?

  init(gatherer: CheckGatherer, screen: Screen, configs: [String]) {
    self.gatherer = gatherer
    self.screen = screen
    do throws(SettingsError) {
      files = try SettingsFiles.load(configs)
      settingsError = nil
    } catch {
      files = nil
      settingsError = error
    }
  }

  private var settings: DeviceSettings { files?.settings ?? DeviceSettings() }

  /// `auricle-support-kiosk-7-2026-11-28`
  var name: String {
    var device: [UInt8] = []
    for byte in settings.device.name.utf8.prefix(40) {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        device.append(byte)
      default: device.append(UInt8(ascii: "-"))
      }
    }
    return "auricle-support-\(String(decoding: device, as: UTF8.self))-\(Day.text(now))"
  }

  var archive: [UInt8] {
    var archive = TarArchive(folder: name, time: now)
    func add(_ file: String, _ lines: [String]) {
      var text: [UInt8] = []
      for line in lines { text += Array(line.utf8) + [0x0A] }
      archive.add(file, Redactor.redact(text))
    }
    add("about.txt", about)
    let facts = gatherer.facts(withSound: false)
    add("check.txt", CheckPage(findings: Checkup(facts).findings).lines(on: SupportBundle.paper))
    add(
      "status.txt", facts.daemon.map { SupportBundle.lines($0) } ?? [facts.whyNoDaemon?.says ?? ""])
    add("settings.txt", settingsLines)
    add("cards.txt", cards)
    add("log.txt", log)
    add("kernel.txt", kernel)
    add("machine.txt", machine)
    add("sound-system.txt", soundSystem)
    add("mixers.txt", mixers)
    add("acoustics.txt", acoustics)
    return archive.contents
  }

  private static var paper: Screen {
    Screen(
      Screen.Abilities(columns: 80), write: { (_) throws(LinuxError) in }, complain: { _ in })
  }

  // MARK: The parts

  private var about: [String] {
    [
      "What this is: facts about a voice appliance, gathered by auricle support.",
      "Not in it: sound, anything that anybody said, keys, tokens, passwords.",
      "Where \(Redactor.mark) stands, something like these was.", "",
      "auricle \(Version.current)", "made \(Day.text(now)) \(Day.time(now)) UTC",
    ]
  }

  private static func lines(_ fields: Fields) -> [String] {
    fields.all.map { "\($0.key) = \(Words.harmless($0.value))" }
  }

  private var settingsLines: [String] {
    guard let files else {
      // What was given may be a secret in the wrong place: only where and what kind.
      return ["the settings files have errors:"]
        + (settingsError?.lines ?? []).map { SupportBundle.withoutQuotes($0) }
    }
    var lines: [String] = []
    for (row, origin) in zip(SettingsTable.rows, files.origins) {
      lines.append("\(row.name) = \(row.text(in: files.settings))   (\(origin.description))")
    }
    return lines
  }

  /// Quotes hold what somebody wrote.
  static func withoutQuotes(_ text: String) -> String {
    var shown: [UInt8] = []
    var isQuoted = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") {
        if !isQuoted { shown += Array("\"\(Redactor.mark)\"".utf8) }
        isQuoted.toggle()
      } else if !isQuoted {
        shown.append(byte)
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }

  private var cards: [String] {
    do throws(Failure) {
      return SupportBundle.lines(try gatherer.ask(.cards, settings.control))
    } catch {
      return ["not to be had: \(error.sentence)"]
    }
  }

  private var log: [String] {
    run(
      "journalctl",
      ["-u", "auricled", "-n", "\(SupportBundle.logLines)", "--no-pager", "-o", "short-iso"])
  }

  /// Its end: where USB devices that go and come, and supplies that are too weak, are told.
  private var kernel: [String] {
    let lines = run("dmesg", [], limit: SupportBundle.largestKernelLog)
    return lines.suffix(SupportBundle.kernelLines)
  }

  /// Levels and switches of every card.
  private var mixers: [String] {
    var lines: [String] = []
    for card in cardFolders {
      let number = String(decoding: card.utf8.dropFirst(4), as: UTF8.self)
      lines += ["", "## amixer -c \(number)"] + run("amixer", ["-c", number])
    }
    return lines.isEmpty ? ["there is no card"] : lines
  }

  private var machine: [String] {
    var lines = ["# what the kernel says"]
    for file in [
      "/proc/version", "/proc/device-tree/model", "/proc/uptime", "/proc/loadavg",
      "/etc/os-release",
      "/proc/meminfo", "/proc/cpuinfo",
    ] { lines += show(file) }
    lines += ["", "# temperature, speed and supply"]
    lines.append(Board.temperature().map { "\(Figure.text($0, places: 1)) degrees" } ?? "not known")
    lines.append(
      Board.throttled().map { "throttled 0x\(String($0, radix: 16))" } ?? "throttled: not known")
    lines += ["", "# room on the disk"]
    for folder in ["/", settings.device.state, "/run"] where !folder.isEmpty {
      lines.append("\(folder): \(Disk.freeKiB(folder).map { "\($0) KiB" } ?? "not known")")
    }
    return lines
  }

  private var soundSystem: [String] {
    var lines: [String] = []
    let folder = "/proc/asound"
    for file in ["version", "cards", "devices", "pcm", "modules"] {
      lines += show(folder + "/" + file)
    }
    for card in cardFolders {
      for file in ["id", "usbid", "usbbus", "stream0"] {
        let path = "\(folder)/\(card)/\(file)"
        if Files.exists(path) { lines += show(path) }
      }
      for open in open(in: "\(folder)/\(card)") { lines += show(open) }
    }
    return lines
  }

  /// `card0`; what has the name of a card's id is a link to one of these.
  private var cardFolders: [String] {
    let folder = "/proc/asound"
    return names(in: folder).filter {
      $0.utf8.starts(with: "card".utf8) && Files.isFolder(folder + "/" + $0)
    }.prefix(SupportBundle.mostCards).map { $0 }
  }

  /// What the devices that are open were set up for, and where they are.
  private func open(in card: String) -> [String] {
    var paths: [String] = []
    for pcm in names(in: card).filter({ $0.utf8.starts(with: "pcm".utf8) }).prefix(16) {
      for sub in names(in: "\(card)/\(pcm)").filter({ $0.utf8.starts(with: "sub".utf8) }).prefix(4)
      {
        for file in ["hw_params", "sw_params", "status"] {
          let path = "\(card)/\(pcm)/\(sub)/\(file)"
          if Files.exists(path) { paths.append(path) }
        }
      }
    }
    return paths
  }

  /// A folder that may be gone by now has none.
  private func names(in folder: String) -> [String] {
    do throws(LinuxError) { return try Files.list(folder) } catch { return [] }
  }

  private var acoustics: [String] {
    guard !settings.device.state.isEmpty else { return ["nothing is kept: device.state is empty"] }
    return show(settings.device.state + "/acoustics")
  }

  // MARK: Files and programs

  private func show(_ path: String) -> [String] {
    var lines = ["", "## \(path)"]
    do throws(LinuxError) {
      let bytes = try Files.read(path, limit: 64 << 10)
      for line in bytes.split(separator: 0x0A) {
        lines.append(Words.harmless(String(decoding: line, as: UTF8.self)))
      }
    } catch {
      lines.append("not to be had: \(error.description)")
    }
    return lines
  }

  /// A program of others: so long, and so much.
  private func run(
    _ program: String, _ arguments: [String], limit: Int = SupportBundle.largestLog
  ) -> [String] {
    do throws(LinuxError) {
      let child = try ChildProcess.start(
        program, arguments, captureOutput: true, errorFile: "/dev/null")
      let (bytes, isWhole) = try child.readOutput(
        limit: limit, milliseconds: SupportBundle.childPatience)
      var lines = bytes.split(separator: 0x0A).map {
        Words.harmless(String(decoding: $0, as: UTF8.self))
      }
      if lines.isEmpty { lines.append("\(program) says nothing") }
      if !isWhole { lines.append("(cut: \(program) took too long or said too much)") }
      return lines
    } catch {
      return ["not to be had: \(error.description)"]
    }
  }
}
