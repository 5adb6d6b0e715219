import TestSupport
import Testing
import VoiceCore

/// What an interrupter decides about a script of probabilities, frame by frame.
private struct Overheard {
  var probabilities: [Float] = []
  var opennesses: [Float] = []

  mutating func add(_ probability: Float, _ milliseconds: Int, openness: Float = 1) {
    probabilities += Array(repeating: probability, count: milliseconds / 10)
    opennesses += Array(repeating: openness, count: milliseconds / 10)
  }

  /// Verdicts and when they fell, while a reply plays.
  ///
  /// - Parameter newPathAt: the milliseconds at which the echo's way is found to be another.
  func verdicts(
    _ settings: Interrupter.Settings = .tested, isReplyAudible: Bool = true, newPathAt: Int64? = nil
  ) -> [(at: Int64, verdict: Interrupter.Verdict)] {
    var interrupter = Interrupter(settings: settings)
    var gate = SpeechGate()
    var verdicts: [(Int64, Interrupter.Verdict)] = []
    for frame in probabilities.indices {
      let time = at(Int64(frame + 1) * 10)
      _ = gate.hear(probabilities[frame], at: time)
      let verdict = interrupter.judge(
        speech: probabilities[frame], openness: opennesses[frame], isSpeech: gate.isSpeech,
        isReplyAudible: isReplyAudible, isPathNew: time.milliseconds == newPathAt, at: time)
      if verdict != .none { verdicts.append((time.milliseconds, verdict)) }
    }
    return verdicts
  }
}

extension Interrupter.Settings {
  /// What is tested here is the way of deciding, not the numbers that were tuned on scenes.
  fileprivate static var tested: Self {
    var settings = Self()
    settings.duckAfter = .milliseconds(40)
    settings.holdAfter = .milliseconds(80)
    settings.confirmAfter = .milliseconds(130)
    return settings
  }
}

@Suite struct InterrupterTests {
  private var heard = Overheard()

  private func isConfirmed(_ verdict: Interrupter.Verdict) -> Bool {
    if case .confirmed = verdict { true } else { false }
  }

  @Test mutating func whatWasLeftOfAnEchoBeforeItsWayWasKnownIsNobody() {
    heard.add(0.1, 100)
    heard.add(0.95, 120)
    heard.add(0.95, 100)
    heard.add(0.1, 400)
    #expect(heard.verdicts().contains { isConfirmed($0.verdict) })
    let verdicts = heard.verdicts(newPathAt: 220)
    #expect(verdicts.map(\.verdict) == [.ducked, .held, .resumed])
    #expect(verdicts.last?.at == 220)
  }

  @Test mutating func whoSpeaksWhileTheEchosWayChangesIsHeardALittleLater() {
    heard.add(0.1, 100)
    heard.add(0.95, 800)
    let usual = heard.verdicts().first { isConfirmed($0.verdict) }
    let late = heard.verdicts(newPathAt: 220).first { isConfirmed($0.verdict) }
    #expect((late?.at ?? 0) - (usual?.at ?? 0) > 200)
    #expect((late?.at ?? 0) - (usual?.at ?? 0) < 400)
  }

  @Test mutating func aPersonWhoGoesOnSpeakingDucksThenHoldsThenInterrupts() {
    heard.add(0.02, 200)
    heard.add(0.95, 400)
    let verdicts = heard.verdicts()
    #expect(verdicts.map(\.at) == [250, 290, 340])
    // Frame 21 is the first with speech; the detector's lag is taken off.
    #expect(verdicts.map(\.verdict) == [.ducked, .held, .confirmed(onset: at(180))])
  }

  @Test mutating func doubtfulSpeechInterruptsLaterThanClearSpeech() throws {
    heard.add(0.02, 200)
    heard.add(0.7, 1_000)
    let confirmed = try #require(heard.verdicts().first { isConfirmed($0.verdict) })
    #expect((430...550).contains(confirmed.at))
  }

  @Test mutating func whatHoversAroundTheBarNeverInterrupts() {
    heard.add(0.02, 200)
    for _ in 0..<100 {
      heard.add(0.55, 60)
      heard.add(0.45, 40)
    }
    #expect(heard.verdicts().isEmpty)
  }

  @Test mutating func aCoughIsTakenBack() {
    heard.add(0.02, 200)
    heard.add(0.95, 110)
    heard.add(0.02, 300)
    #expect(heard.verdicts().map(\.verdict) == [.ducked, .held, .resumed])
  }

  @Test mutating func clicksOnlyDuckIfAnything() {
    for _ in 0..<20 {
      heard.add(0.95, 40)
      heard.add(0.1, 160)
    }
    let verdicts = heard.verdicts().map(\.verdict)
    #expect(verdicts.allSatisfy { $0 == .ducked || $0 == .resumed })
  }

  @Test mutating func mmHmDucksAndLetsTheReplyGoOn() {
    heard.add(0.02, 200)
    heard.add(0.95, 220, openness: 0.1)
    heard.add(0.3, 40, openness: 0.1)
    heard.add(0.95, 250, openness: 0.15)
    heard.add(0.02, 600)
    #expect(heard.verdicts().map(\.verdict) == [.ducked, .resumed])
  }

  @Test mutating func whoHumsOnWantsSomething() throws {
    heard.add(0.02, 200)
    heard.add(0.95, 1_000, openness: 0.1)
    let confirmed = try #require(heard.verdicts().first { isConfirmed($0.verdict) })
    #expect((790...850).contains(confirmed.at))
    var settings = Interrupter.Settings.tested
    settings.backchannel = .milliseconds(300)
    let sooner = try #require(heard.verdicts(settings).first { isConfirmed($0.verdict) })
    #expect((490...550).contains(sooner.at), "the technician decides how long agreeing may take")
  }

  @Test mutating func aHumThatBecomesWordsInterruptsByTheWords() throws {
    heard.add(0.02, 200)
    heard.add(0.95, 200, openness: 0.1)
    heard.add(0.95, 400, openness: 0.8)
    let confirmed = try #require(heard.verdicts().first { isConfirmed($0.verdict) })
    #expect((530...560).contains(confirmed.at))
    #expect(confirmed.verdict == .confirmed(onset: at(180)), "the turn has the hum too")
  }

  @Test mutating func oneUtteranceInterruptsOnceAndTheNextOneAgain() {
    heard.add(0.95, 2_000)
    // Shorter than the end of an utterance.
    heard.add(0.02, 100)
    heard.add(0.95, 1_000)
    #expect(heard.verdicts().filter { isConfirmed($0.verdict) }.count == 1)
    // As soon as the utterance is over, however long it was.
    heard.add(0.02, 210)
    heard.add(0.95, 1_000)
    #expect(heard.verdicts().filter { isConfirmed($0.verdict) }.count == 2)
  }

  @Test mutating func aDipThatIsNeitherConfirmedNorQuietIsGivenUpAndNotBegunAgain() {
    heard.add(0.95, 60)
    // Just enough to make up for what the silence takes.
    for _ in 0..<200 {
      heard.add(0.95, 20)
      heard.add(0.12, 10)
    }
    heard.add(0.02, 500)
    let verdicts = heard.verdicts().map(\.verdict)
    #expect(verdicts == [.ducked, .held, .resumed] || verdicts == [.ducked, .resumed])
  }

  @Test mutating func somethingLongSuspectedStillInterruptsOnceItIsCertain() {
    var settings = Interrupter.Settings.tested
    settings.giveUpAfter = .milliseconds(100)
    settings.backchannel = .milliseconds(2_000)
    heard.add(0.95, 400, openness: 0.1)
    heard.add(0.95, 400)
    #expect(heard.verdicts(settings).map(\.verdict).filter { isConfirmed($0) }.count == 1)
  }

  @Test mutating func withNothingToInterruptThereIsNoVerdict() {
    heard.add(0.95, 1_000)
    #expect(heard.verdicts(isReplyAudible: false).isEmpty)
  }

  @Test mutating func switchedOffItLetsTheReplyPlay() {
    heard.add(0.95, 1_000)
    var settings = Interrupter.Settings.tested
    settings.isEnabled = false
    #expect(heard.verdicts(settings).isEmpty)
  }

  @Test mutating func aHigherBarWantsMoreCertainSpeech() {
    heard.add(0.7, 2_000)
    var settings = Interrupter.Settings.tested
    settings.bar = 0.8
    #expect(heard.verdicts(settings).isEmpty)
    #expect(!heard.verdicts().isEmpty)
  }

  /// A detector that is right on average and wrong now and then, as the real ones are.
  @Test(arguments: 1...20) func anUncertainDetectorStillTellsSpeechFromNoise(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var overheard = Overheard()
    for _ in 0..<500 { overheard.add(Float.random(in: 0...0.6, using: &random), 10) }
    for _ in 0..<60 { overheard.add(Float.random(in: 0.55...1, using: &random), 10) }
    let verdicts = overheard.verdicts()
    let confirmed = verdicts.filter { isConfirmed($0.verdict) }
    #expect(confirmed.count == 1)
    #expect((5_130...5_260).contains(try #require(confirmed.first).at))
  }
}
