import Testing
import VoiceCore
import WireProtocols

@testable import CloudAgent

/// What all sessions together may cost, and how they end.
@Suite struct ShelfTests {
  private var script = ShelfScript()

  private func device(_ index: Int = 1) -> ShelfScript.Device { script.devices[index]! }

  // MARK: Hello

  @Test mutating func whoNeverSaysHelloIsSentAwayInTime() {
    script.tell(.connected(ConnectionID(7), Admission()))
    script.wait(.milliseconds(9_500))
    #expect(script.shelf.connectionCount == 1)
    script.wait(.milliseconds(500))
    #expect(script.shelf.connectionCount == 0)
  }

  @Test(arguments: [
    ("{\"type\":\"turn.cancel\",\"turn\":1,\"reason\":\"muted\"}", "hello_expected"),
    ("{", "bad_message"), ("{\"type\":\"hello\",\"proto\":\"2.0\"}", "unsupported"),
  ])
  mutating func whatIsNoHelloIsSentAway(text: String, code: String) {
    let closed = ShelfScript.effects(of: .text(Array(text.utf8)))
    guard case .refused(_, code, _)? = closed.first,
      case .close(_, 1008, code)? = closed.last
    else {
      Issue.record("\(closed)")
      return
    }
  }

  @Test mutating func aCommitOfAnOlderVersionIsOfTheRevisionThatTheTurnHas() {
    script.join(1)
    let turn = TurnID(1)
    script.say(1, .turnStart(turn, preRoll: .zero, cause: .speech))
    script.say(1, .turnAudio(turn, packet: SessionScript.packet60, at: .zero))
    script.say(1, .turnEagerEnd(turn, revision: 0, audio: .milliseconds(60)))
    script.say(1, .turnResumed(turn, revision: 1))
    let commit = #"{"type":"turn.commit","turn":1,"audio_ms":60,"reason":"endpoint"}"#
    script.raw(1, .text(Array(commit.utf8)))
    script.work(.hours)
    #expect(device().received.contains(.replyStart(ReplyID(1), answering: turn, revision: 1)))
  }

  // MARK: Acknowledging

  @Test mutating func everyThirtyTwoMessagesAreAcknowledged() {
    script.join(1)
    script.say(1, .turnStart(TurnID(1), preRoll: .zero, cause: .speech))
    for index in 0..<70 {
      let place = SampleSpan.milliseconds(Int64(60 * index))
      script.say(1, .turnAudio(TurnID(1), packet: SessionScript.packet60, at: place))
    }
    #expect(device().notices == [.acknowledged(32), .acknowledged(64)])
  }

  @Test mutating func whatCameIsAcknowledgedWithinTwoSeconds() {
    script.join(1)
    script.say(1, .capture(.listening))
    script.wait(.seconds(1))
    #expect(device().notices.isEmpty)
    script.wait(.seconds(1))
    #expect(device().notices == [.acknowledged(1)])
    script.wait(.seconds(10))
    #expect(device().notices.count == 1, "nothing is said while nobody speaks")
  }

  @Test mutating func moreThanWasSentCannotBeAcknowledged() {
    script.join(1)
    script.notice(1, .acknowledged(1))
    #expect(device().errors == ["out_of_order"])
    #expect(device().closedWith == 1008)
    #expect(script.shelf.sessionCount == 0)
  }

  @Test mutating func whatWasAcknowledgedIsNotKept() {
    script.join(1)
    script.turn(1, 1)
    script.work(.history)
    #expect(script.shelf.journalBytes > 10_000)
    script.acknowledge(1)
    #expect(script.shelf.journalBytes == 0)
  }

  @Test mutating func aPingIsAnsweredWithOurClock() {
    script.join(1)
    script.wait(.seconds(3))
    script.notice(1, .ping(123))
    #expect(
      device().notices == [.pong(asked: 123, answered: ShelfScript.wallClock + 3_000)])
  }

  // MARK: Bounds

  @Test mutating func aSessionWithoutConnectionIsKeptForItsLeaseAndNoLonger() {
    script.join(1)
    script.turn(1, 1)
    script.cut(1)
    script.wait(.milliseconds(29_500))
    #expect(script.shelf.sessionCount == 1)
    script.wait(.milliseconds(500))
    #expect(script.shelf.sessionCount == 0)
    #expect(script.pending.last == .forget(TurnID(1)), "its ear is free")
    script.join(1)
    #expect(device().welcome?.isResumed == false)
  }

  @Test mutating func aConnectionTooManyIsClosed() {
    script = ShelfScript { $0.connections = 1 }
    script.join(1)
    script.connect(2)
    #expect(device(2).closedWith == 4013)
    #expect(device(1).isConnected)
  }

  @Test mutating func theSessionThatWaitsLongestMakesRoom() {
    script = ShelfScript { $0.sessions = 2 }
    for index in [1, 2] {
      script.join(index)
      script.say(index, .capture(.listening))
      script.cut(index)
      script.wait(.seconds(1))
    }
    script.join(3)
    #expect(script.shelf.sessionCount == 2)
    script.join(2)
    #expect(device(2).welcome?.isResumed == true)
    // With nobody waiting there is no room.
    script.join(1)
    #expect(device(1).errors == ["session_limit"])
  }

  @Test mutating func ofOneDeviceTheOldestSessionMakesRoom() {
    script = ShelfScript { $0.sessionsPerDevice = 2 }
    let known = Admission(device: "kiosk-7")
    for index in 1...3 { script.join(index, known) }
    #expect(device(1).errors == ["session_limit"])
    #expect(device(1).closedWith == 1008)
    #expect(device(2).isConnected && device(3).isConnected)
    // One that waits goes first.
    script.say(3, .capture(.listening))
    script.cut(3)
    script.join(4, known)
    #expect(device(2).isConnected)
    #expect(script.shelf.sessionCount == 2)
  }

  /// Three boards with one identity: each throws another out, and comes back.
  @Test mutating func devicesThatKeepEndingEachOtherAreToldOfOnceInAWhile() {
    script = ShelfScript { $0.sessionsPerDevice = 2 }
    let known = Admission(device: "kiosk-7")
    func told(_ script: ShelfScript) -> Int {
      script.notes.count { if case .rivals = $0 { true } else { false } }
    }
    for round in 0..<100 {
      let index = 1 + round % 3
      script.connect(index, known)
      script.settle(index)
      // The first two had room, and the next two may have come back before we knew.
      #expect((told(script) > 0) == (round >= 4))
      script.wait(.seconds(5))
    }
    #expect(told(script) == 1)
    let message = device(1).received.compactMap {
      if case .refused("session_limit", let message, true, _) = $0 { message } else { nil }
    }
    #expect(message.first?.contains("another device has the same name") == true)
    for round in 0..<30 {
      script.connect(1 + round % 3, known)
      script.wait(.seconds(5))
    }
    #expect(told(script) == 2, "ten minutes later")
  }

  @Test mutating func aBoardThatLosesItsConnectionIsNoRivalOfItself() {
    script = ShelfScript { $0.sessionsPerDevice = 2 }
    for index in 1...20 {
      script.join(index, Admission(device: "kiosk-7"))
      script.cut(index)
    }
    #expect(!script.notes.contains { if case .rivals = $0 { true } else { false } })
  }

  @Test mutating func aHelloOfAnotherDeviceThanTheTokensIsRefused() {
    script.devices[1] = ShelfScript.Device(name: "kiosk-8")
    script.connect(1, Admission(device: "kiosk-7"))
    #expect(device().errors == ["unauthorized"])
    #expect(device().closedWith == 1008)
    #expect(script.shelf.sessionCount == 0 && script.shelf.connectionCount == 0)
  }

  @Test mutating func aNameThatIsOnlySaidEndsNobodysSession() {
    script = ShelfScript { $0.sessionsPerDevice = 1 }
    script.join(1)
    script.devices[2] = ShelfScript.Device(name: "kiosk-1")
    script.join(2)
    #expect(device(1).isConnected && device(2).isConnected)
  }

  @Test mutating func aJournalThatIsFullCannotBeResumedButGoesOn() {
    script = ShelfScript {
      $0.echo = [[UInt8]](repeating: SessionScript.packet20, count: 21)
      $0.turnsPerMinute = 200
    }
    script.join(1)
    for number in 1...200 { script.turn(1, UInt32(number)) }
    #expect(device().ends.count == 200)
    #expect(script.notes.contains(.journalFull))
    #expect(script.shelf.journalBytes == 0)
    script.cut(1)
    #expect(script.shelf.sessionCount == 0)
    script.join(1)
    #expect(device().welcome?.isResumed == false)
  }

  @Test mutating func allJournalsTogetherAreBounded() {
    script = ShelfScript {
      $0.journalBytes = 40_000
      $0.echo = [[UInt8]](repeating: SessionScript.packet20, count: 21)
    }
    for index in 1...20 {
      script.join(index)
      for number in 1...5 { script.turn(index, UInt32(number)) }
      #expect(script.shelf.journalBytes <= 40_000)
    }
    script.cut(1)
    script.join(1)
    #expect(device(1).welcome?.isResumed == true, "who came before is not hurt")
  }

  @Test mutating func sumsAreZeroWhenEverybodyIsGone() {
    for index in 1...5 {
      script.join(index, Admission(device: "d\(index)"))
      script.turn(index, 1)
      script.work(.history)
      script.cut(index)
    }
    script.wait(.seconds(31))
    #expect(script.shelf.sessionCount == 0)
    #expect(script.shelf.connectionCount == 0)
    #expect(script.shelf.journalBytes == 0)
  }

  // MARK: The end

  @Test(arguments: [
    (UInt16(1000), 0), (1008, 0), (1009, 0), (1001, 1), (1011, 1), (1013, 1), (4012, 1), (4013, 1),
  ])
  mutating func someClosesEndTheSession(code: UInt16, left: Int) {
    script.join(1)
    script.turn(1, 1)
    script.cut(1, code: code)
    #expect(script.shelf.sessionCount == left)
  }

  @Test mutating func whoBreaksTheProtocolLosesTheSession() {
    script.join(1)
    script.turn(1, 1)
    script.raw(1, .text(Array("{}".utf8)))
    #expect(device().errors == ["bad_message"])
    #expect(device().closedWith == 1008)
    #expect(script.shelf.sessionCount == 0)
  }

  @Test mutating func aTypeOfALaterVersionIsCountedAndAnswered() {
    script.join(1)
    script.raw(1, .text(Array("{\"type\":\"song\"}".utf8)))
    #expect(device().errors == ["unsupported"])
    script.cut(1)
    script.devices[1]?.sent.append(.text([]))
    script.join(1)
    #expect(device().welcome?.received == 1)
  }

  @Test mutating func aSessionThatGetsTooOldIsAnnouncedAndEnded() {
    script.join(1, Admission(longestSession: .seconds(100)))
    #expect(device().welcome?.longestSession == .seconds(100))
    script.wait(.seconds(74))
    #expect(device().notices.isEmpty)
    script.wait(.seconds(1))
    #expect(
      device().notices == [.goAway(in: .seconds(25), reason: "max_session", retryAfter: .zero)])
    script.wait(.seconds(25))
    #expect(device().closedWith == 1001)
    script.join(1)
    #expect(device().welcome?.isResumed == false)
  }

  @Test mutating func aLongSessionIsAnnouncedAMinuteBeforeItsEnd() {
    script.join(1, Admission(longestSession: .seconds(3_600)))
    script.wait(.seconds(3_539))
    #expect(device().notices.isEmpty)
    script.wait(.seconds(1))
    #expect(
      device().notices == [.goAway(in: .seconds(60), reason: "max_session", retryAfter: .zero)])
  }

  /// Otherwise it would be announced again, and leave again, until the end.
  @Test(arguments: [nil, UInt16(1001)])
  mutating func whoWasSentAwayForItsAgeBeginsAnewAndIsNotSentAwayAgain(code: UInt16?) {
    let limited = Admission(device: "kiosk-1", longestSession: .seconds(60))
    script.join(1, limited)
    script.turn(1, 1)
    script.wait(.seconds(45))
    #expect(device().notices.last.map { if case .goAway = $0 { true } else { false } } == true)
    // With 1001 it closed; without it comes back while the old connection is still there.
    if let code { script.cut(1, code: code) }
    script.join(1, limited)
    #expect(device().welcome?.isResumed == false)
    #expect(script.shelf.sessionCount == 1, "the old one is over")
    let told = device().notices.count
    script.wait(.seconds(44))
    #expect(device().notices.count == told && device().isConnected)
  }

  @Test mutating func whoSaidNothingButHelloMayComeBackToo() {
    script.join(1)
    script.cut(1)
    #expect(script.shelf.sessionCount == 1)
    script.join(1)
    #expect(device().welcome?.isResumed == true)
  }

  @Test mutating func whereNothingWasSaidMakesRoomFirst() {
    script = ShelfScript { $0.sessions = 2 }
    script.join(1)
    script.say(1, .capture(.listening))
    script.cut(1)
    script.wait(.seconds(1))
    script.join(2)
    script.cut(2)
    script.join(3)
    script.join(1)
    #expect(device(1).welcome?.isResumed == true)
  }

  /// Announced at once, each would be left at once for the next (found by the simulator).
  @Test mutating func aShortSessionIsNotAnnouncedToEndAsItBegins() {
    script.join(1, Admission(longestSession: .seconds(20)))
    script.wait(.seconds(14))
    #expect(device().notices.isEmpty)
    script.wait(.seconds(1))
    #expect(
      device().notices == [.goAway(in: .seconds(5), reason: "max_session", retryAfter: .zero)])
  }

  // MARK: Draining

  @Test mutating func whoHasNothingToHearGoesAtOnce() {
    script.join(1)
    script.join(2)
    script.turn(2, 1)
    script.tell(.drain(grace: .seconds(5)))
    for index in [1, 2] {
      #expect(device(index).closedWith == 1001)
      guard case .goAway(_, "restart", let wait)? = device(index).notices.first else {
        Issue.record("not told")
        return
      }
      #expect(wait <= .seconds(1))
    }
    // The turn is said again elsewhere: no answer to it begins here.
    #expect(script.pending.last == .forget(TurnID(1)))
    #expect(script.shelf.sessionCount == 0)
  }

  @Test mutating func whatIsBeingSaidMayEnd() {
    script.join(1)
    script.turn(1, 1)
    script.work(.hours, seconds: 1)
    script.say(
      1, .playback(ReplyID(1), played: .seconds(1), buffered: .seconds(2), state: .playing))
    script.tell(.drain(grace: .seconds(5)))
    #expect(
      device().notices.last.map { if case .goAway(.seconds(5), _, _) = $0 { true } else { false } }
        == true)
    script.wait(.seconds(2))
    #expect(device().isConnected)
    script.say(
      1, .playback(ReplyID(1), played: .seconds(3), buffered: .zero, state: .drained))
    #expect(device().closedWith == 1001)
    #expect(device().ends == [.replyEnd(ReplyID(1), .complete, audio: .seconds(3))])
  }

  @Test mutating func aLongStoryEndsWithAWholeSentence() {
    script.connect(1, buffer: .seconds(2))
    script.settle(1)
    script.turn(1, 1)
    script.work(.history, seconds: 3)
    script.say(
      1, .playback(ReplyID(1), played: .seconds(2), buffered: .zero, state: .playing))
    script.tell(.drain(grace: .seconds(5)))
    script.work(.history, seconds: 3)
    for second in 3...6 {
      script.wait(.milliseconds(500))
      script.say(
        1,
        .playback(
          ReplyID(1), played: .seconds(Int64(second)), buffered: .zero,
          state: second < 6 ? .playing : .drained))
    }
    guard case .replyEnd(_, .complete, let audio)? = device().ends.first else {
      Issue.record("not ended")
      return
    }
    // The second sentence ends after six seconds, of which two were heard; the third would end too late.
    #expect(audio == .seconds(6))
    #expect(device().sound(of: 1) == .seconds(6))
    #expect(device().closedWith == 1001)
  }

  @Test mutating func whatDoesNotEndInTimeIsCutOff() {
    script.connect(1, buffer: .seconds(2))
    script.settle(1)
    script.turn(1, 1)
    script.work(.history, seconds: 3)
    script.tell(.drain(grace: .seconds(5)))
    script.wait(.seconds(5))
    #expect(device().closedWith == 1001)
    #expect(device().ends == [.replyEnd(ReplyID(1), .cancelled, audio: .seconds(2))])
    #expect(script.shelf.sessionCount == 0)
  }

  @Test mutating func nobodyIsTakenAnyMore() {
    script.join(1)
    script.tell(.connected(ConnectionID(7), Admission()))
    script.tell(.drain(grace: .seconds(5)))
    script.connect(2)
    #expect(device(2).errors == ["going_away"])
    #expect(device(2).closedWith == 1008)
    #expect(script.shelf.connectionCount == 1, "one has not said hello yet")
    script.wait(.seconds(1))
    #expect(script.shelf.connectionCount == 0)
  }
}
