internal import ControlProtocol

/// `auricle watch` for people: an event in, a line out; levels and byte counts go to the bottom line.
struct WatchPage {
  let screen: Screen
  /// Levels as lines, where there is no bottom line to show them.
  let showsLevels: Bool
  /// Times are told from the first event.
  private var begin: Int64?
  private var meter = Meter()

  init(screen: Screen, showsLevels: Bool) {
    self.screen = screen
    self.showsLevels = showsLevels
  }

  mutating func show(_ event: Fields) {
    guard let name = event.event else { return }
    let now = event.number("at_ms") ?? begin ?? 0
    if begin == nil { begin = now }
    if meter.take(event, named: name) {
      screen.draw(bottom: meter.line)
      let isLevel = name.isSame(as: "level")
      if screen.abilities.isTerminal || !isLevel || !showsLevels { return }
    }
    // Words we did not ask for leave an event without news.
    if name.isSame(as: "reply"), event["phase"]?.isSame(as: "text") ?? false, event["text"] == nil {
      return
    }
    let time = Words.rightAligned(Words.fixed((now &- (begin ?? now)) / 10, decimals: 2), 8)
    screen.print("\(screen.painted(time, .dim))  \(sentence(event, name))")
  }

  private func sentence(_ event: Fields, _ name: String) -> String {
    let facts = EventFacts(fields: event)
    if name.isSame(as: "state") { return state(facts) }
    if name.isSame(as: "turn") { return turn(facts) }
    if name.isSame(as: "transcript") { return transcript(facts) }
    if name.isSame(as: "reply") { return reply(facts) }
    if name.isSame(as: "mute") { return mute(facts) }
    if name.isSame(as: "link") { return link(facts) }
    if name.isSame(as: "sound") { return sound(facts) }
    if name.isSame(as: "volume") { return StatusPage.volume(facts.fields) ?? facts.plain }
    if name.isSame(as: "microphone") {
      let isMuted = facts.fields.flag("muted") ?? false
      return isMuted ? "microphone: muted\(facts.inBrackets("muted_by"))" : "microphone: on"
    }
    if name.isSame(as: "cue") { return "cue: \(facts.text("cue"))" }
    if name.isSame(as: "room") { return room(facts) }
    if name.isSame(as: "agent") {
      return screen.painted(
        "agent: \(facts.text("phase")) \(facts.text("code"))\(facts.reason)", .red)
    }
    if name.isSame(as: "level") { return meter.line }
    return facts.plain
  }

  private func state(_ facts: EventFacts) -> String {
    let state = facts.text("state")
    let shown = screen.painted(screen.painted(state, StatusPage.paint(state)), .bold)
    let before = facts.text("before")
    // How things stand when we begin to look.
    if before.isEmpty || before.isSame(as: state) { return shown }
    return "\(before) -> \(shown)\(facts.reason)"
  }

  private func turn(_ facts: EventFacts) -> String {
    let turn = "turn \(facts.text("turn"))"
    switch facts.phase(of: ["started", "committed", "cancelled"]) {
    case 0: return "\(turn): a person speaks\(facts.inBrackets("cause"))"
    case 1: return "\(turn): complete\(facts.seconds(" after", "audio_ms"))\(facts.reason)"
    case 2: return "\(turn): dropped\(facts.reason)"
    default: return facts.plain
    }
  }

  private func transcript(_ facts: EventFacts) -> String {
    let isFinal = facts.fields.flag("final") ?? true
    return
      "turn \(facts.text("turn")): \(isFinal ? "understood" : "so far") \"\(facts.text("text"))\""
  }

  private func reply(_ facts: EventFacts) -> String {
    let reply = "answer \(facts.text("reply"))"
    let words = facts.text("text").isEmpty ? "" : " \"\(facts.text("text"))\""
    switch facts.phase(of: ["started", "first_sound", "drained", "dropped", "failed", "text"]) {
    case 0: return "\(reply): begins, to turn \(facts.text("turn"))\(words)"
    case 1: return "\(reply): can be heard\(words)"
    case 2: return "\(reply): heard to its end\(facts.seconds(",", "played_ms"))\(words)"
    case 3:
      return screen.painted(
        "\(reply): dropped\(facts.seconds(" after", "played_ms"))\(words)", .yellow)
    case 4: return screen.painted("\(reply): failed\(facts.reason)\(words)", .red)
    case 5: return "\(reply):\(words)"
    default: return facts.plain
    }
  }

  private func mute(_ facts: EventFacts) -> String {
    let reply = "answer \(facts.text("reply"))"
    switch facts.phase(of: ["ducked", "held", "resumed", "confirmed"]) {
    case 0: return "\(reply): quieter, is somebody speaking?"
    case 1: return "\(reply): held, the loudspeaker is silent"
    case 2: return "\(reply): goes on, it was not speech"
    case 3:
      return screen.painted("\(reply): interrupted\(facts.seconds(" after", "played_ms"))", .yellow)
    default: return facts.plain
    }
  }

  private func link(_ facts: EventFacts) -> String {
    switch facts.phase(of: ["connecting", "open", "closed"]) {
    case 0: return "link: connecting\(facts.reason)"
    case 1: return screen.painted("link: connected\(facts.lead(" to", "agent"))", .green)
    case 2:
      return screen.painted(
        "link: closed\(facts.reason)\(facts.seconds(", next try in", "retry_ms"))\(facts.lead(":", "advice"))",
        .red)
    default: return facts.plain
    }
  }

  private func sound(_ facts: EventFacts) -> String {
    // Microphone and loudspeaker of a real card come and go apart.
    let half = facts.text("half")
    let who = half.isEmpty || half.isSame(as: "both") ? "sound" : half
    switch facts.phase(of: ["opened", "failed", "recovered", "closed", "kept"]) {
    case 0: return "\(who): opened\(facts.inBrackets("card"))\(facts.lead(",", "why"))"
    case 1:
      return screen.painted("\(who): failed\(facts.reason)\(facts.lead(":", "advice"))", .red)
    case 2: return screen.painted("\(who): recovered\(facts.reason)", .yellow)
    case 3: return "\(who): closed"
    case 4:
      return screen.painted(
        "\(who): stays\(facts.inBrackets("card")), a better one cannot be opened: \(facts.text("reason"))",
        .yellow)
    default: return facts.plain
    }
  }

  private func room(_ facts: EventFacts) -> String {
    let words = facts.text("text").isEmpty ? "" : " \"\(facts.text("text"))\""
    switch facts.phase(of: [
      "talker_started", "talker_ended", "loudspeaker_started", "loudspeaker_silent", "script_ended",
      "patience_ended",
    ]) {
    case 0: return "room: the talker speaks\(words)"
    case 1: return "room: the talker is silent"
    case 2: return "room: the loudspeaker plays"
    case 3: return "room: the loudspeaker is silent"
    case 4: return "room: the script is over"
    case 5: return "room: the talker waited in vain"
    default: return facts.plain
    }
  }
}

/// An event's fields as parts of a sentence.
struct EventFacts {
  let fields: Fields

  /// Empty when it is missing.
  func text(_ key: String) -> String { fields[key].map { Words.harmless($0) } ?? "" }

  /// The place of the event's phase in the list; -1 for one we do not know.
  func phase(of phases: [String]) -> Int {
    guard let given = fields["phase"] else { return -1 }
    return phases.firstIndex { $0.isSame(as: given) } ?? -1
  }

  /// ` (endpoint)`, or nothing.
  var reason: String { inBrackets("reason") }

  func inBrackets(_ key: String) -> String {
    let text = text(key)
    return text.isEmpty ? "" : " (\(text))"
  }

  /// ` to kiosk`, or nothing.
  func lead(_ lead: String, _ key: String) -> String {
    let text = text(key)
    return text.isEmpty ? "" : "\(lead) \(text)"
  }

  /// ` after 1.2 s`, or nothing.
  func seconds(_ lead: String, _ key: String) -> String {
    fields.number(key).map { "\(lead) \(Words.seconds(milliseconds: $0))" } ?? ""
  }

  /// As it came, for events of a newer daemon.
  var plain: String {
    var line = ""
    for field in fields.all where !field.key.isSame(as: "at_ms") {
      let value = Words.harmless(field.value)
      line += line.isEmpty ? value : " \(field.key)=\(value)"
    }
    return line
  }
}
