import Acoustics
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

/// The board's own sound through the audio thread's loop and a room.
@Suite struct MeasuringTests {
  private static let begin = 20
  private static let frames = MeasuringTests.begin + Probe.frameCount + 150

  private func card(
    on bridge: Bridge, _ acoustics: RoomAcoustics, voice: [Frame] = [], frames: Int = Self.frames
  ) throws -> ScriptedCard {
    let room = RoomBox(
      Room(script: try TalkerScript.parse(""), sounds: [], acoustics: acoustics))
    let card = ScriptedCard(on: bridge, frames: frames) { number, played, mic in
      room.next(hearing: played, into: &mic)
      guard number < voice.count else { return }
      for index in 0..<Frame.sampleCount { mic[index] = mic[index] &+ voice[number][index] }
    }
    card.beforeFrame = { number in
      if number == Self.begin { #expect(bridge.measure.begin(Probe.sound())) }
    }
    return card
  }

  @Test(arguments: [5, 40, 150, 300] as [Int64])
  func delayLevelAndReductionAreThoseOfTheRoom(milliseconds: Int64) throws {
    let bridge = try Bridge(volume: 80, records: false)
    let acoustics = RoomAcoustics(
      delay: .milliseconds(milliseconds), gainDecibels: -12, seed: UInt64(milliseconds))
    try card(on: bridge, acoustics).run()
    let (outcome, recording) = try #require(bridge.measure.take())
    #expect(outcome == .whole)
    let measured = Measurement(of: recording)
    let echo = try #require(measured.echo)
    #expect(abs(echo.delay - Double(milliseconds)) < 0.02)
    #expect(abs(try #require(echo.driftPPM)) < 0.2)
    #expect(-12...(-9) ~= echo.gainDecibels)
    #expect(abs(measured.noiseDecibels + 65) < 1)
    print("measuring: \(milliseconds) ms, reduction \(measured.reductionDecibels ?? 0) dB")
    #expect(try #require(measured.reductionDecibels) > 15)
    #expect(AcousticJudge(measured).worst == .good)
    #expect(bridge.measure.take() == nil)
  }

  @Test func nobodyHearsWhatIsSaidOrPlayedMeanwhile() throws {
    let bridge = try Bridge(volume: 80, records: false)
    let words = Frame.cut(Voice(seed: 221).speak(seconds: 1.5, decibels: -20))
    let pause = [Frame](repeating: .silence, count: 100)
    // At the begin of the probe, in the middle, over its end, and when it is over.
    var voice = [Frame](pause.prefix(30))
    for _ in 0..<4 {
      voice += words
      voice += pause
    }
    let card = try card(on: bridge, RoomAcoustics(), voice: voice, frames: 950)
    card.run()
    let during = card.heard[Self.begin..<(Self.begin + Probe.frameCount)]
    #expect(during.allSatisfy { !$0.isSpeech && $0.probability == 0 && $0.change == nil })
    #expect(during.allSatisfy { $0.sound.isSilent && $0.verdict == .none })
    // Before and after somebody is heard; the levels are told all the time.
    #expect(card.heard.suffix(150).contains { $0.isSpeech })
    #expect(during.contains { $0.speaker > .decibels(-30) })
  }

  @Test func theProbeItselfIsNobodySpeakingAfterwards() throws {
    for seed in 1...3 {
      let bridge = try Bridge(volume: 100, records: false)
      let card = try card(
        on: bridge, RoomAcoustics(delay: .milliseconds(200), gainDecibels: 0, seed: UInt64(seed)))
      card.run()
      #expect(!card.heard.contains { $0.isSpeech }, "seed \(seed)")
    }
  }

  @Test func calledOffItIsSilentWithinAFrame() throws {
    let bridge = try Bridge(volume: 100, records: false)
    let card = try card(on: bridge, RoomAcoustics(), frames: 200)
    let before = card.beforeFrame
    card.beforeFrame = { number in
      before(number)
      if number == Self.begin + 80 { bridge.measure.callOff() }
    }
    card.run()
    #expect(!card.played[Self.begin + 79].isSilent)
    #expect(card.played[Self.begin + 80][159] == 0)
    #expect(card.played[(Self.begin + 81)...].allSatisfy { $0.isSilent })
    #expect(bridge.measure.take()?.outcome == .aborted)
    // And the next can begin.
    #expect(bridge.measure.begin(Probe.sound()))
  }

  @Test func mutedInTheMiddleItEnds() throws {
    let bridge = try Bridge(volume: 100, records: false)
    let card = try card(on: bridge, RoomAcoustics(), frames: 200)
    let before = card.beforeFrame
    card.beforeFrame = { number in
      before(number)
      if number == Self.begin + 80 { bridge.isMuted = true }
    }
    card.run()
    #expect(bridge.measure.take()?.outcome == .soundLost)
    #expect(card.played[(Self.begin + 80)...].allSatisfy { $0.isSilent })
  }

  /// A sweep is no sound that the canceller was made for: it must not forget the room over it.
  @Test func theCancellerIsNoWorseAfterwards() throws {
    func left(measures: Bool) throws -> Float {
      let bridge = try Bridge(volume: 100, records: false)
      let card = try card(on: bridge, RoomAcoustics(gainDecibels: -6), frames: 1_000)
      let measure = card.beforeFrame
      let reply = Frame.cut(Voice(seed: 9).speak(seconds: 3, decibels: -20))
      var next = 0
      card.beforeFrame = { number in
        if measures { measure(number) }
        guard number >= 700 else { return }
        bridge.audible = ReplyID(1)
        while next < reply.count, !bridge.toPlay.isFull {
          _ = bridge.toPlay.push(
            PlayableFrame(reply: ReplyID(1), kind: .sound, frame: reply[next]))
          next += 1
        }
      }
      card.run()
      // The second second of the answer.
      let heard = card.heard[800..<900]
      return heard.reduce(0) { $0 + Loudness(of: $1.sound).power }
    }
    let with = try left(measures: true)
    let without = try left(measures: false)
    print("measuring: left of the echo with \(with), without \(without)")
    #expect(with < without * 2 + 100)
  }
}
