import Glibc
import SpeexDSP
import Testing

@Suite struct RateConverterTests {
  static let rates = [
    8_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000,
  ]

  /// A second of a tone through it, ten milliseconds at a time as the card gives them.
  private func convert(
    hertz: Double, from: Int, to: Int, quality: Int = RateConverter.quality
  ) -> [Float] {
    var converter = RateConverter.open(from: from, to: to, quality: quality)
    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: to / 50)
    defer { room.deallocate() }
    var made: [Float] = []
    var sent = 0
    while sent < from {
      let end = min(from, sent + from / 100)
      let block = (sent..<end).map { Tone.sample($0, hertz: hertz, rate: from) }
      made += room[..<converter.convert(block, count: block.count, into: room)]
      sent = end
    }
    return made
  }

  @Test(arguments: rates)
  func aVoiceKeepsItsPitchAndItsLevelBothWays(rate: Int) {
    for (from, to) in [(rate, 16_000), (16_000, rate)] {
      for hertz in [300.0, 1_000, 3_000] {
        let sound = convert(hertz: hertz, from: from, to: to)
        #expect(abs(sound.count - to) <= to / 100 + 1)
        // The first and last twentieth are the filter's own.
        let middle = sound[(to / 20)..<(sound.count - to / 20)]
        let level = Tone.level(of: middle, hertz: hertz, rate: to)
        #expect(abs(level) < 0.5, "\(from) -> \(to), \(hertz) Hz: \(level) dB")
      }
    }
  }

  @Test(arguments: [32_000, 44_100, 48_000, 96_000])
  func whatWeCannotHearIsNotFoldedIntoWhatWeCan(rate: Int) {
    // It would come out at 16 kHz less of it.
    for hertz in [9_500.0, 12_000, 15_000] {
      let sound = convert(hertz: hertz, from: rate, to: 16_000)
      let middle = sound[800..<(sound.count - 800)]
      let level = Tone.level(of: middle, hertz: 16_000 - hertz, rate: 16_000)
      #expect(level < -55, "\(rate): \(hertz) Hz is left with \(level) dB")
    }
  }

  @Test func itsDelayIsThatOfTheSound() {
    var converter = RateConverter.open(from: 48_000, to: 16_000)
    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: 400)
    defer { room.deallocate() }
    var click = [Float](repeating: 0, count: 960)
    click[480] = 10_000
    let made = converter.convert(click, count: click.count, into: room)
    let loudest = room[..<made].indices.max { abs(room[$0]) < abs(room[$1]) }!
    // 10 ms in, and then the filter's own.
    #expect(abs(Double(loudest) / 16_000 - 0.010 - converter.delay) < 0.0002)
    #expect(converter.delay < 0.003)
  }
}

private enum Tone {
  static let amplitude: Float = 10_000

  static func sample(_ index: Int, hertz: Double, rate: Int) -> Float {
    amplitude * Float(sin(2 * .pi * hertz * Double(index) / Double(rate)))
  }

  /// dB of one frequency against the tone that went in.
  static func level(of sound: ArraySlice<Float>, hertz: Double, rate: Int) -> Double {
    var real = 0.0
    var imaginary = 0.0
    for index in sound.indices {
      let angle = 2 * .pi * hertz * Double(index) / Double(rate)
      real += Double(sound[index]) * cos(angle)
      imaginary += Double(sound[index]) * sin(angle)
    }
    let size = 2 * (real * real + imaginary * imaginary).squareRoot() / Double(sound.count)
    return 20 * log10(max(1e-9, size / Double(amplitude)))
  }
}
