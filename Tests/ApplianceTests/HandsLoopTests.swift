import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

/// What the card's own volume does around an answer while nobody speaks: nothing of it may look like a
/// person.
@Suite struct HandsLoopTests {
  /// An answer in a room, from cold.
  ///
  /// - Parameters:
  ///   - pause: frames between one answer and the next.
  ///   - hardware: what the card's mixer does in a frame, in decibels.
  private func answer(
    seconds: Double = 7, echo: Int, seed: UInt64, pause: Range<Int> = 0..<0,
    hardware: @escaping (Int) -> Float
  ) throws -> [HeardFrame] {
    let bridge = try Bridge(volume: 100, records: false)
    let acoustics = RoomAcoustics(gainDecibels: echo, seed: seed)
    let room = RoomBox(
      Room(script: try TalkerScript.parse(""), sounds: [], acoustics: acoustics))
    let voice = Frame.cut(Voice(seed: seed).speak(seconds: seconds, decibels: -20))
    let card = ScriptedCard(on: bridge, frames: voice.count) { number, played, mic in
      var louder = played
      // It is behind what the card has of our sound: three frames.
      let gain = Volume.gain(decibels: hardware(number + 3))
      for index in 0..<Frame.sampleCount {
        louder[index] = Int16(max(-32_768, min(32_767, Float(played[index]) * gain)))
      }
      room.next(hearing: louder, into: &mic)
    }
    bridge.audible = ReplyID(1)
    var next = 0
    card.beforeFrame = { number in
      bridge.hardwareGain = Volume.gain(decibels: hardware(number))
      if number == pause.lowerBound, !pause.isEmpty { bridge.audible = nil }
      if number == pause.upperBound, !pause.isEmpty { bridge.audible = ReplyID(2) }
      while next < voice.count, !bridge.toPlay.isFull, !pause.contains(number) {
        let reply = ReplyID(number >= pause.upperBound && !pause.isEmpty ? 2 : 1)
        _ = bridge.toPlay.push(PlayableFrame(reply: reply, kind: .sound, frame: voice[next]))
        next += 1
      }
    }
    card.run()
    return card.heard
  }

  private func mistakes(_ heard: [HeardFrame]) -> [Interrupter.Verdict] {
    heard.map(\.verdict).filter { $0 != .none }
  }

  @Test(arguments: [301, 306] as [UInt64], [-12, 0, 6])
  func aMixerThatGoesUpWhileAnAnswerPlaysIsNobody(seed: UInt64, echo: Int) throws {
    let step = Float(VolumeShare.glide) / 100
    let heard = try answer(
      echo: echo, seed: seed, hardware: { max(-20, min(0, Float($0 - 400) * step - 20)) })
    #expect(mistakes(heard) == [])
  }

  /// What the daemon does when nothing plays; without the mixer's gain on the reference each of these
  /// rooms interrupts the second answer.
  @Test(arguments: [301, 303, 306] as [UInt64], [-12, 0, 6])
  func aMixerThatWentUpBetweenTwoAnswersIsNobody(seed: UInt64, echo: Int) throws {
    let heard = try answer(
      echo: echo, seed: seed, pause: 350..<450, hardware: { $0 < 400 ? -20 : 0 })
    #expect(mistakes(heard) == [])
  }

  @Test(arguments: [-12, 0, 6])
  func aMixerThatGoesDownWhileAnAnswerPlaysIsNobody(echo: Int) throws {
    let step = Float(VolumeShare.glide) / 100
    let heard = try answer(
      echo: echo, seed: 304, hardware: { max(-20, min(0, Float(400 - $0) * step)) })
    #expect(mistakes(heard) == [])
  }
}
