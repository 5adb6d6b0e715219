import TestSupport
import Testing
import VoiceCore

@Suite struct SpeechGateTests {
  /// What a gate makes of probabilities, each held for so many milliseconds.
  private func changes(_ script: [(Float, Int)]) -> [(at: Int64, change: SpeechGate.Change)] {
    var gate = SpeechGate()
    var time = SampleTime.start
    var changes: [(Int64, SpeechGate.Change)] = []
    for (probability, milliseconds) in script {
      for _ in 0..<(milliseconds / 10) {
        time = time + Frame.span
        if let change = gate.hear(probability, at: time) {
          changes.append((time.milliseconds, change))
        }
      }
    }
    return changes
  }

  @Test func clearSpeechIsNoticedAtOnceAndDatedBack() {
    let heard = changes([(0.02, 290), (0.95, 300), (0.02, 500)])
    #expect(heard.map(\.at) == [320, 790])
    // Speech begins at 290 ms; the detector's lag is taken off.
    #expect(heard.map(\.change) == [.started(onset: at(270)), .ended(end: at(590))])
  }

  @Test func doubtfulSpeechIsNoticedLater() {
    let heard = changes([(0.02, 300), (0.65, 500)])
    #expect(heard.map(\.at) == [390])
  }

  @Test func anOnsetIsNeverBeforeTheStart() {
    #expect(changes([(1, 100)]).map(\.change) == [.started(onset: .start)])
  }

  @Test func clicksAreNoSpeech() {
    let clicks = (0..<50).flatMap { _ in [(Float(0.95), 20), (Float(0.02), 80)] }
    #expect(changes(clicks).isEmpty)
  }

  @Test func stopConsonantsAreNoSilence() {
    let words = (0..<20).flatMap { _ in [(Float(0.95), 150), (Float(0.05), 120)] }
    #expect(changes(words).count == 1)
  }

  @Test func aClickInSilenceDoesNotKeepSpeechGoing() {
    let heard = changes([(0.95, 500), (0.02, 120), (0.95, 20), (0.02, 600)])
    #expect(heard.map(\.change) == [.started(onset: .start), .ended(end: at(500))])
  }

  /// Whatever a detector says, changes alternate and their moments only go forward.
  @Test(arguments: 1...50) func anyProbabilitiesLeaveItSound(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var gate = SpeechGate()
    var last = SampleTime.start
    for frame in 1...2_000 {
      let choices: [Float] = [0, 0.3, 0.5, 0.7, 1, Float.random(in: 0...1, using: &random)]
      let before = gate.isSpeech
      let time = at(Int64(frame) * 10)
      switch gate.hear(choices.randomElement(using: &random)!, at: time) {
      case .started(let onset):
        #expect(!before && gate.isSpeech && onset <= time)
        last = time
      case .ended(let end):
        #expect(before && !gate.isSpeech && end <= time && end >= last)
        last = end
      case nil: #expect(before == gate.isSpeech)
      }
    }
  }
}
