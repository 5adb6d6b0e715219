import TestSupport
import Testing
import WireProtocols

struct BrokerAnswerTests {
  private let whole = """
    {"url":"wss://agent.example:8443/auricle","headers":{"Authorization":"Bearer a.b-c_d","X-Kiosk":"7"},\
    "expires_at":1795249932883,"expires_in_ms":600000,"profile":"auricle.v1",\
    "session_overrides":{"max_turn_ms":20000,"later":{"a":[1]}},"later":true}
    """

  private func read(_ text: String, allowsPlain: Bool = false) throws(BrokerAnswerError)
    -> SessionGrant
  {
    try BrokerAnswer.read(Array(text.utf8), allowsPlain: allowsPlain)
  }

  /// With one field in place of another text.
  private func read(_ part: String, as new: String) throws(BrokerAnswerError) -> SessionGrant {
    try read(whole.replacingFirst(part, new))
  }

  @Test func aWholeAnswerIsTaken() throws {
    let grant = try read(whole)
    #expect(grant.url == "wss://agent.example:8443/auricle")
    #expect(grant.headers.map(\.name) == ["Authorization", "X-Kiosk"])
    #expect(grant.headers.map(\.value) == ["Bearer a.b-c_d", "7"])
    #expect(grant.expiresInMilliseconds == 600_000)
    #expect(grant.profile == "auricle.v1")
    #expect(grant.overrides.longestTurnMilliseconds == 20_000)
  }

  @Test func whatMayBeMissingMayBeMissing() throws {
    let grant = try read(#"{"url":"wss://a","expires_in_ms":60000,"profile":"auricle.v1"}"#)
    #expect(grant.headers.isEmpty && grant.overrides.longestTurnMilliseconds == nil)
  }

  @Test(arguments: ["url", "expires_in_ms", "profile"])
  func whatMustBeThereIsNamedWhenItIsNot(field: String) {
    let error = #expect(throws: BrokerAnswerError.self) {
      try read("\"\(field)\":", as: "\"other\":")
    }
    #expect(error == .missing(field: field))
    #expect(error?.description == "the broker's answer lacks \(field)")
  }

  @Test func onlyAUrlWithTLSIsTakenUnlessAllowed() throws {
    #expect(throws: BrokerAnswerError.self) { try read("wss://", as: "ws://") }
    #expect(throws: BrokerAnswerError.self) { try read("wss://", as: "https://") }
    let plain = whole.replacingFirst("wss://", "ws://")
    #expect(try read(plain, allowsPlain: true).url == "ws://agent.example:8443/auricle")
    #expect(throws: BrokerAnswerError.self) {
      try read(whole.replacingFirst("wss://", "http://"), allowsPlain: true)
    }
  }

  @Test(arguments: [#"\r\nX: y"#, #"\n"#, " ", #"\u0000"#, "ü", #"\u007f"#])
  func aUrlHoldsNothingThatEndsALine(text: String) {
    #expect(throws: BrokerAnswerError.self) { try read("/auricle", as: "/\(text)") }
  }

  @Test(arguments: [
    #"a\r\nX-Other: b"#, #"a\nb"#, #"a\rb"#, #"a\u0000b"#, #"a\tb"#, "ü", " a", "a ", "",
    #"\u2028"#,
  ])
  func aHeadersValueHoldsNothingThatEndsALine(value: String) {
    let error = #expect(throws: BrokerAnswerError.self) { try read("Bearer a.b-c_d", as: value) }
    #expect(error == .wrong(field: "headers Authorization", wanted: "visible ASCII characters"))
  }

  @Test(arguments: [
    "", "a b", "a:", #"a\r\nb"#, "ü", #"a\u0000"#, #"\"a\""#, String(repeating: "a", count: 65),
  ])
  func aHeadersNameIsAName(name: String) {
    let error = #expect(throws: BrokerAnswerError.self) { try read("X-Kiosk", as: name) }
    // Nothing of it may get into a log.
    #expect(
      error == .wrong(field: "headers", wanted: "an object of names that headers may have"))
  }

  @Test(arguments: [
    "Host", "connection", "UPGRADE", "Content-Length", "Transfer-Encoding", "Sec-WebSocket-Key",
    "sec-websocket-protocol", "Origin",
  ])
  func headersThatMakeTheRequestWhatItIsAreNotTheBrokers(name: String) {
    let error = #expect(throws: BrokerAnswerError.self) { try read("X-Kiosk", as: name) }
    #expect(error == .forbiddenHeader(name: name))
  }

  @Test func aHeaderMayNotComeTwice() {
    #expect(throws: BrokerAnswerError.self) { try read("X-Kiosk", as: "authorization") }
  }

  @Test(arguments: [
    ("600000", "999"), ("600000", "604800001"), ("600000", "-1"), ("600000", "6e5"),
    ("600000", "\"600000\""), ("600000", "null"), ("600000", "99999999999999999999"),
    ("20000", "999"), ("20000", "3600001"), ("20000", "\"20000\""),
    ("auricle.v1\"", "auricle.v2\""), ("\"auricle.v1\"", "1"),
    (#"{"max_turn_ms":20000,"later":{"a":[1]}}"#, "[]"), (#""7""#, "7"), (#""7""#, "null"),
    (#"{"Authorization":"Bearer a.b-c_d","X-Kiosk":"7"}"#, "[]"),
  ])
  func aFieldThatIsWrongIsRefused(part: String, new: String) {
    #expect(throws: BrokerAnswerError.self) { try read(part, as: new) }
  }

  @Test func everythingIsBounded() {
    let many = (0...BrokerAnswer.mostHeaders).map { "\"h\($0)\":\"v\"" }.joined(separator: ",")
    #expect(throws: BrokerAnswerError.self) { try read(#""X-Kiosk":"7""#, as: many) }
    let long = String(repeating: "a", count: BrokerAnswer.mostHeaderBytes)
    #expect(throws: BrokerAnswerError.self) { try read("Bearer a.b-c_d", as: long) }
    #expect(throws: BrokerAnswerError.self) {
      try read("/auricle", as: "/" + String(repeating: "a", count: BrokerAnswer.longestURL))
    }
    let huge = [UInt8](repeating: 0x20, count: BrokerAnswer.largest + 1)
    #expect(throws: BrokerAnswerError.tooLarge(bytes: huge.count, allowed: BrokerAnswer.largest)) {
      try BrokerAnswer.read(huge)
    }
  }

  @Test func everyShorterAnswerIsRefused() {
    let bytes = Array(whole.utf8)
    for length in 0..<bytes.count {
      #expect(throws: BrokerAnswerError.self) { try BrokerAnswer.read(Array(bytes[..<length])) }
      _ = BrokerAnswer.refusal(Array(bytes[..<length]))
    }
  }

  @Test(arguments: ["", "null", "[]", "7", "\"a\"", "<html>", "{}{}", "{\"url\":1,\"url\":2}"])
  func whatIsNoAnswerIsRefused(text: String) {
    #expect(throws: BrokerAnswerError.self) { try read(text) }
    #expect(BrokerAnswer.refusal(Array(text.utf8)) == nil)
  }

  @Test(arguments: [31, 32, 33] as [UInt64])
  func whatChangesOnTheWayNeverTrapsAndNeverInjects(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var taken = 0
    for _ in 0..<5_000 {
      let changed = Array(whole.utf8).mutated(using: &random)
      do throws(BrokerAnswerError) {
        let grant = try BrokerAnswer.read(changed, allowsPlain: true)
        taken += 1
        for header in grant.headers {
          #expect((header.name + header.value).utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
        }
        #expect(grant.url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
      } catch {
        #expect(error.description.utf8.allSatisfy { $0 >= 0x20 })
      }
    }
    #expect(taken > 0, "seed \(seed): the changes are too coarse to test anything")
  }

  @Test func aRefusalIsToldInTheBrokersWords() {
    let told = BrokerAnswer.refusal(Array(#"{"error":"x","message":"wait\r\n a bit ü"}"#.utf8))
    #expect(told == "wait?? a bit ??")
    let long = "{\"message\":\"" + String(repeating: "a", count: 2_000) + "\"}"
    #expect(BrokerAnswer.refusal(Array(long.utf8))?.utf8.count == 512)
    #expect(BrokerAnswer.refusal(Array(#"{"message":7}"#.utf8)) == nil)
  }
}
