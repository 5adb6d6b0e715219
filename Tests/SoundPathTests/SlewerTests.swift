import Glibc
import SoundPath
import Testing

@Suite struct SlewerTests {
  /// What comes out of a tone, and by how much the slewer says it has moved it.
  private func slew(
    ppm: Float, frames: Int, hertz: Double = 1_000
  ) -> (sound: [Float], moved: Double) {
    var slewer = Slewer()
    slewer.setStretch(ppm: ppm)
    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: Slewer.mostOutput)
    defer { room.deallocate() }
    var sound: [Float] = []
    for frame in 0..<frames {
      let input = (0..<160).map { sample(Double(frame * 160 + $0), hertz) }
      let made = slewer.pass(input, count: 160, isSilent: false, into: room)
      sound += room[..<made]
    }
    return (sound, slewer.moved)
  }

  private func sample(_ place: Double, _ hertz: Double) -> Float {
    10_000 * Float(sin(2 * .pi * hertz * place / 16_000))
  }

  @Test func nothingAskedForIsNothingChanged() {
    let (sound, moved) = slew(ppm: 0, frames: 20)
    #expect(moved == 0 && sound.count == 3_200)
    for index in Slewer.delay..<3_200 {
      #expect(sound[index] == sample(Double(index - Slewer.delay), 1_000))
    }
  }

  @Test(arguments: [-1_000, -100, 1, 100, 1_000] as [Float])
  func itComesOutAsMuchLongerAsWasAsked(ppm: Float) {
    let (sound, moved) = slew(ppm: ppm, frames: 3_000)
    let stretch = Double(ppm) / 1e6
    let expected = 480_000 * stretch / (1 - stretch)
    #expect(abs(moved - expected) < 0.01)
    #expect(abs(Double(sound.count - 480_000) - expected) < 1.5)
  }

  @Test(arguments: [300.0, 3_000, 6_000])
  func whatIsHeardIsTheSameTone(hertz: Double) {
    let ppm = 250.0
    let (sound, _) = slew(ppm: Float(ppm), frames: 400, hertz: hertz)
    var error = 0.0
    for index in 100..<sound.count {
      // Where the sample was taken from.
      let place = Double(index) * (1 - ppm / 1e6) - Double(Slewer.delay)
      let wrong = Double(sound[index] - sample(place, hertz))
      error += wrong * wrong
    }
    let decibels = 10 * log10(error / Double(sound.count) / 5e7)
    #expect(decibels < (hertz > 5_000 ? -45 : -60), "\(decibels) dB")
  }

  @Test func silenceMovesOnAndCostsNothing() {
    var slewer = Slewer()
    slewer.setStretch(ppm: 500)
    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: Slewer.mostOutput)
    defer { room.deallocate() }
    let silence = [Float](repeating: 0, count: 160)
    var count = 0
    for _ in 0..<1_000 {
      let made = slewer.pass(silence, count: 160, isSilent: true, into: room)
      #expect(room[..<made].allSatisfy { $0 == 0 })
      count += made
    }
    #expect(abs(count - 160_080) <= 1)
    let isQuiet = slewer.isQuiet
    #expect(isQuiet)
  }
}
