/// The phrasebook's sentences and nothing else, in JSGF. The pattern notation is JSGF's own but for
/// its lists and numbers, so patterns go in as they are and share what they have in common.
struct Grammar {
  let text: [UInt8]

  init(_ book: Phrasebook) {
    var text = "#JSGF V1.0;\ngrammar kiosk;\n"
    for list in book.lists {
      text += "<\(list.name)> = \(list.patterns.joined(separator: " | "));\n"
    }
    // People ask for round numbers.
    let numbers = (0...100).map {
      "/\($0 % 10 == 0 ? 10 : $0 % 5 == 0 ? 5 : 1)/ " + NumberWords.words($0).joined(separator: " ")
    }
    text += "<number> = \(numbers.joined(separator: " | "));\n"
    text += "<before> = \(book.before);\n<after> = \(book.after);\n"
    text += "<wish> = \(book.patterns.map(Grammar.rule).joined(separator: "\n  | "));\n"
    // Most wishes come without courtesies; equal odds would have them heard in every breath.
    text +=
      "public <turn> = (/0.8/ <NULL> | /0.2/ <before>) <wish> (/0.8/ <NULL> | /0.2/ <after>);\n"
    self.text = Array(text.utf8)
  }

  /// `{list}` becomes `<list>` and `#` `<number>`.
  private static func rule(_ text: String) -> String {
    let (weight, pattern) = Pattern.split(text)
    var rule = ""
    for character in pattern {
      switch character {
      case "{": rule += "<"
      case "}": rule += ">"
      case "#": rule += "<number>"
      default: rule.append(character)
      }
    }
    return "\(weight ?? "") (\(rule))"
  }
}
