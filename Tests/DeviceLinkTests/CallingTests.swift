import DeviceLink
import Testing
import VoiceCore
import WireProtocols

/// When the link calls, gives up a call, and calls again.
@Suite struct CallingTests {
  @Test func itTriesForEverQuicklyAtFirstAndNeverWaitsTooLong() {
    var bench = LinkBench()
    for attempt in 1...400 {
      bench.pass { $0.connects == attempt }
      bench.feed(.closed(LinkLoss("refused", advice: "-")))
      #expect(bench.losses[attempt - 1].wait <= .seconds(30))
    }
    #expect(bench.losses[0].wait <= .milliseconds(500))
    #expect(bench.losses[300...].contains { $0.wait > .seconds(10) })
  }

  @Test func aDeviceSomebodyMayBeSpeakingToTriesOften() {
    var bench = LinkBench()
    bench.open()
    bench.cut()
    let before = bench.connects
    for _ in 0..<1_500 {
      let connects = bench.connects
      bench.pass(.milliseconds(10))
      if bench.connects > connects { bench.feed(.closed(LinkLoss("refused", advice: "-"))) }
    }
    #expect(bench.connects - before >= 15)
  }

  @Test func aFleetDoesNotReturnAsOneWave() {
    var waits: Set<Int64> = []
    for seed in 1...100 {
      var bench = LinkBench { $0.seed = UInt64(seed) &* 0x9E37_79B9 }
      for attempt in 1...60 {
        bench.pass { $0.connects == attempt }
        bench.feed(.closed(LinkLoss("refused", advice: "-")))
      }
      waits.insert(bench.losses.last!.wait.milliseconds / 30)
    }
    #expect(waits.count > 40)
  }

  @Test func anAgentThatWelcomesAndHangsUpIsNotCalledAllTheTime() {
    var bench = LinkBench()
    for _ in 0..<30 {
      bench.open(token: nil)
      bench.cut()
    }
    // Soon while somebody may wait, but not at once.
    let waits = bench.losses.map(\.wait.milliseconds)
    #expect(waits.reduce(0, +) / Int64(waits.count) > 200)
  }

  @Test func theNetworkThatIsBackIsTriedAtOnce() {
    var bench = LinkBench()
    for attempt in 1...12 {
      bench.pass { $0.connects == attempt }
      bench.feed(.closed(LinkLoss("unreachable", advice: "-")))
    }
    bench.feed(.tryNow)
    bench.pass(.milliseconds(310))
    #expect(bench.connects == 13)
  }

  @Test(arguments: [SampleSpan.seconds(40), .seconds(86_400)])
  func whoeverWantsToBeLeftAloneIsWhateverHappensHere(asked: SampleSpan) {
    // But not for ever.
    let least = min(asked, .seconds(600))
    var bench = LinkBench()
    var refused = LinkLoss("answered with status 503", advice: "-")
    refused.shortestWait = asked
    bench.pass { $0.connects == 1 }
    bench.feed(.closed(refused))
    #expect(bench.losses[0].wait >= least && bench.losses[0].wait <= least + least)
    bench.feed(.tryNow)
    bench.feed(.talking(true))
    bench.pass(least - Frame.span)
    #expect(bench.connects == 1)
    bench.pass { $0.connects == 2 }
    // Once.
    bench.feed(.closed(LinkLoss("refused", advice: "-")))
    #expect(bench.losses[1].wait < .seconds(30))
  }

  @Test func aBrokerThatWantsToBeLeftAloneIs() {
    var bench = LinkBench { $0.usesBroker = true }
    var refused = LinkLoss("token broker: status 429", advice: "-")
    refused.shortestWait = .seconds(100)
    bench.pass(.milliseconds(10))
    bench.feed(.notGranted(refused))
    bench.feed(.tryNow)
    bench.pass(.seconds(99))
    #expect(bench.mints == 1 && bench.losses.count == 1)
    bench.pass { $0.mints == 2 }
    // The same while the token we have is still good.
    bench.feed(.granted(lifetime: .seconds(100)))
    bench.open()
    bench.pass { $0.mints == 3 }
    bench.feed(.notGranted(refused))
    bench.pass(.seconds(99))
    #expect(bench.mints == 3)
    bench.pass { $0.mints == 4 }
  }

  @Test func eachStepHasItsDeadline() {
    var bench = LinkBench()
    bench.pass { $0.connects == 1 }
    bench.pass(.seconds(26))
    #expect(bench.hangUps == 1)
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    #expect(bench.losses.last?.loss.reason == "no connection in time")
    bench.pass { $0.connects == 2 }
    bench.feed(.opened)
    bench.pass(.seconds(6))
    #expect(bench.hangUps == 2)
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    #expect(bench.losses.last?.loss.reason == "no welcome in time")
  }

  @Test func anOutageThatLastsIsGivenUpOnceAndWhatWasSaidWithIt() {
    var bench = LinkBench()
    bench.open()
    bench.feed(start(1))
    bench.speak(1, packets: 0..<5)
    bench.cut()
    let before = bench.changes.count
    bench.pass(.milliseconds(14_900))
    #expect(!bench.changes[before...].contains(.lost))
    bench.pass(.seconds(30))
    #expect(bench.changes.filter { $0 == .lost }.count == 1)
    bench.feed(.closed(LinkLoss("refused", advice: "-")))
    bench.open(resumed: false)
    #expect(bench.packets(of: 1) == Array(0..<5))
  }

  // MARK: Liveness

  @Test func aDeadPeerIsNoticedWithinTwoSecondsWhileSomebodyTalks() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.talking(true))
    bench.pass(.milliseconds(700))
    #expect(bench.pings == 1)
    bench.feed(.pong)
    let since = bench.now
    bench.pass { $0.hangUps == 1 }
    #expect(bench.now - since <= .milliseconds(2_010))
  }

  @Test func aPeerThatAnswersIsNeverGivenUp() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.talking(true))
    for _ in 0..<200 {
      let before = bench.pings
      bench.pass(.milliseconds(100))
      if bench.pings > before { bench.feed(.pong) }
    }
    #expect(bench.hangUps == 0 && bench.pings > 20)
  }

  @Test func whoIsKnownToTakeLongIsGivenMoreTime() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.talking(true))
    for _ in 0..<10 {
      let before = bench.pings
      bench.pass { $0.pings > before }
      bench.pass(.milliseconds(900))
      bench.feed(.pong)
    }
    let since = bench.now
    bench.pass { $0.hangUps == 1 }
    #expect(bench.now - since > .milliseconds(3_000) && bench.now - since <= .seconds(5))
  }

  @Test func aSlowLineThatTakesWhatWeSendIsNotADeadOne() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.talking(true))
    for _ in 0..<30 {
      bench.pass(.milliseconds(100))
      bench.feed(.progress)
    }
    #expect(bench.hangUps == 0)
    // But the program behind it must answer some time.
    bench.pass { $0.hangUps == 1 }
    #expect(bench.now - .start <= .seconds(6))
  }

  @Test func nobodyIsAskedWhileNobodyTalks() {
    var bench = LinkBench()
    bench.open()
    bench.pass(.seconds(600))
    #expect(bench.pings == 0 && bench.hangUps == 0 && bench.heard.isEmpty)
  }

  // MARK: Leaving and coming back

  @Test func whoIsAskedToLeaveLeavesInAPauseAndComesBackToTheSession() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.talking(true))
    bench.feed(
      .received(
        NativeAgent.encode(
          .goAway(in: .seconds(5), reason: "restart", retryAfter: .milliseconds(500)))))
    bench.pass(.milliseconds(500))
    #expect(bench.hangUps == 0)
    bench.feed(.talking(false))
    bench.pass(.milliseconds(20))
    #expect(bench.hangUps == 1)
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    #expect(bench.losses.isEmpty)
    let since = bench.now
    bench.open(resumed: true)
    #expect(bench.now - since >= .milliseconds(500) && bench.now - since <= .milliseconds(1_600))
    #expect(bench.hellos.last?.resuming?.token == "t-1")
  }

  @Test func anAgentThatHangsUpBeforeWeDoIsNotCalledBackSoonerThanItWants() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.talking(true))
    bench.feed(
      .received(NativeAgent.encode(.goAway(in: .seconds(5), reason: "x", retryAfter: .seconds(3)))))
    bench.cut()
    #expect(bench.losses.last!.wait >= .seconds(3))
    bench.open(resumed: true)
    bench.cut()
    #expect(bench.losses.last!.wait < .seconds(3))
  }

  /// Sent away, and gone.
  private func sentAway(for span: SampleSpan, idleLimit: SampleSpan? = nil) -> LinkBench {
    var bench = LinkBench { $0.idleLimit = idleLimit }
    bench.open()
    bench.feed(
      .received(NativeAgent.encode(.goAway(in: .zero, reason: "x", retryAfter: span))))
    bench.pass(.milliseconds(10))
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    return bench
  }

  @Test(arguments: [nil, SampleSpan.seconds(60)])
  func aShortTimeAwayIsKeptWhoeverSpeaks(idleLimit: SampleSpan?) {
    for seconds in Int64(1)...12 {
      var bench = sentAway(for: .seconds(seconds), idleLimit: idleLimit)
      bench.pass(.milliseconds(200))
      bench.feed(.talking(true))
      bench.feed(.tryNow)
      bench.pass(.seconds(seconds) - .milliseconds(210))
      #expect(bench.connects == 1)
      bench.pass(.milliseconds(320))
      #expect(bench.connects == 2)
    }
  }

  @Test func duringALongTimeAwayWhoSpeaksIsWorthACallNowAndThen() {
    var bench = sentAway(for: .seconds(3_600))
    for attempt in 2...4 {
      bench.feed(.talking(true))
      bench.pass(.milliseconds(11_990))
      #expect(bench.connects == attempt - 1)
      bench.feed(.tryNow)
      bench.pass(.milliseconds(320))
      #expect(bench.connects == attempt)
      // Nobody there yet: it is waited for again, until somebody else speaks.
      bench.feed(.closed(LinkLoss("connection refused", advice: "-")))
      bench.feed(.talking(false))
    }
    bench.pass(.seconds(3_500))
    #expect(bench.connects == 4)
    bench.pass { $0.connects == 5 }
    // It has had its time.
    bench.feed(.closed(LinkLoss("connection refused", advice: "-")))
    #expect(bench.losses.last!.wait <= .seconds(30))
  }

  @Test func whoWasWelcomedAgainIsNotAwayAnyMore() {
    var bench = sentAway(for: .seconds(3_600))
    bench.feed(.talking(true))
    bench.open(resumed: true)
    bench.cut()
    #expect(bench.losses.last!.wait <= .seconds(1))
  }

  @Test func whoNeverPausesLeavesWhenTheTimeIsUp() {
    var bench = LinkBench()
    bench.open()
    bench.feed(.talking(true))
    bench.feed(
      .received(NativeAgent.encode(.goAway(in: .seconds(1), reason: "x", retryAfter: .zero))))
    bench.pass(.seconds(1))
    #expect(bench.hangUps == 1)
  }

  @Test func anOldSessionIsRenewedInAPauseBeforeItEnds() {
    var bench = LinkBench()
    bench.open(longestSession: .seconds(100))
    bench.pass(.milliseconds(79_900))
    #expect(bench.hangUps == 0)
    bench.pass(.milliseconds(200))
    #expect(bench.hangUps == 1)
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    bench.open()
    #expect(bench.hellos.last?.resuming == nil && bench.losses.isEmpty)
  }

  @Test func aLinkOnDemandRestsAndIsBackWhenSomebodySpeaks() {
    var bench = LinkBench { $0.idleLimit = .seconds(5) }
    bench.open()
    bench.pass(.milliseconds(5_010))
    #expect(bench.hangUps == 1)
    bench.feed(.closed(LinkLoss("closed", advice: "")))
    bench.pass(.seconds(60))
    #expect(bench.connects == 1 && !bench.changes.contains(.lost))
    bench.feed(.talking(true))
    bench.feed(start(1))
    bench.speak(1, packets: 0..<5)
    bench.open(resumed: false)
    #expect(bench.connects == 2 && bench.packets(of: 1) == Array(0..<5))
  }

  // MARK: The broker

  @Test func aTokenIsGotFirstAndAnotherInTime() {
    var bench = LinkBench { $0.usesBroker = true }
    bench.pass(.milliseconds(10))
    #expect(bench.mints == 1 && bench.connects == 0)
    bench.feed(.granted(lifetime: .seconds(100)))
    #expect(bench.connects == 1)
    bench.open()
    bench.pass(.milliseconds(79_900))
    #expect(bench.mints == 1)
    bench.pass(.milliseconds(200))
    #expect(bench.mints == 2 && bench.machine.isOpen)
    bench.feed(.granted(lifetime: .seconds(100)))
    // A connection that is lost now is back without asking the broker.
    bench.cut()
    bench.open(resumed: true)
    #expect(bench.mints == 2)
  }

  @Test func aTokenThatIsRefusedIsReplacedAtOnceButOnlyOnce() {
    var bench = LinkBench { $0.usesBroker = true }
    var refused = LinkLoss("answered with status 401", advice: "-")
    refused.isUnauthorized = true
    bench.pass(.milliseconds(10))
    bench.feed(.granted(lifetime: .seconds(100)))
    bench.feed(.closed(refused))
    bench.pass(.milliseconds(10))
    #expect(bench.mints == 2)
    bench.feed(.granted(lifetime: .seconds(100)))
    bench.feed(.closed(refused))
    #expect(
      bench.losses.count == 2 && bench.losses[0].wait == .zero && bench.losses[1].wait > .zero)
  }

  @Test func aBrokerThatDoesNotAnswerIsAskedAgain() {
    var bench = LinkBench { $0.usesBroker = true }
    bench.pass(.seconds(26))
    #expect(bench.losses.first?.loss.reason == "the token broker does not answer")
    bench.pass(.seconds(12))
    #expect(bench.mints >= 2)
    bench.feed(.notGranted(LinkLoss("no", advice: "-")))
    #expect(bench.losses.count >= 2 && bench.connects == 0)
  }
}
