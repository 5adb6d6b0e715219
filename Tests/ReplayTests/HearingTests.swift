import Replay
import TestSupport
import Testing
import VoiceCore

/// The whole hearing, on rooms nobody tuned it for. The bounds are generous: they protect against
/// a hearing that does not work, not against one that got a little worse.
@Suite struct HearingTests {
  @Test(arguments: [-75, -65, -55], [1, 2] as [UInt64])
  func noiseAloneIsNeverSpeech(decibels: Int, seed: UInt64) throws {
    let steps = try Scene(seconds: 6, noiseDecibels: decibels, seed: seed).replay()
    #expect(steps.events.isEmpty, "\(steps.events)")
    #expect(!steps.contains { $0.isSpeech || $0.isFar })
  }

  /// A fan that runs when the device starts is louder than the noise it expects at first.
  @Test(arguments: [-45, -40], [3, 4] as [UInt64])
  func loudNoiseIsNoSpeechOnceItIsKnown(decibels: Int, seed: UInt64) throws {
    let steps = try Scene(seconds: 6, noiseDecibels: decibels, seed: seed).replay()
    let late = steps.filter { $0.time >= .start + .milliseconds(3_000) }
    #expect(late.events.isEmpty && !late.contains { $0.isSpeech }, "\(steps.events)")
  }

  @Test func digitalSilenceIsNeverSpeech() {
    var replay = Replay(interrupter: Interrupter.Settings(), endpointer: Endpointer.Settings())
    for _ in 0..<500 {
      let step = replay.hear(mic: .silence, reference: .silence)
      #expect(step.events.isEmpty && !step.isSpeech && step.clean.isSilent)
    }
  }

  @Test(arguments: [41, 42, 43, 44] as [UInt64])
  func aTalkerIsFoundWhereTheyBeganAndEnded(seed: UInt64) throws {
    let sound = Voice(seed: seed).speak(seconds: 2)
    let steps = try Scene(seconds: 5, talker: (sound, at: 1_500), seed: seed).replay()
    // The first and last sample a person could hear.
    let loud = sound.indices.filter { abs(Int(sound[$0])) > 200 }
    let began = 1_500 + Int64(try #require(loud.first) / 16)
    let ended = 1_500 + Int64(try #require(loud.last) / 16)
    let onset = try #require(steps.onset)
    print("seed \(seed): began \(began) found \(onset), ended \(ended) found \(steps.endpoints)")
    #expect(abs(onset - began) <= 150)
    #expect(steps.endpoints.count == 1)
    #expect(abs((steps.endpoints.first ?? 0) - ended) <= 250)
    #expect(steps.bargeIn == nil)
    // Nothing plays, so nothing is taken out.
    #expect(
      steps.contains { $0.isSpeech } && !steps.contains { $0.isFar })
  }

  @Test func withoutALoudspeakerTheRecogniserGetsTheMicrophoneALittleLate() throws {
    let scene = try Scene(seconds: 3, talker: (Voice(seed: 45).speak(seconds: 1), at: 1_000))
    let steps = scene.replay()
    let expected = scene.mic.delayed(by: HearingChain<NoHint>.cleanDelay)
    #expect(zip(steps, expected).allSatisfy { $0.clean == $1 })
  }

  @Test(arguments: (51...62).map { (UInt64($0), 20 + Int64($0 * 7 % 61)) })
  func aReplyDoesNotInterruptItself(seed: UInt64, delay: Int64) throws {
    // From a cold start: nothing of this room was learned yet.
    let reply = Voice(seed: seed).speak(seconds: 7, decibels: -20)
    let steps = try Scene(
      seconds: 9, reply: (reply, at: 1_000), echoDelay: delay, seed: seed
    ).replay()
    #expect(steps.bargeIn == nil, "seed \(seed), delay \(delay) ms: \(steps.events)")
    #expect(steps.contains { $0.isFar })
    #expect(steps.last?.isFar == false)
  }

  @Test(arguments: (61...72).map { (UInt64($0), 20 + Int64($0 * 7 % 61)) })
  func aTalkerOverAReplyIsCaughtWithinHalfASecond(seed: UInt64, delay: Int64) throws {
    let reply = Voice(seed: seed).speak(seconds: 9, decibels: -20)
    let talker = Voice(seed: seed + 100).speak(seconds: 2)
    let steps = try Scene(
      seconds: 8, talker: (talker, at: 5_000), reply: (reply, at: 500), echoDelay: delay, seed: seed
    ).replay()
    let began = 5_000 + Int64(try #require(talker.firstIndex { abs(Int($0)) > 200 }) / 16)
    let caught = try #require(steps.bargeIn, "seed \(seed): never caught, \(steps.events)")
    print("seed \(seed): began \(began), caught at \(caught.knownAt), onset \(caught.found)")
    #expect((began...began + 500).contains(caught.knownAt))
    #expect(abs(caught.found - began) <= 350)
    let duck = steps.first { $0 == .duck ? true : nil }
    #expect(try #require(duck).knownAt < caught.knownAt)
  }
}
