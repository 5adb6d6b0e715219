import TestSupport
import Testing
import VoiceCore

@Suite struct CuePlayerTests {
  /// Each a level of its own for a while, so that one sees which is heard.
  private static let plain = CueSounds { cue in
    [Int16](repeating: Int16(cue.rawValue * 4_000), count: 8_000)
  }

  private func play(
    _ player: inout CuePlayer, frames: Int, over sound: Int16 = 0, volume: Float = 1
  ) -> [Int16] {
    var heard: [Int16] = []
    for _ in 0..<frames {
      var frame = Frame(repeating: sound)
      player.add(to: &frame, volume: volume)
      heard += frame.all
    }
    return heard
  }

  private func largestStep(_ sound: [Int16]) -> Int {
    zip(sound, sound.dropFirst()).reduce(0) { max($0, abs(Int($1.1) - Int($1.0))) }
  }

  @Test(arguments: Cue.allCases)
  func aCueIsHeardOnceFromItsBeginningToItsEnd(cue: Cue) {
    let sounds = CueSounds()
    var player = CuePlayer(sounds: sounds)
    player.take(.play(cue))
    let heard = play(&player, frames: 100)
    let sound = sounds.sound(of: cue)
    // It is let in within the first ten milliseconds.
    #expect(heard[160..<sound.count] == sound[160...])
    #expect(heard[sound.count...].allSatisfy { $0 == 0 })
    #expect(!player.isPlaying)
  }

  @Test func withoutAnOrderNothingIsAdded() {
    var player = CuePlayer()
    player.stop()
    #expect(play(&player, frames: 3, over: 77).allSatisfy { $0 == 77 })
  }

  @Test func stoppedItIsSilentWithinTwentyMillisecondsAndDoesNotClick() {
    var player = CuePlayer(sounds: Self.plain)
    player.take(.play(.problem))
    var heard = play(&player, frames: 5)
    #expect(heard.last == 16_000)
    player.stop()
    heard += play(&player, frames: 5)
    #expect(heard[(800 + 320)...].allSatisfy { $0 == 0 })
    #expect(largestStep(heard) <= 401)
    #expect(!player.isPlaying)
    // And it stays what it is: the next one is heard as any other.
    player.take(.play(.listening))
    #expect(play(&player, frames: 5).last == 4_000)
  }

  @Test func theNewestWinsAndBothHaveSoftEdges() {
    var player = CuePlayer(sounds: Self.plain)
    player.take(.play(.listening))
    var heard = play(&player, frames: 5)
    player.take(.play(.thinking))
    player.take(.play(.problem))
    heard += play(&player, frames: 60)
    #expect(largestStep(heard) <= 401)
    #expect(heard[800 + 160] == 0)
    #expect(heard[800 + 320] == 16_000)
    // Once: the whole of the second, then nothing.
    #expect(heard[(800 + 160 + 8_000)...].allSatisfy { $0 == 0 })
    #expect(!heard.contains(8_000 + 1))
  }

  @Test func theSameCueAgainBeginsAgain() {
    var player = CuePlayer(sounds: Self.plain)
    player.take(.play(.listening))
    _ = play(&player, frames: 49)
    player.take(.play(.listening))
    #expect(play(&player, frames: 40).suffix(160).allSatisfy { $0 == 4_000 })
  }

  @Test func aStopTakesBackACueThatHadToWait() {
    var player = CuePlayer(sounds: Self.plain)
    player.take(.play(.listening))
    _ = play(&player, frames: 5)
    player.take(.play(.problem))
    player.stop()
    #expect(play(&player, frames: 10).suffix(9 * 160).allSatisfy { $0 == 0 })
  }

  @Test func tooLoudTogetherIsClippedNotTurnedRound() {
    var player = CuePlayer(sounds: CueSounds { _ in [Int16](repeating: .max, count: 3_200) })
    player.take(.play(.listening))
    #expect(play(&player, frames: 5, over: 30_000).dropFirst(160).allSatisfy { $0 == .max })
    player = CuePlayer(sounds: CueSounds { _ in [Int16](repeating: .min, count: 3_200) })
    player.take(.play(.listening))
    #expect(play(&player, frames: 5, over: -30_000).dropFirst(160).allSatisfy { $0 == .min })
  }

  @Test func itsLevelComesOnTopOfTheVolume() {
    func level(_ level: Int, volume: Int) -> Int {
      var player = CuePlayer(sounds: Self.plain, level: level)
      player.take(.play(.problem))
      return Int(play(&player, frames: 5, volume: Volume.gain(volume)).last!)
    }
    #expect(level(100, volume: 100) == 16_000)
    // Half of the range is 20 dB.
    #expect(abs(level(50, volume: 100) - 1_600) <= 2)
    #expect(abs(level(75, volume: 75) - 1_600) <= 2)
    #expect(level(0, volume: 100) == 0)
    #expect(level(100, volume: 0) == 0)
  }

  @Test func aChangeOfVolumeIsNoEdge() {
    var player = CuePlayer(sounds: Self.plain)
    player.take(.play(.problem))
    var heard = play(&player, frames: 5)
    heard += play(&player, frames: 5, volume: 0)
    heard += play(&player, frames: 5)
    #expect(heard[800 + 160] == 0 && heard.last == 16_000)
    #expect(largestStep(heard) <= 401)
  }
}
