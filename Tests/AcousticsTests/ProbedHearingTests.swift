import TestSupport
import Testing
import VoiceCore

@testable import Acoustics

/// What the probe teaches the ears: it may be the first sound that a board ever plays.
@Suite struct ProbedHearingTests {
  private struct NoHint: SpeechHint, ~Copyable {
    mutating func hear(_ frame: borrowing Frame) -> Float { 0.5 }
  }

  /// Plays a probe after a few seconds of quiet, again and again, while two clocks drift apart.
  private static func play(
    times: Int, driftPPM: Double, seed: UInt64
  ) -> (drift: Float?, delay: Float?, decibels: Float) {
    var chain = HearingChain(hint: NoHint())
    var time = SampleTime.start
    var last = (drift: Float?.none, delay: Float?.none, decibels: Float.nan)
    var dice = SeededRandom(seed: seed)
    for _ in 0..<times {
      for _ in 0..<300 {
        time = time + Frame.span
        var hiss = Frame()
        for index in 0..<Frame.sampleCount {
          hiss[index] = Int16.random(in: -35...35, using: &dice)
        }
        _ = chain.hear(mic: hiss, reference: Frame(), at: time)
      }
      let passed = Double((time - .start).samples) / 16
      let room = ProbedRoom(
        delay: 40 - driftPPM * 1e-6 * passed, gainDecibels: -25, driftPPM: driftPPM,
        noiseDecibels: -64, seed: seed)
      let recording = room.record()
      let (mic, played) = (Frame.cut(recording.mic), Frame.cut(recording.played))
      for index in 0..<Probe.frameCount {
        time = time + Frame.span
        let heard = chain.hear(mic: mic[index], reference: played[index], at: time)
        last.drift = heard.drift
        last.delay = heard.delay
        if index < Probe.speech.upperBound { last.decibels = heard.echoReduction ?? last.decibels }
      }
    }
    return last
  }

  @Test(arguments: [(7.0, 1), (7, 2), (60, 1), (60, 2), (-60, 3)] as [(Double, UInt64)])
  func aDriftIsFoundThroughSweeps(driftPPM: Double, seed: UInt64) {
    let found = ProbedHearingTests.play(times: 3, driftPPM: driftPPM, seed: seed)
    #expect(abs(Double(found.drift ?? .nan) - driftPPM) < 1, "seed \(seed): \(found)")
    #expect(found.decibels > 15, "seed \(seed): \(found)")
  }
}
