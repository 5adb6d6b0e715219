/// A conversation that a scripted visitor has with the kiosk, and how to tell whether it went so.
public struct ScriptedConversation: Sendable {
  public struct Line: Equatable, Sendable {
    /// Of the sound file, without its ending.
    public var name: String
    public var words: String
    /// Said over the reply to the line before, which has then been heard for this long.
    public var interruptsAfter: Int?

    public init(_ name: String, _ words: String, interruptsAfter milliseconds: Int? = nil) {
      self.name = name
      self.words = words
      interruptsAfter = milliseconds
    }

    public var file: String { name + ".wav" }
  }

  public var lines: [Line]

  public init(_ lines: [Line]) { self.lines = lines }

  /// An interruption must silence the loudspeaker within this.
  public static let longestMute = 1_500

  public static let kiosk = ScriptedConversation([
    Line("hours", "what are your opening hours"),
    Line("toilets", "where are the toilets"),
    Line("history", "tell me the history of this house"),
    Line("stop", "stop. where is the cafe", interruptsAfter: 5_000),
    Line("goodbye", "thank you, goodbye"),
  ])

  /// What the talker in the room follows.
  public var script: String {
    var text = "# Written by the demo: a visitor at the kiosk.\nwait 1500 ms\n"
    for (index, line) in lines.enumerated() {
      if let patience = line.interruptsAfter {
        text += "await sound\nwait \(patience) ms\n"
      } else if index > 0 {
        text += "await reply within 30 s\nwait 1200 ms\n"
      }
      text += "say \(line.file) \"\(line.words)\"\n"
    }
    return text + "await reply within 30 s\nwait 1200 ms\nend\n"
  }

  /// Everything that did not go as scripted, a sentence each; none when all is well.
  public func problems(in timeline: Timeline) -> [String] {
    var problems = timeline.troubles.map { "at \(seconds($0.at)): \($0.text)" }
    if !timeline.hasLink {
      problems.append(
        "the device never reached the agent" + (timeline.lastLoss.map { ": \($0)" } ?? ""))
    }
    if timeline.scriptEnd == nil {
      problems.append("the script did not come to its end")
    }
    if timeline.talks.count < lines.count {
      problems.append("the visitor spoke \(timeline.talks.count) of \(lines.count) times")
    }
    for (index, line) in lines.enumerated().prefix(timeline.talks.count) {
      problems += self.problems(of: line, index, in: timeline)
    }
    problems += uninvited(in: timeline)
    return problems
  }

  private func problems(of line: Line, _ index: Int, in timeline: Timeline) -> [String] {
    let talk = timeline.talks[index]
    let said = "\"\(line.words)\" at \(seconds(talk.start))"
    var problems: [String] = []
    if timeline.turn(of: talk) == nil {
      problems.append("\(said) was not heard as a turn")
    } else if Figures.answer(to: index, in: timeline) == nil {
      problems.append("\(said) was not answered")
    }
    guard line.interruptsAfter != nil else { return problems }
    guard let silencing = Figures.silencing(by: index, in: timeline) else {
      problems.append("\(said) should have interrupted the reply and did not")
      return problems
    }
    if silencing.took > ScriptedConversation.longestMute {
      problems.append(
        "\(said) silenced the loudspeaker only after \(silencing.took) ms; "
          + "\(ScriptedConversation.longestMute) ms are allowed")
    }
    let rest = (silencing.silent + 1)..<max(silencing.silent + 1, talk.end ?? 0)
    if let leak = timeline.sounds.first(where: { rest.contains($0.start) }) {
      problems.append(
        "\(said) silenced the loudspeaker, which was heard again at \(seconds(leak.start)) "
          + "while the visitor still spoke")
    }
    return problems
  }

  /// Interruptions and turns that the visitor did not make: the device heard itself.
  private func uninvited(in timeline: Timeline) -> [String] {
    let interrupting = zip(lines, timeline.talks).filter { $0.0.interruptsAfter != nil }.map(\.1)
    let wanted = interrupting.compactMap { timeline.confirmed(during: $0) }
    var problems: [String] = []
    for mute in timeline.mutes where mute.confirmed != nil && !wanted.contains(mute) {
      problems.append(
        "the device interrupted reply \(mute.reply) at \(seconds(mute.onset)) "
          + "though the visitor did not")
    }
    let heard = timeline.talks.compactMap { timeline.turn(of: $0)?.number }
    for turn in timeline.turns where turn.committedAt != nil && !heard.contains(turn.number) {
      let isVisitor = timeline.talks.contains { $0.overlaps(turn) }
      problems.append(
        isVisitor
          ? "one thing the visitor said became two turns (turn \(turn.number) at \(seconds(turn.onset)))"
          : "the device heard a turn at \(seconds(turn.onset)) though nobody spoke")
    }
    return problems
  }

  private func seconds(_ milliseconds: Int) -> String { Text.seconds(milliseconds) }
}

extension Timeline {
  /// The turn that was sent for what somebody said.
  func turn(of talk: Span) -> Turn? { turns.first { $0.committedAt != nil && talk.overlaps($0) } }
}

extension Timeline.Span {
  func overlaps(_ turn: Timeline.Turn) -> Bool {
    turn.onset < (end ?? .max) && (turn.end ?? .max) > start
  }
}
