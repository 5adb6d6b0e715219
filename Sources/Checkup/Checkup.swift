public import Acoustics
internal import ControlProtocol

/// Says how a device is: a line for each part, the worst of which counts. Pure: facts in, findings
/// out.
public struct Checkup {
  let facts: CheckFacts

  public init(_ facts: CheckFacts) { self.facts = facts }

  public var findings: [Finding] {
    var findings: [Finding] = [daemon, settings]
    if facts.daemon != nil {
      findings.append(card)
      findings += sound
      findings += [agent, token, certificate]
      if let ownCertificate { findings.append(ownCertificate) }
    }
    findings += [clock, disk, temperature, memory]
    if let priority { findings.append(priority) }
    return findings
  }

  public static func worst(of findings: [Finding]) -> Finding.Grade {
    // What nobody could find out is no reason to worry.
    findings.reduce(.good) { max($0, $1.grade) }
  }

  // MARK: The programs

  private var daemon: Finding {
    let part = "daemon"
    guard let daemon = facts.daemon else {
      let why = facts.whyNoDaemon ?? ("no-daemon", "it cannot be asked", "")
      return Finding(part, .wrong, why.code, why.says, advice: why.advice)
    }
    let version = daemon["version"] ?? ""
    var says = "auricled \(version)"
    if let milliseconds = daemon.number("uptime_ms") {
      says += ", up \(span(milliseconds / 1_000))"
    }
    if !version.isSame(as: facts.version) {
      return Finding(
        part, .remark, "other-version", "\(says), but this command is \(facts.version)",
        advice: "restart it: systemctl restart auricled")
    }
    if let warning = text("warning") {
      return Finding(part, .remark, "warning", warning, advice: "see OPERATIONS, Tokens")
    }
    return .good(part, says)
  }

  private var settings: Finding {
    let part = "settings"
    if let first = facts.settingsProblems.first {
      let more = facts.settingsProblems.count - 1
      return Finding(
        part, .wrong, "bad-settings", first + (more > 0 ? " (and \(more) more)" : ""),
        advice: "auricle settings --files lists them; the daemon would not start again")
    }
    if let first = facts.staleSettings.first {
      let more = facts.staleSettings.count - 1
      return Finding(
        part, .remark, "stale-settings",
        "the files say otherwise than the daemon: \(first)" + (more > 0 ? " and \(more) more" : ""),
        advice: "restart it to take them: systemctl restart auricled")
    }
    return .good(part, "no mistake in the files")
  }

  private var priority: Finding? {
    guard let isRealtime = facts.daemon?.flag("realtime") else { return nil }
    if isRealtime { return .good("priority", "the audio thread has real-time priority") }
    return Finding(
      "priority", .remark, "no-realtime", "the audio thread has no real-time priority",
      advice: "LimitRTPRIO=20 in the unit; sound stumbles when the machine is busy")
  }

  // MARK: The board

  var clock: Finding {
    let part = "clock"
    let now = facts.board.now
    let day = "\(Day.text(now)) \(Day.time(now))"
    let floor = max(facts.board.release, facts.daemon?.number("clock_floor") ?? 0)
    if now < floor {
      return Finding(
        part, .wrong, "wrong-clock", "it says \(day), and it was \(Day.text(floor)) already",
        advice: "let it find a time server: timedatectl set-ntp true")
    }
    guard let offset = facts.daemon?.number("clock_offset_ms") else {
      return .good(part, "\(day) UTC; no agent to compare it with")
    }
    let seconds = abs(offset) / 1_000
    if seconds > Checkup.clockTolerance {
      return Finding(
        part, .wrong, "wrong-clock",
        "\(span(seconds)) \(offset > 0 ? "behind" : "ahead of") the agent's",
        advice: "let it find a time server: timedatectl set-ntp true")
    }
    return .good(part, "\(day) UTC, as the agent's")
  }

  private var disk: Finding {
    let part = "disk"
    let folder = facts.daemon.map { $0["state_folder"] ?? "" } ?? facts.board.stateFolder
    let free =
      facts.daemon.map { $0.number("state_free_kib").map { Int(clamping: $0) } }
      ?? facts.board.stateFreeKiB
    let problem = facts.daemon.map { $0["state_problem"] ?? "" } ?? facts.board.stateProblem
    guard let folder else { return .unknown(part, "not known: the settings have mistakes") }
    if folder.isEmpty { return .unknown(part, "nothing is kept: device.state is empty") }
    if !problem.isEmpty {
      return Finding(
        part, .wrong, "unwritable-state", problem,
        advice: "device.state must be a folder that the daemon's user may write")
    }
    guard let free else { return .unknown(part, "\(folder): not known") }
    let says = "\(size(free)) free for \(folder)"
    guard free < Checkup.disk.remark else { return .good(part, says) }
    return Finding(
      part, free < Checkup.disk.wrong ? .wrong : .remark, "full-disk", says,
      advice: "make room: journalctl --vacuum-size=20M")
  }

  private var temperature: Finding {
    let part = "temperature"
    let degrees = facts.board.temperature.map { "\(Figure.text($0)) degrees" }
    if let word = facts.board.throttled {
      // Bits as the firmware has them: now in the lower half, since the start in the upper.
      if word & 0x1 != 0 {
        return Finding(
          part, .wrong, "under-voltage", "the supply gives too little voltage",
          advice: "a stronger supply, and a shorter and thicker cable")
      }
      if word & 0xE != 0 {
        return Finding(
          part, .wrong, "throttled", "slowed down, at \(degrees ?? "a temperature not known")",
          advice: "it needs air, shade or a heat sink")
      }
      if word & 0xF_0000 != 0 {
        return Finding(
          part, .remark, word & 0x1_0000 != 0 ? "under-voltage" : "throttled",
          "\(degrees ?? "not known"), and since the start \(word & 0x1_0000 != 0 ? "the voltage was too low" : "it was slowed down")",
          advice: "a stronger supply, or more air")
      }
    }
    guard let temperature = facts.board.temperature, let degrees else {
      return .unknown(part, "this board does not tell")
    }
    if temperature >= Checkup.hot.remark {
      return Finding(
        part, temperature >= Checkup.hot.wrong ? .wrong : .remark, "hot", degrees,
        advice: "it needs air, shade or a heat sink")
    }
    return .good(part, facts.board.throttled == nil ? degrees : "\(degrees), never slowed down")
  }

  private var memory: Finding {
    let part = "memory"
    guard let (free, all) = facts.board.memory else { return .unknown(part, "not known") }
    var says = "\(size(free)) of \(size(all)) free"
    if let resident = facts.daemon?.number("resident_kib"), resident > 0 {
      says += ", auricled takes \(size(Int(clamping: resident)))"
    }
    guard free < Checkup.memory.remark else { return .good(part, says) }
    return Finding(
      part, free < Checkup.memory.wrong ? .wrong : .remark, "little-memory", says,
      advice: "what else runs here? ps -e -o rss,comm --sort -rss")
  }

  // MARK: Bounds

  /// Seconds that trouble nobody.
  static let clockTolerance: Int64 = 60
  // In KiB.
  static let disk = (remark: 64 << 10, wrong: 4 << 10)
  static let memory = (remark: 24 << 10, wrong: 8 << 10)
  /// Degrees.
  static let hot = (remark: 75.0, wrong: 85.0)

  // MARK: Words

  /// What is there and not empty.
  func text(_ key: String) -> String? {
    guard let value = facts.daemon?[key], !value.isEmpty else { return nil }
    return value
  }

  func span(_ seconds: Int64) -> String {
    switch seconds {
    case ..<120: "\(max(0, seconds)) s"
    case ..<7_200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3_600) h"
    case ..<63_072_000: "\(seconds / 86_400) days"
    default: "\(seconds / 31_536_000) years"
    }
  }

  private func size(_ kib: Int) -> String {
    switch kib {
    case ..<10_240: "\(kib) KiB"
    case ..<10_485_760: "\(kib >> 10) MiB"
    default: "\(kib >> 20) GiB"
    }
  }
}
