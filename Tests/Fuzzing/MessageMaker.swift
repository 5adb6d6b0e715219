import WireProtocols

/// Makes control messages from choices: right ones, ones with a number at the edge, and ones that are
/// broken in one place of their structure.
struct MessageMaker {
  /// What may be wrong with a message, besides its numbers.
  private enum Defect: UInt8, CaseIterable {
    case missing, doubled, otherKind, null, deep, fraction, hugeNumber, unknownField, long, control
    case notUTF8, cut, trailing, manyValues, otherType, escaped, reordered, spaces
  }

  private var text: [UInt8] = []
  private var numbers: RightNumbers
  private var defect: Defect?
  /// Which field, counted over all objects of the message, it is in.
  private var place = 0
  private var field = 0

  static func make(_ form: MessageForm, _ numbers: RightNumbers, _ choices: inout Choices)
    -> [UInt8]
  {
    var maker = MessageMaker(numbers: numbers)
    let kind = choices.byte()
    if kind >= 176 {
      maker.defect = Defect.allCases[Int(kind) % Defect.allCases.count]
      maker.place = choices.pick(16)
    }
    maker.write(form, &choices)
    return maker.text
  }

  private init(numbers: RightNumbers) { self.numbers = numbers }

  private mutating func write(_ form: MessageForm, _ choices: inout Choices) {
    add("{\"type\":\"")
    add(defect == .otherType ? "turn.later" : form.type)
    add("\"")
    write(form.fields, isFirst: false, &choices)
    if form.isOptional || (defect == .otherType && place > 7) { add(",\"opt\":true") }
    switch defect {
    case .unknownField: add(",\"later\":{\"a\":[1,{\"b\":null}],\"c\":\"d\"}")
    case .manyValues: add(",\"later\":[" + String(repeating: "0,", count: 16 * place) + "0]")
    default: break
    }
    add("}")
    switch defect {
    case .cut: text.removeLast(min(text.count, 1 + choices.pick(64)))
    case .trailing: add(choices.of([" ", "\n", "}", "{}", "\0", ",", "x"]))
    default: break
    }
  }

  private mutating func write(
    _ fields: [MessageForm.Field], isFirst: Bool, _ choices: inout Choices
  ) {
    var isFirst = isFirst
    let fields = defect == .reordered ? Array(fields.reversed()) : fields
    for each in fields {
      if each.isOptional, choices.byte() >= 128 { continue }
      field += 1
      let isHere = field == place
      if isHere, defect == .missing { continue }
      let start = text.count
      if !isFirst { add(",") }
      isFirst = false
      write(name: each.name, isHere: isHere)
      if isHere, let defect, write(defect, each.kind, &choices) { continue }
      write(each.kind, &choices)
      if isHere, defect == .doubled {
        let again = text[start...]
        if again.first != UInt8(ascii: ",") { add(",") }
        text += again
      }
    }
  }

  private mutating func write(name: String, isHere: Bool) {
    add("\"")
    if isHere, defect == .escaped {
      for byte in name.utf8 {
        add("\\u00")
        add(String(byte >> 4, radix: 16) + String(byte & 15, radix: 16))
      }
    } else {
      add(name)
    }
    add(isHere && defect == .spaces ? "\" \t:\r\n " : "\":")
  }

  /// Another value than the kind has; false when this defect is none of the value.
  private mutating func write(
    _ defect: Defect, _ kind: MessageForm.Kind, _ choices: inout Choices
  ) -> Bool {
    switch defect {
    case .otherKind: add(choices.of(["\"7\"", "[]", "{}", "true", "[[[]]]", "\"\"", "-7"]))
    case .null: add("null")
    case .deep:
      let depth = choices.pick(16)
      add(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
    case .fraction: add(choices.of(["1.5", "1e3", "-0", "00", "1E-2", "1.", "-", "0.0", "+1"]))
    case .hugeNumber:
      add(
        choices.of([
          "9223372036854775807", "9223372036854775808", "-9223372036854775808",
          "-9223372036854775809", "18446744073709551616", "4294967296",
          String(repeating: "9", count: 400),
        ]))
    case .long: add("\"" + String(repeating: "ä", count: 16 * choices.pick(256)) + "\"")
    case .control:
      add("\"a" + choices.of(["\n", "\\u0000", "\\ud800", "\\x", "\\ud83d\\ude00"]) + "\"")
    case .notUTF8:
      add("\"")
      text += choices.of([[0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xC0, 0x80]])
      add("\"")
    case .missing, .doubled, .unknownField, .cut, .trailing, .manyValues, .otherType, .escaped,
      .reordered, .spaces:
      return false
    }
    return true
  }

  private mutating func write(_ kind: MessageForm.Kind, _ choices: inout Choices) {
    let word = Int64(UInt32.max)
    switch kind {
    case .turn: add(choices.number(Int64(numbers.turn), in: 1...word))
    case .reply: add(choices.number(Int64(numbers.reply), in: 0...word))
    case .revision: add(choices.number(Int64(numbers.revision), in: 0...1_000_000))
    case .epoch: add(choices.number(Int64(numbers.epoch), in: 0...255))
    case .span: add(choices.number(20_000, in: 0...WireLimits.longestMilliseconds))
    case .longSpan:
      add(choices.number(86_400_000, in: 0...WireLimits.longestSessionMilliseconds))
    case .moment: add(choices.number(numbers.moment, in: 0...WireLimits.lastMoment))
    case .count: add(choices.number(Int64(numbers.received), in: 0...WireLimits.mostMessages))
    case .level: add(choices.number(50, in: 0...100))
    case .packetLength: add(choices.number(60, in: WireLimits.packetMilliseconds))
    case .name: quote(choices.of(["kiosk-7", "a", "Zoë", String(repeating: "n", count: 128)]))
    case .token: quote(choices.pick(8) == 7 ? "another" : numbers.token)
    case .words:
      quote(choices.of(["when do you open", "", "\\\"nine\\\"\\n", "Zoë 🎈", "e\\u0301"]))
    case .sentence: quote(choices.of(["come back later", "", String(repeating: "s", count: 512)]))
    case .flag: add((choices.byte() < 128) == numbers.isResumed ? "true" : "false")
    case .version:
      quote(choices.pick(16) == 15 ? choices.of(["1", "1.", "2.0", "1.9", ""]) : "1.2")
    case .codec: quote("opus")
    case .codecs: add(choices.pick(16) == 15 ? "[7,\"flac\"]" : "[\"opus\"]")
    case .capabilities:
      let mask = choices.byte()
      let names = ["resume", "eager_end", "hints", "unmute", "gaps", "capture", "later", "resume"]
      let listed = names.enumerated().filter { mask >> UInt8($0.offset) & 1 == 0 }
      add("[" + listed.map { "\"\($0.element)\"" }.joined(separator: ",") + "]")
    case .word(let words): quote(choices.of(words))
    case .object(let fields):
      add("{")
      write(fields, isFirst: true, &choices)
      add("}")
    }
  }

  private mutating func add(_ part: String) { text += part.utf8 }
  private mutating func add(_ number: Int64) { add("\(number)") }
  private mutating func quote(_ part: String) {
    add("\"")
    add(part)
    add("\"")
  }

  /// A message of sound: header and packet, mostly right.
  static func sound(
    _ kind: NativeHeader.Kind, reference: UInt32, _ numbers: RightNumbers,
    _ choices: inout Choices
  ) -> [UInt8] {
    func four(_ number: Int64) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
    let word = Int64(UInt32.max)
    var bytes: [UInt8] = [0x10 | kind.rawValue, 1, 0]
    bytes.append(UInt8(truncatingIfNeeded: choices.number(Int64(numbers.epoch), in: 0...255)))
    bytes += four(choices.number(Int64(reference), in: 0...word))
    bytes += four(choices.number(Int64(numbers.sequence), in: 0...word))
    bytes += four(choices.number(0, in: 0...WireLimits.longestMilliseconds))
    bytes += choices.of([[0x48, 1], [0x58, 1, 2], [0x4B, 3, 1], [0x03], [0xFF, 0xFF], [0x00]])
    switch choices.byte() {
    case 0..<208: break
    case 208..<216: bytes[0] = choices.byte()
    case 216..<224: bytes[1] = choices.byte()
    case 224..<232: bytes[2] = choices.byte()
    case 232..<240: bytes.removeLast(min(bytes.count, choices.pick(20)))
    default: bytes += [UInt8](repeating: 7, count: 4 * choices.length() / 4)
    }
    return bytes
  }
}
