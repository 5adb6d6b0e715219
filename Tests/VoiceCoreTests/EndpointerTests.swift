import Testing
import VoiceCore

@Suite struct EndpointerTests {
  @Test func aPauseShorterThanTheEndSilenceDoesNotEndTheTurn() {
    var script = SpeechScript()
    script.silence(milliseconds: 200)
    script.speech(milliseconds: 500)
    script.silence(milliseconds: 600)
    script.speech(milliseconds: 300)
    script.silence(milliseconds: 900)
    #expect(
      script.boundaries() == [
        .eagerEnd(end: at(700)), .resumed, .eagerEnd(end: at(1_600)), .endpoint(end: at(1_600)),
      ])
  }

  @Test func silenceAloneIsNoTurn() {
    var script = SpeechScript()
    script.silence(milliseconds: 5_000)
    #expect(script.boundaries().isEmpty)
  }

  @Test func aClickIsNoTurn() {
    var script = SpeechScript()
    script.silence(milliseconds: 300)
    script.speech(milliseconds: 40)
    script.silence(milliseconds: 2_000)
    #expect(script.boundaries().isEmpty)
  }

  @Test func theEndIsDatedBackToTheLastSpeech() {
    var script = SpeechScript()
    script.speech(milliseconds: 1_000)
    script.silence(milliseconds: 2_000)
    #expect(script.boundaries().last == .endpoint(end: at(1_000)))
  }

  @Test func theTechnicianSetsHowLongTheSilenceMustBe() {
    var script = SpeechScript()
    script.speech(milliseconds: 500)
    script.silence(milliseconds: 450)
    #expect(
      script.boundaries(.init(endSilence: .milliseconds(400))).last == .endpoint(end: at(500)))
    #expect(script.boundaries().last == .eagerEnd(end: at(500)))
  }

  @Test func aPressedButtonLeavesTimeToThink() {
    var endpointer = Endpointer()
    endpointer.begin(quietUntil: at(4_000))
    var ends: [Int64] = []
    for frame in 1...600 {
      let boundary = endpointer.hear(isSpeech: false, change: nil, at: at(Int64(frame) * 10))
      if case .endpoint? = boundary { ends.append(Int64(frame) * 10) }
    }
    #expect(ends == [4_700])
  }
}

@Suite struct SpeechGateTests {
  @Test func theOnsetIsDatedBack() {
    var gate = SpeechGate()
    var changes: [SpeechGate.Change] = []
    for frame in 1...100 {
      let isSpeech = (30..<60).contains(frame)
      if let change = gate.hear(isSpeech ? 0.9 : 0.1, at: at(Int64(frame) * 10)) {
        changes.append(change)
      }
    }
    // Frame 30 spans 290 to 300 ms; the detector's lag is taken off.
    #expect(changes == [.started(onset: at(270)), .ended(end: at(590))])
  }

  @Test func anOnsetIsNeverBeforeTheStart() {
    var gate = SpeechGate()
    var change: SpeechGate.Change?
    for frame in 1...10 { change = gate.hear(1, at: at(Int64(frame) * 10)) ?? change }
    #expect(change == .started(onset: .start))
  }
}
