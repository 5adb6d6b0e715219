import Glibc
import TestSupport
import Testing

@testable import VoiceCore

@Suite struct RealFFTTests {
  /// The definition, slowly.
  private func slowly(_ sound: [Float]) -> [(Double, Double)] {
    (0...sound.count / 2).map { bin in
      var real = 0.0
      var imaginary = 0.0
      for (index, sample) in sound.enumerated() {
        let angle = 2 * Double.pi * Double(bin * index % sound.count) / Double(sound.count)
        real += Double(sample) * cos(angle)
        imaginary -= Double(sample) * sin(angle)
      }
      return (real, imaginary)
    }
  }

  @Test(arguments: [8, 20, 64, 120, 320, 400, 512, 1024])
  func isTheTransformAndBackAgain(size: Int) {
    let fft = RealFFT(size: size)
    let sound = FloatMemory(count: size)
    let real = FloatMemory(count: size / 2 + 1)
    let imaginary = FloatMemory(count: size / 2 + 1)
    let back = FloatMemory(count: size)
    var random = SeededRandom(seed: UInt64(size))
    var samples: [Float] = []
    for index in 0..<size {
      sound[index] = Float.random(in: -1...1, using: &random)
      samples.append(sound[index])
    }
    fft.forward(sound.start, real: real.start, imaginary: imaginary.start)
    for (bin, expected) in slowly(samples).enumerated() {
      #expect(abs(Double(real[bin]) - expected.0) < 1e-4 * Double(size).squareRoot())
      #expect(abs(Double(imaginary[bin]) - expected.1) < 1e-4 * Double(size).squareRoot())
    }
    fft.inverse(real: real.start, imaginary: imaginary.start, into: back.start)
    for index in 0..<size { #expect(abs(back[index] - samples[index]) < 1e-5) }
  }

  @Test func turnsAreExact() {
    for step in -1000...1000 {
      let fraction = Double(step) / 700
      let turn = Turn.of(fraction)
      #expect(abs(turn.cosine - cos(2 * .pi * fraction)) < 1e-14)
      #expect(abs(turn.sine - sin(2 * .pi * fraction)) < 1e-14)
    }
  }
}
