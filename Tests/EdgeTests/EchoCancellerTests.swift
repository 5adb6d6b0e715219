import SpeexDSP
import TestSupport
import Testing
import VoiceCore

@Suite struct EchoCancellerTests {
  private func cancel(mic: [Frame], reference: [Frame]) -> (clean: [Frame], hints: [Float]) {
    var canceller = SpeexEchoCanceller.open()
    var cleaned: [Frame] = []
    var hints: [Float] = []
    for (heard, played) in zip(mic, reference) {
      var clean = Frame()
      var suppressed = Frame()
      hints.append(
        canceller.cancel(mic: heard, reference: played, clean: &clean, suppressed: &suppressed))
      cleaned.append(clean)
    }
    return (cleaned, hints)
  }

  @Test(arguments: [0, 20, 80, 150])
  func theEchoOfAReplyIsTenDecibelsDownAfterAFewSeconds(delayMilliseconds: Int) {
    let reply = Voice(seed: 21).speak(seconds: 6)
    let delay = delayMilliseconds * 16
    let echo = reply.indices.map { $0 < delay ? 0 : reply[$0 - delay] / 4 }
    let clean = cancel(mic: Frame.cut(echo), reference: Frame.cut(reply)).clean
    let before = level(of: echo[64_000...])
    let after = level(of: clean[400...].flatMap(\.all))
    print("echo canceller: delay \(delayMilliseconds) ms, \(before - after) dB less")
    #expect(before - after >= 10)
  }

  @Test func withASilentLoudspeakerTheMicrophoneIsNotTouched() {
    let talker = Frame.cut(Voice(seed: 22).speak(seconds: 2))
    let silence = [Frame](repeating: .silence, count: talker.count)
    #expect(cancel(mic: talker, reference: silence).clean == talker)
  }

  @Test func onceTheReplyIsOverTheMicrophoneIsNotTouched() {
    let reply = Frame.cut(Voice(seed: 23).speak(seconds: 1))
    let talker = Frame.cut(Voice(seed: 24).speak(seconds: 1))
    let pause = [Frame](repeating: .silence, count: 25)
    let silence = [Frame](repeating: .silence, count: talker.count)
    let clean = cancel(
      mic: reply + pause + talker, reference: reply + pause + silence
    ).clean
    #expect(Array(clean[(reply.count + pause.count)...]) == talker)
  }

  @Test func theSameSoundGivesTheSameResult() {
    let reply = Frame.cut(Voice(seed: 25).speak(seconds: 1))
    let talker = Frame.cut(Voice(seed: 26).speak(seconds: 1))
    let first = cancel(mic: talker, reference: reply)
    let second = cancel(mic: talker, reference: reply)
    #expect(first.clean == second.clean)
    #expect(first.hints == second.hints)
  }

  @Test(arguments: HostileSound.allCases)
  func hostileSoundNeverTrapsAndTheHintStaysAProbability(kind: HostileSound) {
    let hostile = (0..<100).map { kind.frame($0) }
    let voice = Frame.cut(Voice(seed: 27).speak(seconds: 1))
    for (mic, reference) in [(hostile, voice), (voice, hostile), (hostile, hostile)] {
      for hint in cancel(mic: mic, reference: reference).hints { #expect((0...1).contains(hint)) }
    }
  }
}
