import TestSupport
import Testing
import VoiceCore

@Suite struct EndpointerTests {
  private var script = SpeechScript()

  /// When endpoints were told.
  private func ends(_ settings: Endpointer.Settings = .init()) -> [Int64] {
    script.told(settings).compactMap { if case .endpoint = $0.boundary { $0.at } else { nil } }
  }

  @Test mutating func aPauseShorterThanTheEndSilenceDoesNotEndTheTurn() {
    script.silence(milliseconds: 200)
    script.speech(milliseconds: 500)
    script.silence(milliseconds: 450)
    script.speech(milliseconds: 300)
    script.silence(milliseconds: 900)
    #expect(
      script.boundaries() == [
        .eagerEnd(end: at(700)), .resumed, .eagerEnd(end: at(1_450)), .endpoint(end: at(1_450)),
      ])
  }

  @Test mutating func silenceAloneIsNoTurn() {
    script.silence(milliseconds: 5_000)
    #expect(script.boundaries().isEmpty)
  }

  @Test mutating func aClickIsNoTurn() {
    script.silence(milliseconds: 300)
    script.speech(milliseconds: 20)
    script.silence(milliseconds: 2_000)
    #expect(script.boundaries().isEmpty)
  }

  @Test mutating func theEndIsDatedBackToTheLastSpeech() {
    script.speech(milliseconds: 1_000)
    script.silence(milliseconds: 2_000)
    #expect(script.boundaries().last == .endpoint(end: at(1_000)))
  }

  @Test mutating func theTechnicianSetsHowLongTheSilenceMustBe() {
    script.speech(milliseconds: 500)
    script.silence(milliseconds: 450)
    #expect(
      script.boundaries(.init(endSilence: .milliseconds(400))).last == .endpoint(end: at(500)))
    #expect(script.boundaries().last == .eagerEnd(end: at(500)))
  }

  @Test mutating func nothingEndsATurnJustWhenThePersonGoesOn() {
    script.speech(milliseconds: 1_000)
    script.silence(milliseconds: 590)
    script.speech(milliseconds: 1_000)
    script.silence(milliseconds: 1_500)
    #expect(ends().count == 1)
    #expect(ends()[0] > 2_590)
  }

  @Test mutating func aClickInTheSilenceNeitherLengthensNorResumesTheTurn() {
    script.speech(milliseconds: 1_000)
    script.silence(milliseconds: 300)
    script.speech(milliseconds: 20)
    script.silence(milliseconds: 1_000)
    #expect(script.boundaries() == [.eagerEnd(end: at(1_000)), .endpoint(end: at(1_000))])
    #expect(ends() == [1_620], "but it is no silence itself")
  }

  @Test mutating func aCompleteSentenceEndsSoonerAndAnUnfinishedOneLater() {
    script.speech(milliseconds: 1_000)
    script.silence(milliseconds: 3_000)
    #expect(ends() == [1_600])
    script.hints = [(1_100, .complete, 990)]
    #expect(ends() == [1_360])
    script.hints = [(1_100, .unfinished, 990)]
    #expect(ends() == [2_080])
    var settings = Endpointer.Settings()
    settings.shortestSilence = .milliseconds(500)
    settings.longestSilence = .milliseconds(800)
    #expect(ends(settings) == [1_800], "within the technician's bounds")
    script.hints = [(1_100, .complete, 990)]
    #expect(ends(settings) == [1_500])
  }

  @Test func inNoiseWhereWordsSinkAwayTheWaitIsLonger() {
    func wait(speech: Float, silence: Float) -> Int64 {
      var script = SpeechScript()
      script.speech(milliseconds: 1_000)
      script.silence(milliseconds: 3_000)
      let told = script.told { $0 ? speech : silence }
      return told.compactMap { if case .endpoint = $0.boundary { $0.at - 1_000 } else { nil } }[0]
    }
    #expect(wait(speech: 0.95, silence: 0.02) == 600)
    let noisy = wait(speech: 0.7, silence: 0.02)
    #expect((700...850).contains(noisy), "a voice that is hard to tell from the room")
    let doubtful = wait(speech: 0.95, silence: 0.15)
    #expect((700...1_000).contains(doubtful), "a silence that is hard to tell from a voice")
    #expect(wait(speech: 0.95, silence: 0.3) <= 1_200, "but it ends")
  }

  @Test mutating func aHintAboutWhatCameBeforeTheLastWordsIsNone() {
    script.speech(milliseconds: 2_000)
    script.silence(milliseconds: 2_000)
    script.hints = [(1_500, .complete, 1_400)]
    #expect(ends() == [2_600])
  }

  @Test mutating func aPersonCutOnceIsGivenMoreTime() {
    for _ in 0..<3 {
      script.speech(milliseconds: 1_000)
      script.silence(milliseconds: 650)
    }
    script.silence(milliseconds: 2_000)
    // Cut at the first pause; the second one is waited for.
    #expect(ends().count == 2)
    #expect(ends()[0] == 1_600)
  }

  @Test mutating func somebodyWhoNeverPausesIsAnsweredSooner() {
    for _ in 0..<40 {
      script.speech(milliseconds: 1_000)
      script.silence(milliseconds: 1_500)
    }
    let waits = ends().enumerated().map { $1 - Int64($0) * 2_500 - 1_000 }
    #expect(waits.count == 40)
    #expect(waits[0] == 600)
    #expect(waits[39] < 500 && waits[39] >= 300)
  }

  @Test mutating func aPressedButtonLeavesTimeToThink() {
    var endpointer = Endpointer()
    endpointer.invite(at: at(0))
    var boundaries: [Endpointer.Boundary] = []
    for frame in 1...600 {
      let time = at(Int64(frame) * 10)
      let isSpeech = (300..<350).contains(frame)
      if let boundary = endpointer.hear(isSpeech ? 0.95 : 0.02, isSpeech: isSpeech, at: time) {
        boundaries.append(boundary)
      }
    }
    #expect(boundaries == [.eagerEnd(end: at(3_490)), .endpoint(end: at(3_490))])
  }

  @Test mutating func aPressedButtonIsNotWaitedForForever() {
    var endpointer = Endpointer()
    endpointer.invite(at: at(0))
    var told: [Int64] = []
    for frame in 1...900 {
      if endpointer.hear(0.02, isSpeech: false, at: at(Int64(frame) * 10)) == .nobody {
        told.append(Int64(frame) * 10)
      }
    }
    #expect(told == [4_000])
  }

  @Test mutating func whatTheSlowGateStillLetsThroughAfterAnEndIsNoNewTurn() {
    var endpointer = Endpointer()
    var ends = 0
    for frame in 1...1_000 {
      // Noise that is not quite speech holds the gate open for ever.
      let boundary = endpointer.hear(
        frame < 100 ? 0.95 : 0.3, isSpeech: true, at: at(Int64(frame) * 10))
      if case .endpoint? = boundary { ends += 1 }
      if frame == 500 { #expect(!endpointer.hearsSpeech) }
    }
    #expect(ends == 1)
    for frame in 1_001...1_010 {
      _ = endpointer.hear(0.95, isSpeech: true, at: at(Int64(frame) * 10))
    }
    #expect(endpointer.hearsSpeech, "but speech is")
  }

  /// Turns with pauses of 200 to 600 ms, as people make them, and a detector that wavers.
  @Test func turnsWithPausesAreEndedOnceAndSoon() {
    var random = SeededRandom(seed: 9_001)
    var latencies: [Int64] = []
    var cut = 0
    var missed = 0
    let turns = 300
    for _ in 0..<turns {
      var script = SpeechScript()
      script.silence(milliseconds: 500)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        script.speech(milliseconds: Int.random(in: 6...20, using: &random) * 100)
        script.silence(milliseconds: Int.random(in: 20...60, using: &random) * 10)
      }
      script.speech(milliseconds: Int.random(in: 6...20, using: &random) * 100)
      let end = Int64(script.frames.count) * 10
      script.silence(milliseconds: 2_000)
      let ends = script.told { isSpeech in
        let doubt = Float.random(in: 0...1, using: &random)
        return isSpeech ? 1 - 0.4 * doubt * doubt : 0.3 * doubt * doubt
      }.compactMap { if case .endpoint = $0.boundary { $0.at } else { nil } }
      if ends.contains(where: { $0 <= end }) { cut += 1 }
      if let last = ends.last, last > end { latencies.append(last - end) } else { missed += 1 }
    }
    latencies.sort()
    print("cut \(cut), missed \(missed), median \(latencies[latencies.count / 2]) ms")
    #expect(cut * 20 <= turns && missed * 20 <= turns)
    #expect(latencies[latencies.count / 2] <= 700)
    #expect(latencies[latencies.count * 95 / 100] <= 800)
  }
}
