internal import Acoustics
internal import Checkup
internal import ControlProtocol
internal import Linux
internal import Settings
internal import SettingsFiles

// Is everything in order?

extension Console {
  private func gatherer(_ invocation: Invocation) -> CheckGatherer {
    var gatherer = CheckGatherer(invocation: invocation, patience: patience)
    gatherer.announce = {
      screen.draw(bottom: "measuring: a sound plays for six seconds; please be quiet")
    }
    return gatherer
  }

  func check(withSound: Bool, _ invocation: Invocation) -> ExitCode {
    let start = MonotonicClock.microseconds()
    let facts = gatherer(invocation).facts(withSound: withSound)
    screen.clearBottom()
    var page = CheckPage(findings: Checkup(facts).findings)
    page.took = (MonotonicClock.microseconds() - start) / 1_000
    if case .measured(let fields) = facts.sound { page.measured = fields }
    show(page, invocation)
    if facts.daemon == nil { return .unreachable }
    return facts.settingsProblems.isEmpty ? Console.exitCode(page.worst) : .badSettings
  }

  private func show(_ page: CheckPage, _ invocation: Invocation) {
    if invocation.wantsJSON {
      screen.printBytes(page.json)
    } else {
      screen.print(page.lines(on: screen))
    }
  }

  static func exitCode(_ worst: Finding.Grade) -> ExitCode {
    switch worst {
    case .unknown, .good: .good
    case .remark: .remark
    case .wrong: .refused
    }
  }

  func measure(accept: Bool, plot: String?, _ invocation: Invocation) throws(Failure) -> ExitCode {
    if let plot { try tryToWrite(plot) }
    let gatherer = gatherer(invocation)
    gatherer.announce()
    let fields = try gatherer.ask(
      .measure(accept: accept), control(invocation), patience: CheckGatherer.measuringPatience)
    screen.clearBottom()
    guard let page = MeasurePage(fields) else {
      throw .refused("the daemon's answer is not understood: do the two versions match?")
    }
    if let plot { try write(ClickPicture(page.measured, fields: fields).svg, to: plot) }
    if invocation.wantsJSON {
      screen.printBytes(page.page.json)
    } else {
      screen.print(page.lines(on: screen))
    }
    if accept, let whyNot = page.whyNotAccepted {
      screen.complain("auricle: not accepted: \(Words.harmless(whyNot))")
      return .refused
    }
    return Console.exitCode(page.page.worst)
  }

  /// Before six seconds are spent on what cannot be kept.
  private func tryToWrite(_ path: String) throws(Failure) {
    guard !Files.exists(path) else { return }
    do throws(LinuxError) {
      _ = try Files.create(path)
      try Files.remove(path)
    } catch {
      throw .refused(error.description)
    }
  }

  func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(Failure) {
    do throws(LinuxError) { try Files.replace(path, with: bytes, mode: mode) } catch {
      throw .refused(error.description)
    }
  }

  private func control(_ invocation: Invocation) -> DeviceSettings.Control {
    do throws(SettingsError) {
      return try SettingsFiles.load(invocation.configs).settings.control
    } catch {
      // The daemon may run all the same, at the usual place.
      return DeviceSettings().control
    }
  }
}

extension Console {
  func support(_ file: String?, _ invocation: Invocation) throws(Failure) {
    let bundle = SupportBundle(
      gatherer: gatherer(invocation), screen: screen, configs: invocation.configs)
    let path = file ?? bundle.name + ".tar"
    try tryToWrite(path)
    let archive = bundle.archive
    // What it tells of this device is for whoever made it.
    try write(archive, to: path, mode: 0o600)
    screen.print("\(path): \(Words.bytes(Int64(archive.count))); have a look, then mail it")
  }
}
