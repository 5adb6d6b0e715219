import Testing
import VoiceCore
import WireProtocols

@testable import CloudAgent

/// How much one session may ask for in a while.
@Suite struct PaceTests {
  private var script = ShelfScript()

  private func device(_ index: Int = 1) -> ShelfScript.Device { script.devices[index]! }

  @Test mutating func aTurnTooManyIsDroppedAndTheNextIsTakenLater() {
    script.join(1)
    for number in 1...30 { script.turn(1, UInt32(number)) }
    #expect(!device().errors.contains("rate_limited"))
    let before = script.work.count
    script.turn(1, 31)
    #expect(device().errors.last == "rate_limited")
    #expect(script.work.count == before, "neither an ear nor the voice has to do with it")
    #expect(device().isConnected && script.shelf.sessionCount == 1)
    script.wait(.seconds(2))
    script.turn(1, 32)
    #expect(script.pending.contains(.listen(TurnID(32))))
  }

  @Test mutating func tooManyMessagesEndTheConnectionButNotTheSession() throws {
    script = ShelfScript { $0.messagesAtOnce = 50 }
    script.join(1)
    // The first was for the acknowledgement of the welcome.
    for _ in 1..<50 { script.say(1, .capture(.listening)) }
    #expect(device().isConnected)
    script.say(1, .capture(.off))
    #expect(device().errors == ["rate_limited"])
    #expect(device().closedWith == 1008)
    #expect(script.shelf.sessionCount == 1 && script.shelf.connectionCount == 0)
    // What was on its way is not taken, and its end ends nothing.
    script.raw(1, .text([]))
    script.cut(1, code: 1008)
    script.wait(.seconds(1))
    script.join(1)
    #expect(device().welcome?.isResumed == true)
    #expect(device().welcome?.received == 49)
    #expect(device().errors == ["rate_limited"], "what it kept comes again and is taken")
  }

  @Test mutating func whoCannotResumeIsGoneAfterThat() {
    script = ShelfScript { $0.messagesAtOnce = 50 }
    script.connect(1, caps: [])
    for _ in 0..<51 { script.say(1, .capture(.listening)) }
    #expect(device().closedWith == 1008)
    #expect(script.shelf.sessionCount == 0 && script.shelf.connectionCount == 0)
  }

  /// A quarter of a minute of packets of 10 ms, all at once.
  @Test mutating func whatADeviceKeptDuringACutFits() {
    script.join(1)
    script.say(1, .turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    script.cut(1)
    for index in 0..<1_500 {
      let place = SampleSpan.milliseconds(Int64(10 * index))
      script.say(1, .turnAudio(TurnID(1), packet: SessionScript.packet60, at: place))
    }
    script.join(1)
    #expect(device().errors.isEmpty && device().isConnected)
    script.wait(.seconds(2))
    #expect(device().notices.last == .acknowledged(1_501))
  }

  @Test mutating func aTurnMayBeAsLongAsTheDevicesTokenSays() {
    script.join(1, Admission(device: "kiosk-1", longestTurn: .milliseconds(1_000)))
    #expect(device().welcome?.longestTurn == .milliseconds(1_000))
    script.say(1, .turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    for index in 0..<20 {
      let place = SampleSpan.milliseconds(Int64(60 * index))
      script.say(1, .turnAudio(TurnID(1), packet: SessionScript.packet60, at: place))
    }
    let heard = script.pending.filter { if case .hear = $0 { true } else { false } }
    #expect(heard.count == 16, "of 60 ms each")
  }
}
