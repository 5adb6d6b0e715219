import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

/// What hands do while an answer plays, and nobody speaks: nothing of it may look like a person.
@Suite struct HandsLoopTests {
  /// An answer in a room, from cold.
  ///
  /// - Parameters:
  ///   - hardware: what the card's mixer does in a frame, in decibels; the canceller is not told.
  ///   - isMuted: in a frame.
  private func answer(
    seconds: Double = 9, echo: Int, seed: UInt64, pause: Range<Int> = 0..<0,
    hardware: @escaping (Int) -> Float = { _ in 0 },
    isMuted: @escaping (Int) -> Bool = { _ in false }
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
      bridge.isMuted = isMuted(number)
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

  private func mistakes(_ heard: [HeardFrame]) -> [(Int, Interrupter.Verdict)] {
    var found: [(Int, Interrupter.Verdict)] = []
    for (number, frame) in heard.enumerated() where frame.verdict != .none {
      found.append((number, frame.verdict))
    }
    return found
  }

  @Test func explore() throws {
    for seed in 301...306 as ClosedRange<UInt64> {
      for echo in [-12, 0, 6] {
        for (name, step) in [("0.25", Float(0.25)), ("0.5", 0.5), ("1", 1), ("jump", 100)] {
          let up = mistakes(
            try answer(
              echo: echo, seed: seed, hardware: { max(-20, min(0, Float($0 - 400) * step - 20)) }))
          let down = mistakes(
            try answer(
              echo: echo, seed: seed, hardware: { max(-20, min(0, Float(400 - $0) * step)) }))
          print(
            "seed \(seed) echo \(echo): \(name) up \(up.map { "\($0.0) \($0.1)" }) down \(down.map { "\($0.0) \($0.1)" })"
          )
        }
        let later = mistakes(
          try answer(
            echo: echo, seed: seed, pause: 350..<450, hardware: { $0 < 400 ? -20 : 0 }))
        print("seed \(seed) echo \(echo): later \(later.map { "\($0.0) \($0.1)" })")
      }
    }
  }
}
