import Testing
import VoiceCore
import WireProtocols

/// What is too much: cut or clamped by senders, refused by receivers.
struct NativeLimitTests {
  @Test(arguments: [
    "-1", "101", "1.5", "1e1", "1e999", "-1e999", "9223372036854775807", "9223372036854775808",
    "99999999999999999999999999", "-9223372036854775809", "null", "true", #""7""#, "[]", "{}",
  ])
  func aNumberOutsideItsLimitsIsRefused(number: String) throws {
    var (device, _) = try talking()
    let text = #"{"type":"volume","level":\#(number)}"#
    #expect(throws: WireError.self) { try device.taken(.json(text)) }
  }

  @Test func minusZeroIsAZero() throws {
    var (device, _) = try talking()
    #expect(try device.taken(.json(#"{"type":"volume","level":-0}"#)) == .setVolume(0))
  }

  @Test(arguments: ["0", "-1", "4294967296"])
  func aTurnsNumberIsOneToTheLargestOf32Bits(turn: String) throws {
    var (_, agent) = try talking()
    let text = #"{"type":"turn.cancel","turn":\#(turn),"reason":"muted"}"#
    #expect(throws: WireError.self) { try agent.taken(.json(text)) }
  }

  @Test func aSpanOfMoreThanAnHourIsRefusedWithItsNumber() throws {
    var (device, _) = try talking()
    func end(_ milliseconds: Int64) -> WireMessage {
      .json(#"{"type":"response.end","response":1,"status":"failed","audio_ms":\#(milliseconds)}"#)
    }
    #expect(try device.taken(end(WireLimits.longestMilliseconds)) != nil)
    let error = #expect(throws: WireError.self) {
      try device.taken(end(WireLimits.longestMilliseconds + 1))
    }
    #expect(error?.description == "response.end: audio_ms is 3600001, allowed are 0 to 3600000")
  }

  @Test func wordsThatAreTooLongAreCutBetweenCharacters() throws {
    var (device, agent) = try talking()
    // A balloon is four bytes: the cut must not go through one.
    let words = "ab" + String(repeating: "🎈", count: 2_000)
    let message = agent.encode(.replyText(ReplyID(1), Spoken(words), at: .zero))
    guard case .replyText(_, let spoken, _) = try device.taken(message) else {
      Issue.record("not a text")
      return
    }
    #expect(words.hasPrefix(spoken.words))
    #expect(spoken.words.utf8.count == WireLimits.longestWords - 2)
  }

  @Test func wordsThatAreTooLongAreRefusedAndNotRepeated() throws {
    var (device, _) = try talking()
    let words = String(repeating: "x", count: WireLimits.longestWords + 1)
    let text = #"{"type":"response.text","response":1,"text":"\#(words)","at_ms":0}"#
    let error = #expect(throws: WireError.self) { try device.taken(.json(text)) }
    #expect(error?.description.contains("xxx") == false, "what was said must not be in an error")
  }

  @Test func theLongestWordsFitWhateverTheyAre() throws {
    var (device, agent) = try talking()
    // Each byte is escaped to six.
    let words = Spoken(String(repeating: "\u{1}", count: WireLimits.longestWords))
    let message = agent.encode(.replyText(ReplyID(1), words, at: .zero))
    #expect(message.bytes.count <= WireLimits.largestText)
    #expect(try device.taken(message) == .replyText(ReplyID(1), words, at: .zero))
  }

  @Test func aHelloIsBroughtWithinTheLimits() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    var odd = hello
    odd.device = "a\nb\u{0}c"
    odd.model = ""
    odd.firmware = String(repeating: "f", count: 1_000)
    odd.packetMilliseconds = 7_000
    odd.replyBuffer = .seconds(1_000_000)
    guard case .hello(let heard) = try agent.taken(device.encode(.hello(odd))) else {
      Issue.record("not a hello")
      return
    }
    #expect(heard.device == "a b c")
    #expect(heard.model == "-")
    #expect(heard.firmware.utf8.count == WireLimits.longestName)
    #expect(heard.packetMilliseconds == 120)
    #expect(heard.replyBuffer == .seconds(3_600))
  }

  @Test func aNameIsOneLineAndNotEmpty() throws {
    var device = NativeDevice()
    let text = device.encode(.hello(hello)).string
    for name in ["", #"a\nb"#, #"\u0000"#, String(repeating: "x", count: 129)] {
      var agent = NativeAgent()
      let other = text.replacingFirst("kiosk-7", name)
      #expect(throws: WireError.self) { try agent.taken(.json(other)) }
    }
  }

  @Test func anOversizedMessageIsRefused() throws {
    var (device, _) = try talking()
    let spaces = String(repeating: " ", count: WireLimits.largestText)
    let error = #expect(throws: WireError.self) {
      try device.taken(.json(#"{"type":"volume","level":7}"# + spaces))
    }
    #expect(error?.code == "too_large")
    let header = NativeHeader(
      kind: .downlink, flags: 0, epoch: 0, reference: 1, sequence: 1, milliseconds: 0)
    let largest = header.message([UInt8](repeating: 0x48, count: WireLimits.largestPacket))
    #expect(throws: WireError.self) { try device.taken(.binary(largest + [0])) }
    #expect(try device.taken(.binary(largest)) != nil)
  }

  @Test func aHeaderThatIsNotOursIsRefused() throws {
    var (device, agent) = try talking()
    let good = agent.encode(.replyAudio(ReplyID(1), packet: packet20)).bytes
    for (index, value) in [
      (0, 0x02), (0, 0x22), (0, 0x11), (0, 0x10), (0, 0x13), (1, 0), (1, 2), (1, 255), (12, 1),
    ] as [(Int, UInt8)] {
      var bad = good
      bad[index] = value
      let error = #expect(throws: WireError.self) { try device.taken(.binary(bad)) }
      #expect(error?.code == "bad_message")
    }
    // Flags of later versions are no reason.
    var flagged = good
    flagged[2] = 0xE0
    #expect(try device.taken(.binary(flagged)) != nil)
  }
}
