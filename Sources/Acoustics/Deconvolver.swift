internal import VoiceCore

/// Takes a sound that was played out of what was heard: what is left is what card and room did to a
/// single click.
struct Deconvolver {
  /// A sweep, its answer and as much again for the harmonics, which come before it.
  static let size = 32_768
  /// Below and above there is too little of the sweep to divide by.
  private static let lowEdge = (from: 110.0, to: 220.0)
  private static let highEdge = (from: 6_700.0, to: 7_300.0)
  private static let trebleEdge = (from: 300.0, to: 900.0)
  private static let airEdge = (from: 5_500.0, to: 6_700.0)

  private let transform = SoundTransform(size: size)
  /// How much of each bin is taken.
  private let window: [Float]

  init() {
    window = (0...(Deconvolver.size / 2)).map { bin in
      let pitch = Double(bin) * 16_000 / Double(Deconvolver.size)
      return Float(
        Deconvolver.rise(pitch, Deconvolver.lowEdge)
          * (1 - Deconvolver.rise(pitch, Deconvolver.highEdge)))
    }
  }

  private static func rise(_ value: Double, _ edge: (from: Double, to: Double)) -> Double {
    let place = max(0, min(1, (value - edge.from) / (edge.to - edge.from)))
    return place * place * (3 - 2 * place)
  }

  /// - Parameters:
  ///   - played: begins with the sweep.
  ///   - heard: begins in the same moment and lasts longer.
  /// - Returns: nil when next to nothing was played.
  func answer(to played: ArraySlice<Int16>, heard: ArraySlice<Int16>) -> RoomAnswer? {
    let sent = transform.spectrum(of: Deconvolver.numbers(played))
    let got = transform.spectrum(of: Deconvolver.numbers(heard))
    var strongest: Float = 0
    for bin in 0..<transform.binCount { strongest = max(strongest, power(sent, bin)) }
    guard strongest > 1e-3 else { return nil }
    var answer = SoundTransform.Spectrum(binCount: transform.binCount)
    for bin in 0..<transform.binCount {
      let weight = window[bin]
      guard weight > 0 else { continue }
      // The least part of a sweep is 18 dB below the strongest: this changes nothing there, and
      // keeps a hole in what was played from becoming a mountain.
      let scale = weight / (power(sent, bin) + strongest * 1e-5)
      answer.real[bin] =
        (got.real[bin] * sent.real[bin] + got.imaginary[bin] * sent.imaginary[bin]) * scale
      answer.imaginary[bin] =
        (got.imaginary[bin] * sent.real[bin] - got.real[bin] * sent.imaginary[bin]) * scale
    }
    return RoomAnswer(spectrum: answer, sound: transform.sound(of: answer))
  }

  /// Without what takes long to come and go by its nature.
  func treble(of answer: borrowing RoomAnswer) -> RoomAnswer {
    var spectrum = answer.spectrum
    for bin in 0..<transform.binCount {
      let pitch = Double(bin) * 16_000 / Double(Deconvolver.size)
      let weight = Float(
        Deconvolver.rise(pitch, Deconvolver.trebleEdge)
          * (1 - Deconvolver.rise(pitch, Deconvolver.airEdge)))
      spectrum.real[bin] *= weight
      spectrum.imaginary[bin] *= weight
    }
    return RoomAnswer(spectrum: spectrum, sound: transform.sound(of: spectrum))
  }

  /// By how many samples the second answer comes later than the first. Both in full: every
  /// reflection helps.
  ///
  /// - Parameter around: the direct sounds.
  func shift(
    from first: borrowing RoomAnswer, at firstPlace: Int, to second: borrowing RoomAnswer,
    at secondPlace: Int
  ) -> Double {
    let one = transform.spectrum(of: first.around(firstPlace)[...])
    let other = transform.spectrum(of: second.around(secondPlace)[...])
    var product = SoundTransform.Spectrum(binCount: transform.binCount)
    for bin in 0..<transform.binCount {
      product.real[bin] =
        other.real[bin] * one.real[bin] + other.imaginary[bin] * one.imaginary[bin]
      product.imaginary[bin] =
        other.imaginary[bin] * one.real[bin] - other.real[bin] * one.imaginary[bin]
    }
    let match = transform.sound(of: product)
    var best = 0
    for lag in -RoomAnswer.reach...RoomAnswer.reach
    where match[wrapped(lag)] > match[wrapped(best)] { best = lag }
    let peak = Peak(spectrum: product, near: best)
    return Double(secondPlace - firstPlace) + peak.place
  }

  private func wrapped(_ lag: Int) -> Int { lag < 0 ? lag + Deconvolver.size : lag }

  private func power(_ spectrum: borrowing SoundTransform.Spectrum, _ bin: Int) -> Float {
    spectrum.real[bin] * spectrum.real[bin] + spectrum.imaginary[bin] * spectrum.imaginary[bin]
  }

  /// Full scale is 1. Around their mean: a constant voltage is no sound, but its edges would be.
  private static func numbers(_ samples: ArraySlice<Int16>) -> ArraySlice<Float> {
    var sum = 0
    for sample in samples { sum += Int(sample) }
    let mean = Float(sum) / Float(max(1, samples.count))
    return samples.map { (Float($0) - mean) * (1 / 32_768) }[...]
  }
}

/// Where between the samples a sound is strongest, and how strong: what the spectrum says of the
/// curve that its samples only touch.
struct Peak {
  let place: Double
  /// With its sign.
  let height: Double

  /// - Parameter start: the strongest sample.
  init(spectrum: borrowing SoundTransform.Spectrum, near start: Int) {
    var place = Double(start)
    var height = 0.0
    // From within a sample, Newton's way to a level place doubles its digits with every step.
    for _ in 0..<6 {
      var value = 0.0
      var slope = 0.0
      var bend = 0.0
      let count = spectrum.real.count
      let size = Double(2 * (count - 1))
      let step = Turn.of(place / size)
      var cosine = 1.0
      var sine = 0.0
      for bin in 0..<count {
        let real = Double(spectrum.real[bin])
        let imaginary = Double(spectrum.imaginary[bin])
        let pitch = 2 * Double.pi * Double(bin) / size
        let along = real * cosine - imaginary * sine
        let across = real * sine + imaginary * cosine
        value += along
        slope -= pitch * across
        bend -= pitch * pitch * along
        (cosine, sine) = (
          cosine * step.cosine - sine * step.sine, sine * step.cosine + cosine * step.sine
        )
      }
      height = 2 * value / size
      guard bend != 0, value * bend < 0 else { break }
      let move = max(-0.5, min(0.5, -slope / bend))
      place += move
      if abs(move) < 1e-5 { break }
    }
    // Led astray by noise: the sample itself is the better answer.
    self.place = abs(place - Double(start)) <= 1.5 ? place : Double(start)
    self.height = height
  }
}
