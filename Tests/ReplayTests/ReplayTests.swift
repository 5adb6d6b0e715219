import Replay
import TestSupport
import Testing
import VoiceCore

@Suite struct ReplayTests {
  private func busyScene(seconds: Double = 5) throws -> Scene {
    try Scene(
      seconds: seconds, talker: (Voice(seed: 71).speak(seconds: 1), at: 2_500),
      reply: (Voice(seed: 72).speak(seconds: 4), at: 300))
  }

  @Test func theSameRecordingGivesTheSameResult() throws {
    let scene = try busyScene()
    let first = scene.replay()
    let second = scene.replay()
    #expect(!first.events.isEmpty)
    #expect(zip(first, second).allSatisfy { $0.isSame(as: $1) })
  }

  /// No look-ahead: what comes later changes nothing that was said before.
  @Test func theFirstHalfAloneGivesTheFirstHalfOfTheResult() throws {
    let scene = try busyScene()
    let whole = scene.replay()
    for cut in [1, 37, scene.mic.count / 2, scene.mic.count - 1] {
      let half = scene.replay(frames: cut)
      #expect(half.count == cut)
      #expect(zip(half, whole).allSatisfy { $0.isSame(as: $1) })
    }
  }

  @Test func timeIsTheEndOfEachFrame() throws {
    let steps = try Scene(seconds: 0.5).replay()
    #expect(steps.map(\.time.milliseconds) == (1...50).map { $0 * 10 })
  }

  @Test func theLoudspeakerCountsAsOnForHalfASecondMore() throws {
    let steps = try Scene(seconds: 2, reply: ([Int16](repeating: 500, count: 1_600), at: 200))
      .replay()
    let far = steps.filter(\.isFar).map(\.time.milliseconds)
    #expect(far.first == 210)
    // The last frame with sound ends at 300.
    #expect(far.last == 790)
  }

  @Test(arguments: HostileSound.allCases)
  func hostileSoundNeverTraps(kind: HostileSound) {
    let hostile = (0..<120).map { kind.frame($0) }
    let voice = Frame.cut(Voice(seed: 73).speak(seconds: 1.2))
    let silence = [Frame](repeating: .silence, count: hostile.count)
    for (mic, reference) in [
      (hostile, silence), (silence, hostile), (hostile, hostile), (voice, hostile),
      (hostile, voice),
    ] {
      var replay = Replay(interrupter: Interrupter.Settings(), endpointer: Endpointer.Settings())
      for (heard, played) in zip(mic, reference) {
        let step = replay.hear(mic: heard, reference: played)
        #expect((0...1).contains(step.probability))
      }
      // And afterwards it still hears.
      for _ in 0..<20 {
        #expect((0...1).contains(replay.hear(mic: .silence, reference: .silence).probability))
      }
    }
  }
}
