internal import Acoustics
internal import Checkup
internal import ControlProtocol
internal import Settings
internal import WireProtocols

/// `auricle check` for a technician on a ladder: how bad it is in the first line, then a line for
/// each part, and what to do under those that need it.
struct CheckPage {
  private static let partWidth = 13
  private static let gradeWidth = 8

  let findings: [Finding]
  /// What was measured, for programs.
  var measured: Fields?
  /// How long it took, in milliseconds; nil where nobody waited.
  var took: Int64?

  var worst: Finding.Grade { Checkup.worst(of: findings) }

  func lines(on screen: Screen) -> [String] {
    var head = screen.painted(screen.painted(headline, CheckPage.paint(worst)), .bold)
    if let took {
      head += screen.painted("   \(Words.fixed((took + 50) / 100, decimals: 1)) s", .dim)
    }
    var lines = [head, ""]
    for finding in findings { lines += self.lines(for: finding, on: screen) }
    return lines
  }

  private var headline: String {
    func names(_ grade: Finding.Grade) -> String {
      var text = ""
      for finding in findings where finding.grade == grade {
        text += text.isEmpty ? finding.part : ", \(finding.part)"
      }
      return text
    }
    switch worst {
    case .unknown, .good: return "all is well"
    case .remark: return "it works; look at \(names(.remark))"
    case .wrong: return "wrong: \(names(.wrong))"
    }
  }

  private func lines(for finding: Finding, on screen: Screen) -> [String] {
    let indent = CheckPage.partWidth + CheckPage.gradeWidth
    let width = max(40, min(screen.abilities.columns, 100)) - indent - 1
    var lines: [String] = []
    for (index, text) in Lines.wrapped(Words.harmless(finding.says), width: width).enumerated() {
      let head =
        index > 0
        ? String(repeating: " ", count: indent)
        : Words.leftAligned(finding.part, CheckPage.partWidth)
          + screen.painted(
            Words.leftAligned(CheckPage.word(finding.grade), CheckPage.gradeWidth),
            CheckPage.paint(finding.grade))
      lines.append(head + text)
    }
    for text in Lines.wrapped(Words.harmless(finding.advice), width: width - 2) {
      lines.append(String(repeating: " ", count: indent + 2) + text)
    }
    return lines
  }

  private static func word(_ grade: Finding.Grade) -> String {
    grade == .unknown ? "-" : grade.word
  }

  static func paint(_ grade: Finding.Grade) -> Screen.Paint {
    switch grade {
    case .unknown: .dim
    case .good: .green
    case .remark: .yellow
    case .wrong: .red
    }
  }

  /// `{"grade":"good","parts":[{"part":"delay","grade":"good","code":"","says":"..."}],...}`
  var json: [UInt8] {
    var json = JSONWriter()
    json.openObject()
    json.add("grade", worst.word)
    if let took { json.add("took_ms", took) }
    json.openArray("parts")
    for finding in findings {
      json.openObject()
      json.add("part", finding.part)
      json.add("grade", finding.grade.word)
      if !finding.code.isEmpty { json.add("code", finding.code) }
      json.add("says", finding.says)
      if !finding.advice.isEmpty { json.add("advice", finding.advice) }
      json.closeObject()
    }
    json.closeArray()
    if let measured { Facts.add(measured, to: &json, name: "measured") }
    json.closeObject()
    return json.bytes
  }
}
