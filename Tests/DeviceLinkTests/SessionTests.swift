import DeviceLink
import Testing
import VoiceCore
import WireProtocols

/// A session outlives its connections.
@Suite struct SessionTests {
  @Test func theFirstConnectionBeginsASession() {
    var bench = LinkBench()
    bench.open()
    #expect(bench.connects == 1 && bench.hellos.count == 1 && bench.machine.isOpen)
    #expect(bench.hellos[0].resuming == nil)
    #expect(bench.changes == [.connecting])
  }

  @Test func whatWasLostOnTheWayIsSaidAgainAndNothingTwice() {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    bench.speak(1, packets: 0..<10)
    // The wire is dead before anybody knows.
    bench.isCut = true
    bench.speak(1, packets: 10..<20)
    bench.cut()
    bench.speak(1, packets: 20..<30)
    bench.open(resumed: true, token: "t-2")
    bench.speak(1, packets: 30..<40)
    bench.feed(commit(1, 800))
    #expect(bench.packets(of: 1) == Array(0..<40))
    #expect(bench.hellos.last?.resuming == .init(token: "t-1", received: 0))
    #expect(bench.heard.filter { if case .turnStart = $0 { true } else { false } }.count == 1)
    #expect(bench.changes.contains(.away) && !bench.changes.contains(.sessionOver))
  }

  @Test func everyCutAtEveryPlaceLosesNothing() {
    for cut in 0...20 {
      for known in 0...(20 - cut) {
        var bench = LinkBench()
        bench.open()
        bench.feed(start(1))
        bench.speak(1, packets: 0..<cut)
        bench.isCut = true
        bench.speak(1, packets: cut..<(cut + known))
        bench.cut()
        bench.speak(1, packets: (cut + known)..<20)
        bench.feed(commit(1, 400))
        bench.open(resumed: true)
        #expect(bench.packets(of: 1) == Array(0..<20), "cut at \(cut), noticed after \(known)")
      }
    }
  }

  @Test func aTurnWithoutAnAnswerIsSaidToANewSessionFromItsStart() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.say(.capture(.streaming)))
    bench.feed(start(1))
    bench.speak(1, packets: 0..<10)
    bench.cut()
    bench.speak(1, packets: 10..<20)
    bench.open(resumed: false, token: "t-9")
    bench.feed(commit(1, 400))
    let again = bench.heard.drop {
      if case .turnAudio(_, let packet, _) = $0 { packet[1] < 9 } else { true }
    }
    #expect(again.dropFirst().first == .capture(.streaming))
    #expect(bench.packets(of: 1) == Array(0..<10) + Array(0..<20))
    #expect(bench.changes.contains(.sessionOver))
    // Its messages count from one in the new session.
    #expect(bench.agent.receivedCount == 1 + 1 + 20 + 1)
  }

  @Test func anAnsweredTurnIsNotSaidAgain() {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    bench.speak(1, packets: 0..<3)
    bench.feed(commit(1, 60))
    bench.say(.replyStart(ReplyID(1), answering: TurnID(1)))
    bench.cut()
    bench.open(resumed: false)
    #expect(bench.packets(of: 1) == [0, 1, 2])
  }

  @Test func aTurnThatWasTakenBackIsNotSaidAgain() {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    bench.speak(1, packets: 0..<3)
    bench.feed(.say(.turnCancel(TurnID(1), reason: .tooShort)))
    bench.cut()
    bench.open(resumed: false)
    #expect(bench.packets(of: 1) == [0, 1, 2])
  }

  @Test func whatIsSaidBeforeTheFirstWelcomeIsKept() {
    var bench = LinkBench()
    bench.feed(.say(.capture(.streaming)))
    bench.feed(start(1))
    bench.speak(1, packets: 0..<5)
    bench.open()
    #expect(bench.packets(of: 1) == Array(0..<5))
    #expect(bench.heard.first == .capture(.streaming))
  }

  @Test func acknowledgedMessagesAreForgotten() {
    var bench = LinkBench()
    bench.open()
    for turn in 1...50 {
      bench.feed(start(UInt32(turn)))
      bench.speak(UInt32(turn), packets: 0..<100)
      bench.feed(commit(UInt32(turn), 2_000))
      bench.say(.replyStart(ReplyID(UInt32(turn)), answering: TurnID(UInt32(turn))))
      bench.feed(.received(NativeAgent.encode(.acknowledged(bench.agent.receivedCount))))
    }
    #expect(bench.machine.unacknowledged == 0 && bench.machine.journalBytes == 0)
  }

  @Test func whatComesIsAcknowledgedSoon() {
    var bench = LinkBench()
    bench.open()
    // The first tells that the token has come.
    #expect(bench.notices == [.acknowledged(0)])
    bench.say(.setVolume(40))
    #expect(bench.notices.count == 1)
    bench.pass(.seconds(2))
    #expect(bench.notices.last == .acknowledged(1))
    for _ in 0..<32 { bench.say(.setVolume(40)) }
    #expect(bench.notices.last == .acknowledged(33))
  }

  @Test func aJournalThatNobodyAcknowledgesIsBounded() {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    let packet = [UInt8](repeating: 0x48, count: 2_000)
    var count: Int64 = 0
    while bench.hangUps == 0, count < 1_000 {
      bench.feed(.say(.turnAudio(TurnID(1), packet: packet, at: .milliseconds(count * 20))))
      count += 1
    }
    #expect(bench.hangUps == 1 && bench.machine.journalBytes <= 300 << 10)
  }

  /// Found by tools/fuzz: only the conversation's own limit on a turn kept this one in bounds.
  @Test(arguments: [(false, "the network takes nothing"), (true, "the agent acknowledges nothing")])
  func aFullJournalIsTheNetworksFaultOrTheAgents(isTaken: Bool, reason: String) {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    let packet = [UInt8](repeating: 0x48, count: 400)
    for place in 0..<1_000 where bench.hangUps == 0 {
      bench.feed(
        .say(.turnAudio(TurnID(1), packet: packet, at: .milliseconds(Int64(place) * 60))))
      bench.pass(Frame.span)
      // The last one long ago, or a moment ago.
      if isTaken || place < 10 { bench.feed(.progress) }
    }
    bench.cut()
    #expect(bench.losses.last?.loss.reason.hasPrefix(reason) == true)
  }

  @Test func aTurnThatIsTooLongToKeepIsGivenUp() {
    var bench = LinkBench()
    bench.feed(start(1))
    for _ in 0..<200 {
      bench.feed(
        .say(
          .turnAudio(TurnID(1), packet: [UInt8](repeating: 0x58, count: 3_900), at: .zero)))
      #expect(bench.machine.journalBytes <= 640 << 10)
    }
    #expect(bench.changes.filter { $0 == .lost }.count == 1)
    bench.open()
    #expect(bench.heard.isEmpty, "half a turn would be worse than none")
  }

  @Test func anAgentThatWasNotAskedToResumeOrCountsWrongIsLeftAndItsSessionToo() {
    for wrong in [5, 1_000_000] {
      var bench = LinkBench()
      bench.open()
      bench.feed(start(1))
      bench.cut()
      bench.open(resumed: true, received: wrong)
      #expect(bench.hangUps == 1)
      bench.cut()
      bench.open(resumed: false)
      #expect(bench.hellos.last?.resuming == nil && bench.machine.isOpen)
    }
  }

  @Test func aBrokenMessageIsNotFetchedAgainForEver() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.received(.text(Array("rubbish".utf8))))
    #expect(bench.hangUps == 1)
    bench.cut()
    #expect(bench.losses.last?.loss.reason.hasPrefix("the agent broke the protocol") == true)
    bench.open(resumed: false)
    #expect(bench.hellos.last?.resuming == nil)
  }

  @Test func aPingIsAnsweredWithBothClocks() {
    var bench = LinkBench()
    bench.machine.wallClock = 5_000
    bench.open()
    bench.feed(.received(NativeAgent.encode(.ping(777))))
    #expect(bench.notices.last == .pong(asked: 777, answered: 5_000))
    // Nobody asked for this one.
    bench.feed(.received(NativeAgent.encode(.pong(asked: 4_000, answered: 9_000))))
    #expect(!bench.effects.contains(.note(.clock(offset: 4_500))))
    bench.feed(.talking(true))
    for _ in 0..<100 {
      bench.pass(.milliseconds(700))
      bench.feed(.pong)
    }
    #expect(bench.notices.contains(.ping(5_000)))
    bench.machine.wallClock = 5_100
    let pong = NativeAgent.encode(.pong(asked: 5_000, answered: 9_050))
    bench.feed(.received(pong))
    bench.feed(.received(pong))
    #expect(bench.effects.filter { $0 == .note(.clock(offset: 4_000)) }.count == 1)
  }

  @Test func ofAFloodOfPingsOneInASecondIsAnswered() {
    var bench = LinkBench()
    bench.open()
    func pongs() -> Int {
      bench.notices.filter { if case .pong = $0 { true } else { false } }.count
    }
    for _ in 0..<1_000 { bench.feed(.received(NativeAgent.encode(.ping(1)))) }
    #expect(pongs() == 5)
    for _ in 0..<1_000 {
      bench.pass(.milliseconds(10))
      bench.feed(.received(NativeAgent.encode(.ping(2))))
    }
    #expect(pongs() == 15)
    // Who keeps to one a second is always answered.
    for _ in 0..<100 {
      bench.pass(.seconds(1))
      bench.feed(.received(NativeAgent.encode(.ping(3))))
    }
    #expect(pongs() >= 114)
    // Another connection is another account.
    bench.cut()
    bench.open(resumed: true)
    let before = pongs()
    bench.feed(.received(NativeAgent.encode(.ping(4))))
    #expect(pongs() == before + 1)
  }

  @Test func anAgentWithoutResumingMayBeTalkedToForEver() {
    var bench = LinkBench()
    bench.open(token: nil)
    let packet = [UInt8](repeating: 0x48, count: 400)
    for turn in 1...100 {
      bench.feed(start(UInt32(turn)))
      for place in 0..<100 {
        bench.feed(
          .say(
            .turnAudio(TurnID(UInt32(turn)), packet: packet, at: .milliseconds(Int64(place) * 60))))
      }
      bench.feed(commit(UInt32(turn), 6_000))
    }
    #expect(bench.hangUps == 0 && bench.machine.unacknowledged == 0)
    #expect(bench.machine.journalBytes < 60_000)
  }
}

/// When a session ends, and what that means for what was said in it.
@Suite struct SessionEndTests {
  @Test func aLongTurnThatIsAcknowledgedKeepsItsSession() {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    let packet = [UInt8](repeating: 0x48, count: 160)
    // Two minutes of 64 kbit/s in the shortest packets.
    for place in 0..<6_000 {
      bench.feed(
        .say(.turnAudio(TurnID(1), packet: packet, at: .milliseconds(Int64(place) * 20))))
      if place % 32 == 31 {
        bench.feed(.received(NativeAgent.encode(.acknowledged(bench.agent.receivedCount))))
      }
    }
    #expect(bench.hangUps == 0 && bench.machine.isOpen)
    #expect(bench.machine.journalBytes < 700 << 10)
  }

  @Test func howeverItEndsTheConversationHearsOfItOnce() {
    let ends: [(String, (inout LinkBench) -> Void)] = [
      ("a fatal error", { $0.say(.refused(code: "bad_message", message: "-", isFatal: true)) }),
      ("rubbish", { $0.feed(.received(.text(Array("rubbish".utf8)))) }),
      (
        "a close code",
        {
          var loss = LinkLoss("closed", advice: "-")
          loss.endsSession = true
          $0.feed(.closed(loss))
        }
      ),
    ]
    for (name, end) in ends {
      for isGreeting in [false, true] {
        var bench = LinkBench()
        bench.open()
        if isGreeting {
          bench.cut()
          bench.call()
        }
        end(&bench)
        if !name.hasSuffix("code") { bench.feed(.closed(LinkLoss("closed", advice: "-"))) }
        bench.open()
        #expect(
          bench.changes.filter { $0 == .sessionOver }.count == 1, "\(name), greeting: \(isGreeting)"
        )
        #expect(bench.hellos.last?.resuming == nil)
      }
    }
  }

  @Test func whatTheAgentGaveAsItsReasonIsToldAsTheReason() {
    var bench = LinkBench()
    bench.open()
    bench.say(.refused(code: "session_limit", message: "128 sessions are open", isFatal: true))
    bench.cut()
    let loss = bench.losses.last?.loss
    #expect(loss?.reason == "the agent refused: 128 sessions are open (session_limit)")
    #expect(loss?.needsRoom == true)
    // That one leaves the session alive.
    #expect(!bench.changes.contains(.sessionOver))
  }

  @Test(arguments: [("bad_message", true), ("rate_limited", false)])
  func whoRefusesUsAndDoesNotHangUpIsLeft(code: String, isOver: Bool) {
    for isGreeting in [false, true] {
      var bench = LinkBench()
      bench.open()
      if isGreeting {
        bench.cut()
        bench.call()
      }
      bench.say(.refused(code: code, message: "-", isFatal: true))
      bench.pass(.milliseconds(500))
      // Saying it again does not buy time, nor do signs of life.
      bench.say(.refused(code: code, message: "-", isFatal: true))
      bench.feed(.pong)
      bench.pass(.milliseconds(490))
      #expect(bench.hangUps == 0)
      bench.pass(.milliseconds(10))
      #expect(bench.effects.last == .hangUp(isOver ? .forGood : .forNow))
      bench.feed(.closed(LinkLoss("closed", advice: "")))
      #expect(bench.losses.last?.loss.reason == "the agent refused: - (\(code))")
      bench.open()
      #expect((bench.hellos.last?.resuming == nil) == isOver)
    }
  }

  @Test(arguments: [("bad_message", 0), ("rate_limited", 1)])
  func nothingBeginsAnyMoreInASessionThatARefusalEnded(code: String, heard: Int) {
    var bench = LinkBench()
    bench.open()
    bench.say(.refused(code: code, message: "-", isFatal: true))
    let before = bench.delivered.count
    // A reply that is begun now would be taken for one of the next session (seeds 301 and 806).
    bench.say(.replyStart(ReplyID(1), answering: TurnID(1)))
    #expect(bench.delivered.count == before + heard)
  }

  @Test func aCloseThatEndsTheSessionEndsItWhateverTheAgentGaveAsItsReason() {
    var bench = LinkBench()
    bench.open()
    bench.say(.refused(code: "session_limit", message: "128 sessions are open", isFatal: true))
    // Such as 1002, which a good agent would not send after that.
    var loss = LinkLoss("closed", advice: "-")
    loss.endsSession = true
    bench.feed(.closed(loss))
    #expect(bench.losses.last?.loss.needsRoom == true)
    #expect(bench.changes.contains(.sessionOver))
    bench.open()
    #expect(bench.hellos.last?.resuming == nil)
  }

  /// Closed with 1002: nobody knows whether it was that, or a code that the library does not know.
  private var doubtful: LinkLoss {
    var loss = LinkLoss("closed by the agent with code 1002", advice: "-")
    loss.closed(withCode: 1002)
    return loss
  }

  @Test func aDoubtfulCloseEndsTheSessionOnlyWhenItComesAgainAtOnce() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.closed(doubtful))
    #expect(!bench.changes.contains(.sessionOver))
    // One that comes instead of a welcome says nothing of the session.
    for _ in 0..<3 {
      bench.call()
      bench.feed(.closed(doubtful))
    }
    bench.open(resumed: true, token: "t-2")
    #expect(bench.hellos.last?.resuming?.token == "t-1")
    bench.feed(.closed(doubtful))
    #expect(bench.changes.filter { $0 == .sessionOver }.count == 1)
    bench.open()
    #expect(bench.hellos.last?.resuming == nil)
    // The new session is not to blame for that.
    bench.feed(.closed(doubtful))
    bench.open(resumed: true, token: "t-3")
    #expect(bench.hellos.last?.resuming?.token == "t-1")
  }

  @Test func aDoubtfulCloseLongAfterAnotherOrAfterACutEndsNothing() {
    var bench = LinkBench()
    bench.open()
    for round in 0..<4 {
      bench.feed(.closed(doubtful))
      bench.open(resumed: true)
      if round.isMultiple(of: 2) {
        bench.pass(.seconds(11))
      } else {
        bench.cut()
        bench.open(resumed: true)
      }
    }
    #expect(bench.hellos.dropFirst().allSatisfy { $0.resuming != nil })
    #expect(!bench.changes.contains(.sessionOver))
  }

  @Test(arguments: [
    (1000, false, false), (1001, false, false), (1003, true, false), (1007, true, false),
    (1009, true, false), (1011, false, false), (1012, false, false), (1013, false, true),
    (3000, false, false), (4012, false, false), (4013, false, true),
  ])
  func aCloseSaysWhatItsCodeMeans(code: Int, endsSession: Bool, needsRoom: Bool) {
    var loss = LinkLoss("closed", advice: "-")
    loss.closed(withCode: code)
    #expect((loss.endsSession, loss.needsRoom) == (endsSession, needsRoom))
    #expect(!loss.mayEndSession)
  }

  @Test func aTurnNobodyWaitsForIsNotSaidToANewSession() {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    bench.speak(1, packets: 0..<3)
    bench.feed(commit(1, 60))
    bench.feed(.nobodyWaits(TurnID(1)))
    bench.cut()
    bench.open(resumed: false)
    #expect(bench.packets(of: 1) == [0, 1, 2])
  }

  @Test func aSessionIsAsOldAsItsFirstConnection() {
    var bench = LinkBench()
    bench.open(longestSession: .seconds(100))
    bench.pass(.seconds(50))
    bench.cut()
    bench.open(resumed: true, longestSession: .seconds(100))
    bench.pass { $0.hangUps == 1 }
    #expect(bench.now - .start <= .milliseconds(81_000))
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    bench.open()
    #expect(bench.hellos.last?.resuming == nil)
  }

  @Test func aSessionTheAgentCallsTooOldIsLeftForANewOne() {
    var bench = LinkBench()
    bench.open()
    bench.pass(.seconds(20))
    bench.feed(
      .received(
        NativeAgent.encode(.goAway(in: .seconds(60), reason: "max_session", retryAfter: .zero))))
    bench.pass(.milliseconds(20))
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    bench.open()
    #expect(bench.hellos.last?.resuming == nil)
  }

  @Test func anAgentThatSendsUsAwayAtOnceIsNotCalledAllTheTime() {
    var bench = LinkBench()
    for _ in 0..<20 {
      bench.open()
      bench.feed(
        .received(NativeAgent.encode(.goAway(in: .zero, reason: "x", retryAfter: .zero))))
      bench.pass(.milliseconds(10))
      bench.feed(.closed(LinkLoss("closed", advice: "")))
    }
    #expect(bench.now - .start > .seconds(60))
    // Nor one whose sessions are over as they begin.
    var hasty = LinkBench()
    hasty.open(longestSession: .zero)
    hasty.pass(.seconds(5))
    #expect(hasty.hangUps == 0)
  }

  @Test func troubleThatNeedsSomebodyIsTriedRarelyFromTheBeginning() {
    var bench = LinkBench()
    var refused = LinkLoss("answered with status 404", advice: "-")
    refused.needsSomebody = true
    for attempt in 1...4 {
      bench.pass { $0.connects == attempt }
      bench.feed(.closed(refused))
    }
    #expect(bench.losses.allSatisfy { $0.wait >= .seconds(15) && $0.wait <= .seconds(30) })
    // Once it is another trouble it is tried as that deserves.
    bench.pass { $0.connects == 5 }
    bench.feed(.closed(LinkLoss("connection refused", advice: "-")))
    #expect(bench.losses[4].wait <= .seconds(3))
  }

  @Test func whoIsToldThatThereIsNoRoomDoesNotPress() {
    var bench = LinkBench()
    bench.open()
    bench.cut()
    var full = LinkLoss("answered with status 503", advice: "-")
    full.needsRoom = true
    let before = bench.connects
    for _ in 0..<1_500 {
      let connects = bench.connects
      bench.pass(.milliseconds(10))
      if bench.connects > connects { bench.feed(.closed(full)) }
    }
    // Within the 15 s in which a cut is tried every 0.4 s.
    #expect((5...20).contains(bench.connects - before), "\(bench.connects - before)")
  }

  @Test func anAgentThatWasThereMinutesAgoIsTriedAllTheTime() {
    var bench = LinkBench()
    bench.open()
    bench.cut()
    var longest = SampleSpan.zero
    while bench.now - .start < .seconds(290) {
      let before = bench.connects
      bench.pass { $0.connects > before }
      bench.feed(.closed(LinkLoss("connection refused", advice: "-")))
      longest = max(longest, bench.losses.last!.wait)
    }
    #expect(longest <= .seconds(3) && longest > .seconds(2))
    // Not for ever.
    while bench.now - .start < .seconds(700) {
      let before = bench.connects
      bench.pass { $0.connects > before }
      bench.feed(.closed(LinkLoss("connection refused", advice: "-")))
    }
    #expect(bench.losses.contains { $0.wait > .seconds(10) })
  }
}
