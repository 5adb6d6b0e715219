/// The figures of one conversation as JSON, for machines.
public struct Report: Sendable {
  private let figures: Figures
  private let problems: [String]

  public init(_ figures: Figures, problems: [String]) {
    self.figures = figures
    self.problems = problems
  }

  /// A figure that was not measured is null.
  public var json: String {
    let rows: [(String, String)] = [
      ("turns", "\(figures.turns)"),
      ("interrupts", "\(figures.interruptions)"),
      ("false_interrupts", "\(figures.falseAlarms)"),
      ("mute_ms", number(figures.mute)),
      ("answer_ms", number(figures.answer)),
      ("bytes_up", "\(figures.bytesUp)"),
      ("bytes_up_continuous", "\(figures.bytesUpContinuous)"),
      ("mute_each_ms", list(figures.mutes.map { "\($0)" })),
      ("answer_each_ms", list(figures.answers.map { "\($0)" })),
      ("problems", list(problems.map(quoted))),
    ]
    return "{\n" + rows.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}\n"
  }

  private func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "null" }

  private func list(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }

  private func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
