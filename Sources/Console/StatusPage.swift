internal import ControlProtocol

/// `auricle status` for a technician on a ladder: the first line says it all.
///
/// What an older daemon does not tell is left out.
struct StatusPage {
  /// A clock that is off by less troubles nobody, in milliseconds.
  static let clockTolerance: Int64 = 60_000

  let fields: Fields
  let screen: Screen

  var lines: [String] {
    var lines = [headline]
    if let fault { lines.append(line("fault", screen.painted(fault, .red))) }
    if let warning = text("warning") {
      lines.append(line("warning", screen.painted(warning, .yellow)))
    }
    lines.append("")
    add("agent", agent, to: &lines)
    add("microphone", microphone, to: &lines)
    add("speaker", speaker, to: &lines)
    add("clocks", clocks, to: &lines)
    add("buttons", text("buttons"), to: &lines)
    add("so far", conversation, to: &lines)
    add("link", traffic, to: &lines)
    add("sound", losses, to: &lines)
    add("daemon", daemon, to: &lines)
    return lines
  }

  /// `listening for 12 s   (person speaks)`
  private var headline: String {
    let state = text("state") ?? "unknown"
    var headline = screen.painted(screen.painted(state, StatusPage.paint(state)), .bold)
    if let span = fields.number("state_for_ms") {
      headline += " for \(Words.span(milliseconds: span))"
    }
    if let reason = text("reason") { headline += "   (\(reason))" }
    return headline
  }

  static func paint(_ state: String) -> Screen.Paint {
    for wrong in ["fault"] where wrong.isSame(as: state) { return .red }
    for waiting in ["connecting", "offline", "muted", "unknown"] where waiting.isSame(as: state) {
      return .yellow
    }
    return .green
  }

  private var fault: String? { text("fault") }

  private var agent: String? {
    guard let address = text("agent") else { return nil }
    // Who it is, it says itself once it answers.
    let agent = text("agent_name").map { "\($0) at \(address)" } ?? address
    guard let span = fields.number("connected_for_ms"), span >= 0, let session = text("session")
    else {
      if fields.flag("resting") == true { return "\(agent)   resting until somebody speaks" }
      return "\(agent)   \(screen.painted("not connected", .yellow))"
    }
    return "\(agent)   connected \(Words.span(milliseconds: span)), session \(session)"
  }

  private var microphone: String? {
    guard let isMuted = fields.flag("muted") else { return nil }
    if isMuted { return screen.painted("closed (\(muted)", .yellow) }
    if let card = card("microphone") { return "on, \(card)" }
    guard let sound = text("sound") else { return "on" }
    if sound.isSame(as: "none") { return screen.painted("no sound card", .red) }
    return "on, \(sound)"
  }

  private var muted: String {
    guard let hand = text("muted_by") else { return "muted); auricle mute off opens it" }
    if hand.isSame(as: "switch") { return "muted by the switch); only the switch opens it" }
    return "muted by \(hand)); auricle mute off opens it"
  }

  /// `volume 70, cues 80   (Speaker of hw:1)`
  static func volume(_ fields: Fields) -> String? {
    guard let volume = fields.number("volume") else { return nil }
    var line = "volume \(volume)"
    if let cues = fields.number("cues") { line += ", cues \(cues)" }
    if let hand = fields["volume_by"], !hand.isEmpty { line += "   (\(Words.harmless(hand)))" }
    return line
  }

  private var speaker: String? {
    guard let volume = StatusPage.volume(fields) else { return nil }
    return volume + (card("loudspeaker").map { ", \($0)" } ?? "")
  }

  /// `12 ms to the loudspeaker, whose clock is 37 ppm fast`
  private var clocks: String? {
    guard let latency = fields.number("latency_ms") else { return nil }
    let line = "\(latency) ms to the loudspeaker"
    guard let drift = fields.number("drift_ppm") else { return line }
    if drift == 0 { return line + ", one clock with the microphone" }
    return line + ", whose clock is \(drift.magnitude) ppm \(drift > 0 ? "fast" : "slow")"
  }

  /// `Speak 510, hw:CARD=USB,DEV=0 (160/640)   USB speakerphone: ...`; nil where there is no choice
  /// of cards.
  private func card(_ side: String) -> String? {
    guard let name = text(side), let why = text("\(side)_why") else { return nil }
    let card = text("\(side)_card").map { "\($0), " } ?? ""
    return "\(card)\(name)   (\(why))"
  }

  private var conversation: String? {
    guard let turns = fields.number("turns") else { return nil }
    var line = Words.count(turns, "turn", "turns")
    if let replies = fields.number("replies") {
      line += ", \(Words.count(replies, "answer", "answers"))"
    }
    if let interrupts = fields.number("interrupts") {
      line += ", \(Words.count(interrupts, "interruption", "interruptions"))"
    }
    if let mistaken = fields.number("false_interrupts"), mistaken > 0 {
      line += " (\(mistaken) taken back)"
    }
    return line
  }

  private var traffic: String? {
    guard let up = fields.number("bytes_up"), let down = fields.number("bytes_down") else {
      return nil
    }
    var line = "\(Words.bytes(up)) up, \(Words.bytes(down)) down"
    if let all = fields.number("bytes_up_continuous"), let share = Words.share(up, of: all) {
      line += "   (\(share) of streaming everything up)"
    }
    if let count = fields.number("reconnects"), count > 0 {
      line += ", \(Words.count(count, "reconnect", "reconnects"))"
    }
    if let span = fields.number("round_trip_ms"), span > 0 { line += ", \(span) ms there and back" }
    if let offset = fields.number("clock_offset_ms"), abs(offset) > StatusPage.clockTolerance {
      let text = Words.span(milliseconds: abs(offset))
      line +=
        ", " + screen.painted("this clock is \(text) \(offset > 0 ? "slow" : "fast")", .yellow)
    }
    return line
  }

  /// Silent while all is well: what is normal needs no line.
  private var losses: String? {
    var losses: [String] = []
    if let count = fields.number("underruns"), count > 0 {
      losses.append(Words.count(count, "underrun", "underruns"))
    }
    if let count = fields.number("overruns"), count > 0 {
      losses.append(Words.count(count, "overrun", "overruns"))
    }
    if let count = fields.number("resets"), count > 0 {
      losses.append(Words.count(count, "reset", "resets"))
    }
    if let count = fields.number("dropped_frames"), count > 0 {
      losses.append(Words.count(count, "dropped frame", "dropped frames"))
    }
    if let count = fields.number("broken_packets"), count > 0 {
      losses.append(Words.count(count, "broken packet", "broken packets"))
    }
    if fields.flag("realtime") == false { losses.append("not real time") }
    guard !losses.isEmpty else { return nil }
    var line = ""
    for loss in losses { line += line.isEmpty ? loss : ", \(loss)" }
    return screen.painted(line, .yellow)
  }

  private var daemon: String? {
    guard let version = text("version") else { return nil }
    var line = "auricled \(version)"
    if let device = text("device") { line += " on \(device)" }
    if let pid = fields.number("pid") { line += ", pid \(pid)" }
    if let span = fields.number("uptime_ms") { line += ", up \(Words.span(milliseconds: span))" }
    if let kib = fields.number("resident_kib"), kib > 0, kib < 1 << 40 {
      line += ", \(Words.fixed(kib * 10 / 1_024, decimals: 1)) MiB"
    }
    return line
  }

  /// What is there and not empty.
  private func text(_ key: String) -> String? {
    guard let value = fields[key], !value.isEmpty else { return nil }
    return Words.harmless(value)
  }

  private func add(_ name: String, _ text: String?, to lines: inout [String]) {
    if let text { lines.append(line(name, text)) }
  }

  private func line(_ name: String, _ text: String) -> String {
    screen.painted(Words.leftAligned(name, 12), .dim) + text
  }
}
