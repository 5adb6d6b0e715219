import Testing
import VoiceCore
import WireProtocols

@testable import CloudAgent

/// A session and its connections, without a socket.
@Suite struct ResumeTests {
  private var script = ShelfScript()

  private func device(_ index: Int = 1) -> ShelfScript.Device { script.devices[index]! }

  /// What a device gets of one answered turn when nothing is cut.
  private static func uncut(buffer: SampleSpan = .seconds(20)) -> [WireMessage] {
    var script = ShelfScript()
    script.join(1)
    script.turn(1, 1)
    script.work(.history)
    return script.devices[1]!.numbered
  }

  @Test mutating func theWelcomeOffersToGoOnLater() throws {
    script.join(1)
    let welcome = try #require(device().welcome)
    #expect(welcome.resumable?.lease == .seconds(30))
    #expect(!welcome.isResumed)
    #expect(welcome.received == 0)
    #expect(welcome.clock == ShelfScript.wallClock)
  }

  @Test mutating func whoCannotResumeGetsNoTokenAndLeavesNothing() {
    script.connect(1, caps: [])
    #expect(device().welcome?.resumable == nil)
    script.turn(1, 1)
    script.cut(1)
    #expect(script.shelf.sessionCount == 0)
    #expect(script.pending.last == .forget(TurnID(1)))
  }

  @Test mutating func aTurnCutInItsMiddleIsHeardWhole() {
    script.join(1)
    script.say(1, .turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    script.say(1, .turnAudio(TurnID(1), packet: SessionScript.packet60, at: .zero))
    script.cut(1)
    // Spoken while there is no connection.
    for index in 1...3 {
      let place = SampleSpan.milliseconds(Int64(60 * index))
      script.say(1, .turnAudio(TurnID(1), packet: SessionScript.packet60, at: place))
    }
    script.wait(.seconds(15))
    script.join(1)
    #expect(device().welcome?.isResumed == true)
    #expect(device().welcome?.received == 2)
    script.say(1, .turnCommit(TurnID(1), audio: .milliseconds(240), reason: .endpoint))
    let heard = script.pending.filter { if case .hear = $0 { true } else { false } }
    let whole = Work.hear(TurnID(1), packet: SessionScript.packet60, gap: .zero)
    #expect(heard == [Work](repeating: whole, count: 4))
    #expect(script.pending.last == .understand(TurnID(1)))
  }

  /// At every message: what was on its way is lost, nothing is lost or doubled in the end.
  @Test(arguments: Array(stride(from: 0, to: 265, by: 4)))
  mutating func aReplyCutAnywhereArrivesByteForByte(lost: Int) {
    script.join(1)
    script.turn(1, 1)
    script.work(.history, seconds: 1)
    let all = device().numbered
    let got = min(lost, all.count)
    // The device went back in time: it has got only so much, and its wire is as it was then.
    var older = ShelfScript.Device(name: device().name)
    var replay = ShelfScript()
    replay.join(1)
    older = replay.devices[1]!
    older.token = device().token
    for message in all[..<got] {
      do throws(WireError) { _ = try older.wire.decode(message) } catch { Issue.record("\(error)") }
    }
    older.numbered = Array(all[..<got])
    older.sent = device().sent
    older.connection = device().connection
    script.devices[1] = older
    script.cut(1)
    script.join(1)
    #expect(device().welcome?.isResumed == true)
    #expect(device().numbered == all)
    #expect(all == ResumeTests.uncut())
  }

  @Test mutating func workGoesOnWithoutAConnectionWithinTheCredit() {
    script.connect(1, buffer: .seconds(2))
    script.settle(1)
    script.turn(1, 1)
    script.cut(1)
    script.work(.history, seconds: 3)
    #expect(device().received.count == 1)
    script.join(1)
    #expect(device().sound(of: 1) == .seconds(2))
    script.say(
      1, .playback(ReplyID(1), played: .seconds(1), buffered: .seconds(1), state: .playing))
    script.work(.history, seconds: 3)
    #expect(device().sound(of: 1) == .seconds(3))
  }

  @Test mutating func itBelievesWhatWasHeardAlsoWhenThatIsToldAfterACut() {
    script.join(1)
    script.turn(1, 1)
    script.work(.history, seconds: 1)
    script.cut(1)
    script.say(1, .interrupt(ReplyID(1), played: .milliseconds(2_100)))
    script.turn(1, 2)
    script.join(1)
    script.work(.goOn)
    let said = device().received.compactMap { message -> String? in
      if case .replyText(ReplyID(2), let words, _) = message { words.words } else { nil }
    }
    let story = Persona.answer(.history, isAudible: true, memory: Memory()).sentences
    #expect(said == Array(story[2...]))
  }

  @Test mutating func theTimeWithoutConnectionIsNoSilenceInATurn() {
    script.join(1)
    script.say(1, .turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    script.wait(.seconds(5))
    script.cut(1)
    script.wait(.seconds(20))
    script.join(1)
    // With the connection back the twenty seconds begin anew.
    script.wait(.seconds(19))
    #expect(device().errors.isEmpty)
    script.wait(.seconds(2))
    #expect(device().errors == ["turn_idle"])
  }

  @Test mutating func theTimeWithoutConnectionDoesNotCountForTheLongestTurn() {
    script.join(1)
    script.say(1, .turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    script.cut(1)
    script.wait(.seconds(25))
    script.join(1)
    for packet in 0..<49 {
      let place = SampleSpan.milliseconds(Int64(packet * 60))
      script.say(1, .turnAudio(TurnID(1), packet: SessionScript.packet60, at: place))
      script.wait(.seconds(1))
    }
    #expect(device().errors.isEmpty)
    script.wait(.seconds(1))
    #expect(device().errors == ["turn_idle"])
  }

  // MARK: Tokens

  @Test mutating func eachWelcomeBringsAnotherToken() throws {
    script.join(1)
    let first = try #require(device().token)
    script.say(1, .capture(.listening))
    script.cut(1)
    script.join(1)
    let second = try #require(device().token)
    #expect(first != second)
    script.say(1, .capture(.listening))
    // The first one is void now: the device has shown that it got the second.
    script.cut(1)
    script.devices[1]?.token = first
    script.join(1)
    #expect(device().welcome?.isResumed == false)
  }

  @Test mutating func aWelcomeThatWasLostLeavesTheOldTokenGood() throws {
    script.join(1)
    script.turn(1, 1)
    let first = try #require(device().token)
    script.cut(1)
    for _ in 1...3 {
      script.connect(1)
      script.cut(1)
      script.devices[1]?.token = first
    }
    script.join(1)
    #expect(device().welcome?.isResumed == true)
    // And the tokens of the lost welcomes are void.
    #expect(device().token != first)
  }

  @Test mutating func aTokenIsGoodForItsDeviceOnly() {
    script.join(1)
    script.turn(1, 1)
    script.cut(1)
    script.join(2)
    let stolen = device(1).token
    script.devices[2]?.token = stolen
    script.cut(2)
    script.join(2)
    #expect(device(2).welcome?.isResumed == false)
    script.join(1)
    #expect(device(1).welcome?.isResumed == true)
  }

  @Test(arguments: ["", "1", "1-", "0-00", "-1-0123", "9999999999999999999999-1", "x-y"])
  mutating func aTokenThatIsNoneBeginsAnew(token: String) {
    script.join(1)
    script.turn(1, 1)
    script.cut(1)
    script.devices[1]?.token = token
    script.join(1)
    #expect(device().welcome?.isResumed == false)
  }

  @Test mutating func whoClaimsToHaveGotMoreThanWasSentBeginsAnew() {
    script.join(1)
    script.turn(1, 1)
    script.cut(1)
    script.connect(1, received: 1_000)
    #expect(device().welcome?.isResumed == false)
    #expect(script.shelf.sessionCount == 1, "the old one is over")
  }

  // MARK: The newest connection

  @Test mutating func theNewestConnectionWins() {
    script.join(1)
    script.say(1, .turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    let old = device().connection
    // The agent has not noticed that the old one is dead.
    var ghost = device()
    script.connect(1)
    script.settle(1)
    #expect(device().welcome?.isResumed == true)
    // What still comes over the old one is not taken.
    script.tell(
      .received(
        old,
        ghost.wire.encode(.turnAudio(TurnID(1), packet: SessionScript.packet60, at: .zero))))
    script.tell(.disconnected(old, code: nil))
    #expect(!script.pending.contains { if case .hear = $0 { true } else { false } })
    #expect(device().isConnected)
    #expect(script.shelf.connectionCount == 1)
  }

  @Test mutating func theOldConnectionIsToldWhy() {
    script.join(1)
    script.say(1, .capture(.listening))
    // The same device elsewhere, with the same token.
    let same = device(1)
    script.devices[2] = same
    script.devices[2]?.connection = ConnectionID(0)
    script.connect(2)
    #expect(device(1).errors == ["session_replaced"])
    #expect(device(1).closedWith == 1008)
    #expect(device(2).welcome?.isResumed == true)
  }
}
