/// The conversation as it happens: on a terminal in lanes that grow downwards, else in plain lines.
public struct LiveView: Sendable {
  public enum Style: Equatable, Sendable {
    case plain
    case lanes(columns: Int, hasColour: Bool)
  }

  /// While somebody is heard, a row at least this often.
  static let beat = 250

  public let style: Style
  /// The loudest since the last row.
  private var microphone = -96
  private var loudspeaker = -96
  private var isVisitorHeard = false
  private var isAgentHeard = false
  private var state = ""
  private var lastRow = 0
  /// With a room the talker's own events say who speaks, else the device's turns do.
  private var hasRoom = false

  public init(_ style: Style) { self.style = style }

  /// What stands above the lanes.
  public var heading: [String] {
    guard case .lanes = style else { return [] }
    let row = Row(at: nil, visitor: "visitor", agent: "agent's voice", state: "state")
    return ["", render(row), ""]
  }

  /// The rows to print for one event. `timeline` has taken it already.
  public mutating func rows(for happening: Happening, in timeline: Timeline) -> [String] {
    if case .level(let microphone, let loudspeaker) = happening.what {
      self.microphone = max(self.microphone, microphone)
      self.loudspeaker = max(self.loudspeaker, loudspeaker)
      return beat(at: happening.at)
    }
    guard let row = row(for: happening, in: timeline) else { return [] }
    lastRow = happening.at
    switch style {
    case .plain: return [plain(row)]
    case .lanes: return unfolded(row).map(render)
    }
  }

  // MARK: What an event says

  private struct Row {
    var at: Int?
    var visitor = ""
    var agent = ""
    var state = ""
    var note = ""
    var isAlarming = false
  }

  private mutating func row(for happening: Happening, in timeline: Timeline) -> Row? {
    var row = Row(at: happening.at)
    switch happening.what {
    case .talkerStarted(let words):
      hasRoom = true
      isVisitorHeard = true
      row.visitor = "┏ " + (words.isEmpty ? "speaks" : words)
    case .talkerEnded:
      isVisitorHeard = false
      row.visitor = "┗"
    case .loudspeakerStarted:
      hasRoom = true
      isAgentHeard = true
      row.agent = "┏"
      if let last = timeline.talks.indices.last,
        let answer = Figures.answer(to: last, in: timeline),
        timeline.talks[last].end.map({ $0 + answer }) == happening.at
      {
        row.note = "answer after \(Text.span(answer))"
      }
    case .loudspeakerSilent:
      isAgentHeard = false
      row.agent = "┗"
      if let silencing = silencing(in: timeline) {
        row.note = "SILENT after \(Text.span(silencing.took))"
        row.isAlarming = true
      }
    case .patienceEnded: row.note = "the visitor waited in vain"
    case .scriptEnded: row.note = "the script has ended"
    case .state(let name, let reason):
      guard name != state else { return nil }
      state = name
      row.state = name
      row.note = reason
    case .turnStarted(let turn, _, let cause):
      row.note = cause == "speech" ? "turn \(turn) begins" : "turn \(turn) begins (\(cause))"
      if !hasRoom {
        isVisitorHeard = true
        row.visitor = "┏"
      }
    case .turnCommitted(let turn, _, _):
      row.note = "turn \(turn) sent"
      if !hasRoom {
        isVisitorHeard = false
        row.visitor = "┗"
      }
    case .turnCancelled(let turn, let reason):
      row.note = "turn \(turn) dropped: \(reason)"
      if !hasRoom {
        isVisitorHeard = false
        row.visitor = "┗"
      }
    case .understood(_, let words, let isFinal):
      guard isFinal, !words.isEmpty else { return nil }
      row.visitor = "understood: \(words)"
    case .reply(let reply, _, let phase, let words):
      guard add(phase, of: reply, words, to: &row, in: timeline) else { return nil }
    case .mute(_, let phase, let onset):
      row.isAlarming = true
      switch phase {
      case .ducked: row.note = "quieter: somebody speaks?"
      case .held: row.note = onset.map { "held after \(Text.span(happening.at - $0))" } ?? "held"
      case .resumed:
        row.note = "goes on: nobody spoke"
        row.isAlarming = false
      case .confirmed:
        row.note = "INTERRUPTED"
        // When the reply drew breath just then, its silence has been told already.
        if let silencing = silencing(in: timeline) {
          row.note += ", silent after \(Text.span(silencing.took))"
        }
      }
    case .link(let phase, let reason):
      row.note = reason.isEmpty || reason == "0" ? "link \(phase)" : "link \(phase): \(reason)"
    case .refused(let reason):
      row.note = "the agent refused: \(reason)"
      row.isAlarming = true
    case .sound(let phase, let reason):
      row.note = reason.isEmpty ? "sound \(phase)" : "sound \(phase): \(reason)"
    case .level, .bytes: return nil
    }
    return row
  }

  /// Of the sound that was heard last, by what was said last.
  private func silencing(in timeline: Timeline) -> Figures.Silencing? {
    guard let talk = timeline.talks.indices.last,
      let silencing = Figures.silencing(by: talk, in: timeline),
      silencing.sound == timeline.sounds.indices.last
    else { return nil }
    return silencing
  }

  /// False when there is nothing to show.
  private mutating func add(
    _ phase: Happening.ReplyPhase, of reply: Int, _ words: String, to row: inout Row,
    in timeline: Timeline
  ) -> Bool {
    if !words.isEmpty { row.agent = "\"\(words)\"" }
    switch phase {
    case .started, .text: return !words.isEmpty
    case .firstSound where !hasRoom:
      isAgentHeard = true
      row.agent = words.isEmpty ? "┏" : "┏ \(words)"
      if let answer = Figures(of: timeline).answers.last {
        row.note = "answer after \(Text.span(answer))"
      }
    case .firstSound: return !words.isEmpty
    case .drained, .dropped, .failed:
      if !hasRoom {
        isAgentHeard = false
        row.agent = "┗"
      }
      if phase == .failed { row.note = "reply \(reply) failed" }
      return !hasRoom || phase == .failed
    }
    return true
  }

  private mutating func beat(at time: Int) -> [String] {
    guard case .lanes = style, isVisitorHeard || isAgentHeard, time - lastRow >= LiveView.beat
    else {
      return []
    }
    lastRow = time
    defer {
      microphone = -96
      loudspeaker = -96
    }
    return [
      render(
        Row(
          at: time, visitor: isVisitorHeard ? "┃" + meter(microphone) : "",
          agent: isAgentHeard ? "┃" + meter(loudspeaker) : ""))
    ]
  }

  // MARK: How a row looks

  private func plain(_ row: Row) -> String {
    var parts: [String] = []
    if !row.visitor.isEmpty { parts.append("visitor  " + spelled(row.visitor)) }
    if !row.agent.isEmpty { parts.append("agent    " + spelled(row.agent)) }
    if !row.state.isEmpty {
      parts.append("state    " + row.state + (row.note.isEmpty ? "" : " (\(row.note))"))
    } else if !row.note.isEmpty {
      parts.append(parts.isEmpty ? "device   " + row.note : row.note)
    }
    return Text.right(Text.seconds(row.at ?? 0), to: 9) + "  " + parts.joined(separator: " · ")
  }

  /// The lanes' brackets in words.
  private func spelled(_ cell: String) -> String {
    if cell == "┏" { return "starts" }
    if cell == "┗" { return "ends" }
    return cell.hasPrefix("┏ ") ? "starts: " + cell.dropFirst(2) : cell
  }

  /// The row, and rows below it for words that need more than one line.
  private func unfolded(_ row: Row) -> [Row] {
    let width = laneWidth - 1
    let visitor = folded(row.visitor, width)
    let agent = folded(row.agent, width)
    let note = Text.wrapped(row.note, width: noteWidth, lines: 3)
    return (0..<max(1, visitor.count, agent.count, note.count)).map { index in
      var part = index == 0 ? row : Row(at: nil)
      part.visitor = index < visitor.count ? visitor[index] : isVisitorHeard ? "┃" : ""
      part.agent = index < agent.count ? agent[index] : isAgentHeard ? "┃" : ""
      part.note = index < note.count ? note[index] : ""
      part.isAlarming = row.isAlarming
      return part
    }
  }

  private func folded(_ cell: String, _ width: Int) -> [String] {
    let isStart = cell.hasPrefix("┏ ")
    let lines = Text.wrapped(isStart ? String(cell.dropFirst(2)) : cell, width: width - 2, lines: 6)
    return lines.enumerated().map { index, line in
      if isStart { return (index == 0 ? "┏ " : "┃ ") + line }
      return line == "┗" || line == "┏" ? line : "┃ " + line
    }
  }

  private static let timeWidth = 10
  private static let stateWidth = 12
  private var columns: Int {
    if case .lanes(let columns, _) = style { return max(72, min(columns, 160)) }
    return 80
  }
  private var noteWidth: Int { columns >= 110 ? 32 : 24 }
  private var laneWidth: Int {
    (columns - LiveView.timeWidth - LiveView.stateWidth - noteWidth - 1) / 2
  }

  private func render(_ row: Row) -> String {
    let time = row.at.map { Text.fixed($0, 1_000, 2) } ?? ""
    let note = row.isAlarming ? Paint.alarm : Paint.faint
    let cells = [
      paint(Text.right(time, to: LiveView.timeWidth - 3) + "   ", .faint),
      paint(Text.padded(row.visitor, to: laneWidth), .visitor),
      paint(Text.padded(row.agent, to: laneWidth), .agent),
      paint(Text.padded(row.state, to: LiveView.stateWidth), .state),
      paint(row.note, note),
    ]
    return cells.joined()
  }

  /// -60 dB is no bar, 0 dB one that fills the lane.
  private func meter(_ decibels: Int) -> String {
    let share = max(0, min(60, decibels + 60))
    return String(repeating: "━", count: share * (laneWidth - 3) / 60)
  }

  private enum Paint: String {
    case visitor = "36", agent = "35", state = "33", faint = "2", alarm = "1;31"
  }

  private func paint(_ text: String, _ paint: Paint) -> String {
    guard case .lanes(_, true) = style, text.contains(where: { $0 != " " }) else { return text }
    return "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m"
  }
}
