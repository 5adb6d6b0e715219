import Testing
import VoiceCore

@Suite struct InterrupterTests {
  /// Verdicts and when they fell, for probabilities frame by frame while a reply plays.
  private func verdicts(
    _ speech: [Bool], settings: Interrupter.Settings = .init(), isReplyAudible: Bool = true
  ) -> [(Int64, Interrupter.Verdict)] {
    var interrupter = Interrupter(settings: settings)
    var verdicts: [(Int64, Interrupter.Verdict)] = []
    for (frame, isSpeech) in speech.enumerated() {
      let time = Int64(frame + 1) * 10
      let verdict = interrupter.judge(
        speech: isSpeech ? 0.9 : 0.1, isReplyAudible: isReplyAudible, at: at(time))
      if verdict != .none { verdicts.append((time, verdict)) }
    }
    return verdicts
  }

  private func run(_ isSpeech: Bool, _ milliseconds: Int) -> [Bool] {
    Array(repeating: isSpeech, count: milliseconds / 10)
  }

  @Test func aPersonWhoGoesOnSpeakingDucksThenHoldsThenInterrupts() {
    let heard = verdicts([false, false] + run(true, 400))
    #expect(heard.map(\.0) == [50, 100, 270])
    #expect(heard.map(\.1) == [.ducked, .held, .confirmed(onset: .start)])
  }

  @Test func aCoughIsTakenBack() {
    let heard = verdicts(run(true, 150) + run(false, 300))
    #expect(heard.map(\.1) == [.ducked, .held, .resumed])
  }

  @Test func aClickOnlyDucks() {
    let heard = verdicts(run(true, 40) + run(false, 300))
    #expect(heard.map(\.1) == [.ducked, .resumed])
  }

  @Test func oneUtteranceInterruptsOnce() {
    let heard = verdicts(run(true, 2_000))
    let confirmations = heard.filter { if case .confirmed = $0.1 { true } else { false } }
    #expect(confirmations.count == 1)
  }

  @Test func aHoldThatIsNeitherConfirmedNorQuietIsGivenUp() {
    // Two frames of speech for each of silence: evidence neither grows nor goes away.
    let wavering = (0..<200).map { $0 % 3 != 2 }
    let heard = verdicts(run(true, 100) + wavering)
    #expect(heard.map(\.1).contains(.resumed))
  }

  @Test func withNothingToInterruptThereIsNoVerdict() {
    #expect(verdicts(run(true, 1_000), isReplyAudible: false).isEmpty)
  }

  @Test func switchedOffItLetsTheReplyPlay() {
    var settings = Interrupter.Settings()
    settings.isEnabled = false
    #expect(verdicts(run(true, 1_000), settings: settings).isEmpty)
  }
}
