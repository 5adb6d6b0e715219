import Glibc
import TestSupport
import Testing

@testable import VoiceCore

@Suite struct ReferenceResamplerTests {
  private func run(_ resampler: inout ReferenceResampler, _ frames: [Frame]) -> [Int16] {
    var out: [Int16] = []
    var made = Frame()
    for frame in frames {
      resampler.receive(frame)
      while resampler.isReady {
        resampler.make(&made)
        out += made.all
      }
    }
    return out
  }

  @Test func withoutDriftItIsTheSameSoundToTheBit() {
    let sound = Voice(seed: 3).speak(seconds: 1)
    var resampler = ReferenceResampler()
    let out = run(&resampler, Frame.cut(sound))
    let lag = ReferenceResampler.firstLag
    #expect(out.count == sound.count)
    #expect(Array(out[lag...]) == Array(sound[..<(sound.count - lag)]))
    #expect(resampler.lag == 0)
  }

  @Test(arguments: [440.0, 3_000, 7_000], [-200.0, 37, 200] as [Float])
  func aToneStaysCleanAtAnotherSpeed(frequency: Double, ppm: Float) {
    let step = 2 * Double.pi * frequency / 16_000
    let sound = (0..<48_000).map { Int16((16_000 * sin(Double($0) * step)).rounded()) }
    var resampler = ReferenceResampler()
    resampler.setDrift(ppm: ppm)
    let out = run(&resampler, Frame.cut(sound))
    var error = 0.0
    var power = 0.0
    let speed = 1 - Double(ppm) * 1e-6
    for index in 1_600..<out.count {
      let place = Double(index) * speed - Double(ReferenceResampler.firstLag)
      let wanted = 16_000 * sin(place * step)
      error += (Double(out[index]) - wanted) * (Double(out[index]) - wanted)
      power += wanted * wanted
    }
    #expect(10 * log10(error / power) < -60)
  }

  @Test func thePlaceIsExactHoweverLongItRuns() {
    var resampler = ReferenceResampler()
    resampler.setDrift(ppm: 200)
    let frames = 6_000
    for _ in 0..<frames {
      var made = Frame()
      resampler.receive(.silence)
      while resampler.isReady { resampler.make(&made) }
    }
    // A minute of 200 ppm is 192 samples: one frame has come that was not asked for.
    #expect(resampler.next == Int64(frames + 1))
    let exact = Double(resampler.next) * 160 * 200e-6
    #expect(abs(resampler.lag - exact) < 1e-3)
  }
}
