import TestSupport
import Testing

@testable import VoiceCore

@Suite struct EchoCancellerTests {
  /// A small room: a direct way and fading reflections.
  private func echo(of reply: [Int16], delay: Int, seed: UInt64 = 1) -> [Int16] {
    var dice = SeededRandom(seed: seed)
    var taps: [(Int, Float)] = [(delay, 0.25)]
    for place in stride(from: 40, to: 1_200, by: 37) {
      let fade = exp2(-Float(place) / 300)
      taps.append((delay + place, 0.12 * fade * Float.random(in: -1...1, using: &dice)))
    }
    return reply.indices.map { index in
      var sum: Float = 0
      for (lag, gain) in taps where index >= lag { sum += gain * Float(reply[index - lag]) }
      return Int16(max(-32_768, min(32_767, sum.rounded())))
    }
  }

  /// dB by which the echo itself is less, whatever else there is.
  private func reduction(
    _ canceller: inout EchoCanceller, mic: [Int16], reference: [Int16], echo: [Int16],
    from: Int, shiftAt: (frame: Int, by: Int)? = nil
  ) -> Float {
    var before: Float = 0
    var after: Float = 0
    let frames = zip(Frame.cut(mic), zip(Frame.cut(reference), Frame.cut(echo)))
    for (number, (heard, (played, real))) in frames.enumerated() {
      if let shiftAt, shiftAt.frame == number { canceller.shift(by: shiftAt.by) }
      canceller.cancel(mic: heard, reference: played)
      guard number >= from else { continue }
      for index in 0..<Frame.sampleCount {
        let sample = Float(real[index]) / 32_768
        before += sample * sample
        let left = sample - canceller.echo[index]
        after += left * left
      }
    }
    return 3.0103 * log2(before / max(after, 1e-12))
  }

  private func mix(_ a: [Int16], _ b: [Int16]) -> [Int16] {
    zip(a, b).map { Int16(max(-32_768, min(32_767, Int($0) + Int($1)))) }
  }

  @Test(arguments: [0, 20, 80, 150])
  func anEchoIsFifteenDecibelsDownAfterTwoSeconds(delayMilliseconds: Int) {
    let reply = Voice(seed: 21).speak(seconds: 6)
    let echo = echo(of: reply, delay: delayMilliseconds * 16)
    var canceller = EchoCanceller()
    let reduction = reduction(
      &canceller, mic: echo, reference: reply, echo: echo, from: 200)
    #expect(reduction >= 15, "\(reduction) dB")
  }

  @Test func aPersonSpeakingOverItDoesNotTeachItWrong() {
    let reply = Voice(seed: 31).speak(seconds: 8)
    let echo = echo(of: reply, delay: 300)
    let talker =
      [Int16](repeating: 0, count: 64_000) + Voice(seed: 32).speak(seconds: 4, decibels: -33)
    var canceller = EchoCanceller()
    let reduction = reduction(
      &canceller, mic: mix(echo, talker), reference: reply, echo: echo, from: 420)
    #expect(reduction >= 10, "\(reduction) dB while both talk")
  }

  @Test func aChangedRoomIsLearnedWithinTwoSeconds() {
    let reply = Voice(seed: 33).speak(seconds: 12)
    let first = echo(of: reply, delay: 200, seed: 1)
    let second = echo(of: reply, delay: 420, seed: 2)
    let changed = Array(first[..<96_000] + second[96_000...])
    var canceller = EchoCanceller()
    let reduction = reduction(
      &canceller, mic: changed, reference: reply, echo: changed, from: 800)
    #expect(reduction >= 10, "\(reduction) dB from the third second on")
    #expect(canceller.changes >= 1)
  }

  @Test(arguments: [-3, 2])
  func whatItKnowsSurvivesAnotherPlacementOfTheReference(frames: Int) {
    let reply = Voice(seed: 34).speak(seconds: 8)
    let echo = echo(of: reply, delay: 1_000)
    let at = 400 * Frame.sampleCount
    let moved = frames * Frame.sampleCount
    // From the fifth second on the reference comes later, or earlier.
    let placed = reply.indices.map { index in
      index < at || index - moved >= reply.count ? reply[index] : reply[index - moved]
    }
    var canceller = EchoCanceller()
    let reduction = reduction(
      &canceller, mic: echo, reference: placed, echo: echo, from: 430,
      shiftAt: (400, frames))
    #expect(reduction >= 18, "\(reduction) dB right after the move")
  }

  @Test func withASilentLoudspeakerTheMicrophoneIsNotTouched() {
    var canceller = EchoCanceller()
    var error = Frame()
    for frame in Frame.cut(Voice(seed: 22).speak(seconds: 2)) {
      canceller.cancel(mic: frame, reference: .silence)
      canceller.readError(into: &error)
      #expect(error == frame)
    }
  }

  @Test func onceTheReplyIsOverTheMicrophoneIsNotTouched() {
    var canceller = EchoCanceller()
    for frame in Frame.cut(Voice(seed: 23).speak(seconds: 1)) {
      canceller.cancel(mic: frame, reference: frame)
    }
    var error = Frame()
    for (number, frame) in Frame.cut(Voice(seed: 24).speak(seconds: 1)).enumerated() {
      canceller.cancel(mic: frame, reference: .silence)
      canceller.readError(into: &error)
      if number >= ReferenceSpectra.partitions { #expect(error == frame) }
    }
  }

  @Test(arguments: HostileSound.allCases)
  func hostileSoundLeavesNumbers(kind: HostileSound) {
    let hostile = (0..<300).map { kind.frame($0) }
    let voice = Frame.cut(Voice(seed: 27).speak(seconds: 3))
    for (mic, reference) in [(hostile, voice), (voice, hostile), (hostile, hostile)] {
      var canceller = EchoCanceller()
      for (heard, played) in zip(mic, reference) {
        canceller.cancel(mic: heard, reference: played)
        for index in 0..<Frame.sampleCount { #expect(canceller.error[index].isFinite) }
      }
    }
  }
}
