import WireProtocols

extension Parser {
  /// `JSONReader`: what it takes is within its limits and comes back from what is written of it.
  static let json = Parser(
    "json", longest: 1_024,
    seeds: {
      [
        #"{"a":[1,-2.5e3,true,null,"\u00e4\ud83d\ude00"],"b":{}}"#, "[[[[[[[[]]]]]]]]", "-0",
        "\"\\n\"",
      ]
      .map { [0] + Array($0.utf8) } + [[1, 5, 2, 3, 4], [1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]]
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let bytes: [UInt8]
    if choices.byte() & 1 == 0 {
      bytes = choices.rest()
    } else {
      var text = ""
      JSONText.make(depth: 0, &choices, into: &text)
      bytes = Array(text.utf8)
    }
    guard let value = try? JSONReader.read(bytes) else { return 1 }
    var count = 0
    try check(value, depth: 0, &count)
    let again = Array(JSONText.write(value).utf8)
    // What is escaped may be longer than it was.
    var limits = JSONReader.Limits()
    limits.bytes = .max
    try hold(
      (try? JSONReader.read(again, limits: limits)) == value,
      "a value does not come back from its own text")
    return 1
  }

  private static func check(_ value: JSONValue, depth: Int, _ count: inout Int) throws(Broken) {
    count += 1
    try hold(count <= WireLimits.mostValues, "\(count) values")
    try hold(depth <= WireLimits.deepestNesting, "\(depth) levels")
    switch value {
    case .array(let elements):
      for element in elements { try check(element, depth: depth + 1, &count) }
    case .object(let fields):
      var names: Set<[UInt8]> = []
      for field in fields {
        try hold(names.insert(Array(field.name.utf8)).inserted, "a name is there twice")
        try check(field.value, depth: depth + 1, &count)
      }
    case .null, .bool, .integer, .otherNumber, .text: break
    }
  }
}

private enum JSONText {
  static func make(depth: Int, _ choices: inout Choices, into text: inout String) {
    guard depth < 12, text.utf8.count < 40_000 else { return text += "0" }
    switch choices.pick(12) {
    case 0: text += "\(choices.number(0, in: .min...Int64.max))"
    case 1: text += choices.of(["null", "true", "false", "nul", "True"])
    case 2: text += choices.of(["1.5", "-0", "1e9", "01", "1.", "-", "1e", "9223372036854775808"])
    case 3: text += "\"" + word(&choices) + "\""
    case 4, 5, 6:
      let parts = choices.pick(6)
      text += "["
      for part in 0..<parts {
        if part > 0 { text += "," }
        make(depth: depth + 1, &choices, into: &text)
      }
      text += choices.isRare(32) ? "," : "]"
    case 7, 8, 9:
      let parts = choices.pick(6)
      text += "{"
      for part in 0..<parts {
        if part > 0 { text += "," }
        text += "\"" + word(&choices) + "\(choices.isRare(16) ? 0 : part)\":"
        make(depth: depth + 1, &choices, into: &text)
      }
      text += choices.isRare(32) ? "," : "}"
    case 10:
      text += " \t\r\n"
      make(depth: depth + 1, &choices, into: &text)
    default:
      text += "[" + String(repeating: "1,", count: 2 * choices.pick(256)) + "1]"
    }
  }

  private static func word(_ choices: inout Choices) -> String {
    choices.of([
      "a", "", "\\u0061", "\\\"", "\\ud83d\\ude00", "\\ud83d", "\\u0000", "é", "e\\u0301", "\\/",
      String(repeating: "w", count: 300), "\u{1}", "\\x", "🎈",
    ])
  }

  /// As short as it can be; a number we do not know is any that is not whole.
  static func write(_ value: JSONValue) -> String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return "\(number)"
    case .otherNumber: return "0.5"
    case .text(let text): return quoted(text)
    case .array(let elements): return "[" + elements.map(write).joined(separator: ",") + "]"
    case .object(let fields):
      return "{" + fields.map { quoted($0.name) + ":" + write($0.value) }.joined(separator: ",")
        + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var writer = JSONWriter()
    writer.add(nil, text)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
