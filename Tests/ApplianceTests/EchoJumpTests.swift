import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

/// A loudspeaker that lost a frame, or played one of silence, is sooner or later than before. Nobody
/// speaks in these rooms, so nobody may interrupt.
@Suite struct EchoJumpTests {
  private static let sounds = 600
  private static let every = 800

  /// Three answers, a jump of the loudspeaker in the pause after them, and five more.
  private func answers(seed: UInt64, jump: Int) throws -> [HeardFrame] {
    let bridge = try Bridge(volume: 100, records: false)
    let room = RoomBox(
      Room(
        script: try TalkerScript.parse(""), sounds: [],
        acoustics: RoomAcoustics(gainDecibels: 0, seed: seed)))
    let voice = Frame.cut(Voice(seed: seed).speak(seconds: 6, decibels: -20))
    let frames = 8 * EchoJumpTests.every
    let jumpsAt = 3 * EchoJumpTests.every - 100
    var air = [Int16](repeating: 0, count: (frames + 1) * Frame.sampleCount)
    let card = ScriptedCard(on: bridge, frames: frames) { number, played, mic in
      let lag = number < jumpsAt ? 480 : 480 + jump
      var heard = Frame()
      for index in 0..<Frame.sampleCount {
        let place = number * Frame.sampleCount + index
        air[place] = played[index]
        heard[index] = place < lag ? 0 : air[place - lag]
      }
      room.next(hearing: heard, into: &mic)
    }
    var next = 0
    card.beforeFrame = { number in
      let place = number % EchoJumpTests.every
      let reply = ReplyID(UInt32(1 + number / EchoJumpTests.every))
      if place == 0 { bridge.audible = reply }
      if place == EchoJumpTests.every - 100 { bridge.audible = nil }
      while next < min(EchoJumpTests.sounds, voice.count), !bridge.toPlay.isFull, place < 650 {
        _ = bridge.toPlay.push(PlayableFrame(reply: reply, kind: .sound, frame: voice[next]))
        next += 1
      }
      if place == 650 { next = 0 }
    }
    card.run()
    return card.heard
  }

  /// Ten milliseconds sooner, where nothing of the echo was before; and later, where some of it was.
  @Test(arguments: [301, 303, 306] as [UInt64], [-160, 160, 320])
  func whatTheLoudspeakerLostIsNobody(seed: UInt64, jump: Int) throws {
    let heard = try answers(seed: seed, jump: jump)
    #expect(
      heard.allSatisfy { frame in
        if case .confirmed = frame.verdict { false } else { true }
      })
    // It may be doubted for a moment, in the first answer after it.
    let doubts = heard.indices.filter { heard[$0].verdict == .ducked }
    #expect(doubts.count <= 3 && doubts.allSatisfy { (2_400..<3_200).contains($0) })
  }
}
