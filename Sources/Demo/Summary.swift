/// What a conversation came to, in a few lines for people.
public enum Summary {
  public static func lines(_ figures: Figures) -> [String] {
    var rows: [(String, String)] = [
      ("turns", "\(figures.turns)"),
      ("interruptions", interruptions(figures)),
    ]
    rows.append(
      ("answer time", measured(figures.answers, figures.answer, "end of speech to first sound")))
    rows.append(
      ("mute time", measured(figures.mutes, figures.mute, "onset of the interruption to silence")))
    if let share = figures.share {
      rows.append(
        (
          "sent up",
          "\(Text.bytes(figures.bytesUp)), which is \(Text.percent(share)) of the "
            + "\(Text.bytes(figures.bytesUpContinuous)) of continuous 16-bit PCM"
        ))
    }
    return rows.map { "  " + Text.padded($0.0, to: 16) + $0.1 }
  }

  private static func interruptions(_ figures: Figures) -> String {
    if figures.falseAlarms == 0 { return "\(figures.interruptions)" }
    return "\(figures.interruptions), and \(figures.falseAlarms) that were none: the reply went on"
  }

  private static func measured(_ each: [Int], _ middle: Int?, _ meaning: String) -> String {
    guard let middle else { return "not measured" }
    let all = each.count > 1 ? " (each: " + each.map(Text.span).joined(separator: ", ") + ")" : ""
    return "\(Text.span(middle)), \(meaning)\(all)"
  }
}
