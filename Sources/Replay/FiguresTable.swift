/// Figures of recordings as lines of a table, for people.
struct FiguresTable {
  private let nameWidth: Int
  private static let columns = ["seconds", "speech", "turns", "barge-ins", "ducks", "echo dB"]
  private static let roomColumns = ["delay ms", "drift ppm"]

  init(names: [String]) {
    var width = "all together".utf8.count
    for name in names { width = max(width, name.unicodeScalars.count) }
    nameWidth = width
  }

  var heading: String {
    var line = padded("scene")
    for column in FiguresTable.columns + FiguresTable.roomColumns { line += "  " + column }
    return line
  }

  func row(_ name: String, _ figures: Figures) -> String {
    var cells = [
      Decimal.text(figures.seconds, places: 1), figures.speech, "\(figures.turns)",
      "\(figures.bargeIns)", "\(figures.ducks)",
    ]
    for (value, places) in [(figures.echoReduction, 1), (figures.delay, 1), (figures.drift, 0)] {
      if let value { cells.append(Decimal.text(value, places: places)) } else { cells.append("-") }
    }
    var line = padded(name)
    let headings = FiguresTable.columns + FiguresTable.roomColumns
    for (index, cell) in cells.enumerated() {
      line += "  "
      for _ in cell.utf8.count..<max(cell.utf8.count, headings[index].utf8.count) { line += " " }
      line += cell
    }
    return line
  }

  private func padded(_ name: String) -> String {
    var padded = name
    for _ in name.unicodeScalars.count..<max(name.unicodeScalars.count, nameWidth) { padded += " " }
    return padded
  }
}
