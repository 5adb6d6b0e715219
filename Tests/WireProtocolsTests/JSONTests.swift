import TestSupport
import Testing
import WireProtocols

struct JSONTests {
  private func read(_ text: String) throws(JSONError) -> JSONValue {
    try JSONReader.read(Array(text.utf8))
  }

  @Test func valuesAreRead() throws {
    #expect(try read(" null\n") == .null)
    #expect(try read("true") == .bool(true))
    #expect(try read("[false]") == .array([.bool(false)]))
    #expect(try read("[]") == .array([]))
    #expect(try read("{ }") == .object([]))
    #expect(
      try read(#" { "a" : [ 1 , { "b" : null } ] , "" : "x" } "#)
        == .object([
          JSONField("a", .array([.integer(1), .object([JSONField("b", .null)])])),
          JSONField("", .text("x")),
        ]))
    #expect(try read(#"{"a":1,"b":2}"#).member("b") == .integer(2))
    #expect(try read(#"{"a":1}"#).member("c") == nil)
    #expect(try read("[1]").member("a") == nil)
  }

  @Test func wholeNumbersThatFitAreKept() throws {
    for (text, value) in [
      ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min),
    ] as [(String, Int64)] { #expect(try read(text) == .integer(value), "\(text)") }
  }

  @Test(arguments: [
    "0.0", "-0.5", "1e0", "1E+7", "1e-7", "1e999", "-1e999", "1e99999999999999999999",
    "9223372036854775808", "-9223372036854775809", "9999999999999999999999999999999999999999",
  ])
  func otherNumbersAreOnlyKnownToBeNumbers(text: String) throws {
    #expect(try read(text) == .otherNumber)
  }

  @Test(arguments: [
    "-", "+1", "01", "-01", "00", "1.", ".5", "1e", "1e+", "0x1", "1_0", "NaN", "Infinity", "--1",
    "1.e5", "٣",
  ])
  func whatOnlyLooksLikeANumberIsRefused(text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test func escapesAreResolved() throws {
    #expect(try read(#""\"\\\/\b\f\n\r\t""#) == .text("\"\\/\u{8}\u{C}\n\r\t"))
    #expect(try read(#""\u0041\u00e9\u20AC\ud83c\udf88\u0000""#) == .text("Aé€🎈\0"))
    // Different bytes are different names, even when they look alike.
    let object = try read("{\"\u{E9}\":1,\"e\\u0301\":2}")
    #expect(object.member("e\u{301}") == .integer(2))
  }

  @Test(arguments: [
    #""\x""#, #""\u12""#, #""\u12G4""#, #""\ud800""#, #""\ud800x""#, #""\ud800\n""#,
    #""\ud800\u0041""#, #""\udc00""#, #""\udc00\ud800""#, #""\"#, #"""#, "\"\n\"", "\"\u{1F}\"",
  ])
  func badTextIsRefused(text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test func textThatIsNotUTF8IsRefused() {
    for bytes in [
      [0xFF], [0xC3], [0xC3, 0x28], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0x80],
    ] as [[UInt8]] {
      let quote = UInt8(ascii: "\"")
      #expect(throws: JSONError.self) { try JSONReader.read([quote] + bytes + [quote]) }
      #expect(throws: JSONError.self) { try JSONReader.read(bytes) }
    }
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", #"{"a"}"#,
    #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{'a':1}"#, "{1:2}", "1 2", "[1]]", "// x\n1",
    "\u{FEFF}1", #"{"a":1 "b":2}"#, #"{"a":1,"a":1}"#, "\u{A0}1", "undefined",
  ])
  func whatIsNotJSONIsRefused(text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test func nestingIsBounded() {
    let deepest = JSONReader.Limits().depth
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try read(nested(deepest)) }
    #expect(throws: JSONError.tooDeep(at: deepest)) { try read(nested(deepest + 1)) }
    #expect(throws: JSONError.self) { try read(String(repeating: "[", count: 30_000)) }
    #expect(throws: JSONError.self) { try read(String(repeating: #"{"a":"#, count: 6_000)) }
  }

  @Test func valuesAndBytesAreBounded() {
    let most = JSONReader.Limits().values
    func list(_ count: Int) -> String {
      "[" + [String](repeating: "1", count: count).joined(separator: ",") + "]"
    }
    #expect(throws: Never.self) { try read(list(most - 1)) }
    #expect(throws: JSONError.self) { try read(list(most)) }
    var limits = JSONReader.Limits()
    limits.bytes = 4
    #expect(throws: Never.self) { try JSONReader.read(Array("null".utf8), limits: limits) }
    #expect(throws: JSONError.tooLarge(bytes: 5, allowed: 4)) {
      try JSONReader.read(Array("null ".utf8), limits: limits)
    }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    var all = "€🎈"
    for code in UInt32(0)..<0x300 { all.unicodeScalars.append(Unicode.Scalar(code)!) }
    var writer = JSONWriter()
    writer.openObject()
    writer.add("text\"\n", all)
    writer.add("low", Int64.min)
    writer.add("yes", true)
    writer.openArray("list")
    writer.add(nil, "a")
    writer.openObject()
    writer.closeObject()
    writer.add(nil, Int64(7))
    writer.closeArray()
    writer.add("no", false)
    writer.closeObject()
    #expect(
      try JSONReader.read(writer.bytes)
        == .object([
          JSONField("text\"\n", .text(all)), JSONField("low", .integer(.min)),
          JSONField("yes", .bool(true)),
          JSONField("list", .array([.text("a"), .object([]), .integer(7)])),
          JSONField("no", .bool(false)),
        ]))
  }

  @Test(arguments: [21, 22, 23] as [UInt64])
  func randomChangesAreAnsweredNeverTrappedOn(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let text = Array(
      #"{"a":[1,-2.5e7,true,null,"x\u00e9\ud83c\udf88\n"],"b":{"c":{}},"d":"ü"}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self) { try JSONReader.read(Array(text.prefix(length))) }
    }
    for _ in 0..<20_000 {
      do { _ = try JSONReader.read(text.mutated(using: &random)) } catch { _ = error.description }
    }
  }
}
