import Testing

@testable import ControlProtocol

@Suite struct FieldsTests {
  @Test func fieldsKeepTheirOrderOnTheWire() {
    var fields = Fields()
    fields.add("state", "listening")
    fields.add("turns", 14)
    fields.add("muted", false)
    fields.succeed()
    #expect(text(fields.encode()) == "state=listening\nturns=14\nmuted=no\nerror=0\n\n")
  }

  @Test func whateverAValueHoldsComesBackWhole() throws {
    let nasty = "a\nb\\n\r\0=\\\u{1B}[31m ä\u{1F600} \n\nend"
    var fields = Fields()
    fields.add("text", nasty)
    fields.add("empty", "")
    let wire = fields.encode()
    #expect(text(wire).split(separator: "\n").count == 2)
    #expect(try Fields.parse(wire.dropLast()) == fields)
  }

  @Test func figuresAndAnswersAreRead() throws {
    let fields = try parse(
      "turns=14\nlevel=-32\nmuted=yes\nheld=no\nname=12x\nhuge=99999999999999999999")
    #expect(fields.number("turns") == 14)
    #expect(fields.number("level") == -32)
    #expect(fields.number("name") == nil)
    #expect(fields.number("huge") == nil)
    #expect(fields.number("missing") == nil)
    #expect(fields.flag("muted") == true)
    #expect(fields.flag("held") == false)
    #expect(fields.flag("turns") == nil)
  }

  @Test(arguments: [
    ("nonsense", "\"nonsense\" is no field: key=value is right"),
    ("=x", "\"=x\" is no field: key=value is right"),
    ("Key=x", "\"Key=x\" is no field: key=value is right"),
    ("a b=x", "\"a b=x\" is no field: key=value is right"),
    ("\u{1B}[2J\u{E4}", "\"?[2J??\" is no field: key=value is right"),
    ("a=1\na=2", "a is given twice"),
    ("a=\\x", "a holds a backslash that means nothing: \\\\, \\n, \\r and \\0 are right"),
    ("a=\\", "a holds a backslash that means nothing: \\\\, \\n, \\r and \\0 are right"),
  ])
  func aBrokenBlockIsRefusedWithASentence(block: String, sentence: String) {
    let error = #expect(throws: ControlError.self) { try parse(block) }
    #expect(error?.description == sentence)
  }

  @Test func whatIsNotUTF8IsRefused() {
    #expect(throws: ControlError.notUTF8("a")) { try Fields.parse([0x61, 0x3D, 0xC3, 0x28]) }
  }

  @Test func everythingHasABound() {
    let longKey = String(repeating: "k", count: Fields.longestKey + 1)
    #expect(throws: ControlError.self) { try parse("\(longKey)=1") }
    let many = (0...Fields.mostFields).map { "k\($0)=1\n" }.joined()
    #expect(throws: ControlError.tooManyFields(limit: Fields.mostFields)) { try parse(many) }
    let big = "a=" + String(repeating: "x", count: Fields.largestBlock)
    #expect(throws: ControlError.blockTooLong(limit: Fields.largestBlock)) { try parse(big) }
  }

  @Test func aReplyTellsWhetherItWentWell() throws {
    #expect(try parse("volume=70\nerror=0").outcome == .done)
    #expect(
      Fields.failure("the microphone is muted").outcome == .refused("the microphone is muted"))
    #expect(try parse("event=state\nstate=idle").outcome == .none)
    #expect(try parse("event=state\nstate=idle").event == "state")
    #expect(try parse("state=idle\nerror=0").event == nil)
  }

  private func parse(_ block: String) throws -> Fields { try Fields.parse(Array(block.utf8)[...]) }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
