internal import VoiceCore

/// What one answer looks like: how loud, how long, how clean, how coloured.
struct AnswerShape {
  let gainDecibels: Double
  let decay: Double?
  let roomDecibels: Double
  let distortion: Double?
  let bands: [Double]

  /// Samples that count as the answer, before and after the direct sound.
  private static let before = 80
  private static let after = 4_000

  /// Samples around the direct sound that a plain wire fills: the bass is left out for that.
  private static let wire = 64

  init(
    _ answer: borrowing RoomAnswer, _ direct: RoomAnswer.Direct,
    by deconvolver: borrowing Deconvolver
  ) {
    let place = direct.place
    let end = min(place + AnswerShape.after, RoomAnswer.lags.upperBound)
    let noise = direct.noise
    let total = max(
      1e-12,
      answer.energy(from: place - AnswerShape.before, to: end)
        - noise * Double(end - place + AnswerShape.before))
    // The whole band would add up to this for a plain wire.
    gainDecibels = Logarithm.decibels(total / 0.87)
    let start = max(1e-12, answer.energy(from: place - 32, to: place + 32) - noise * 64)
    let treble = deconvolver.treble(of: answer)
    let wire = AnswerShape.wire
    let near = treble.energy(from: place - wire, to: place + wire)
    let far = treble.energy(from: place + wire, to: end)
    roomDecibels = Logarithm.decibels(max(1e-12, far) / max(1e-12, near))
    decay = AnswerShape.decay(answer, from: place, to: end, noise: noise)
    distortion = AnswerShape.distortion(answer, direct, start)
    bands = AnswerShape.bands(answer, from: place, to: end)
  }

  /// The energy that is still to come falls in a straight line (Schroeder, 1965); extended to 60 dB.
  private static func decay(
    _ answer: borrowing RoomAnswer, from place: Int, to end: Int, noise: Double
  ) -> Double? {
    var left = 0.0
    var levels: [Double] = []
    let step = 16
    var lag = end
    while lag > place {
      let from = max(place, lag - step)
      left += max(0, answer.energy(from: from, to: lag) - noise * Double(lag - from))
      levels.append(left)
      lag = from
    }
    // At the lower end of the line, noise must count for half at most.
    guard left > 0, noise * 60_000 < left else { return nil }
    // From the end to the start: times and levels.
    var begin: Int?
    var finish: Int?
    for (index, level) in levels.enumerated() {
      let time = end - (index + 1) * step - place
      let decibels = Logarithm.decibels(level / left)
      if decibels < -25 { finish = time }
      if decibels < -5 { begin = time }
    }
    guard let begin, let finish, finish > begin else { return nil }
    return Double(finish - begin) / 16 * 3
  }

  private static func distortion(
    _ answer: borrowing RoomAnswer, _ direct: RoomAnswer.Direct, _ start: Double
  ) -> Double? {
    var sum = 0.0
    var noise = 0.0
    for harmonic in 2...4 {
      let lead = Sweep.harmonicLead * Logarithm.of(Double(harmonic))
      let place = direct.place - Int(lead.rounded())
      let (from, to) = (place - 64, place + 160)
      sum += answer.energy(from: from, to: to)
      noise += direct.noise * Double(to - from)
    }
    // What cannot be told from noise is no finding; how much could hide there matters.
    guard noise < start * 0.01 else { return nil }
    return (max(0, sum - noise) / start).squareRoot()
  }

  /// Bands of a third of an octave.
  private static func bands(
    _ answer: borrowing RoomAnswer, from place: Int, to end: Int
  ) -> [Double] {
    let size = 8_192
    let transform = SoundTransform(size: size)
    let stretch = (0..<(end - place + before)).map { answer[place - before + $0] }
    let spectrum = transform.spectrum(of: stretch[...])
    return (0..<Measurement.Echo.bandCount).map { band in
      let centre = Measurement.Echo.pitch(ofBand: band)
      let low = Int((centre * 0.891 * Double(size) / 16_000).rounded())
      let high = max(low + 1, Int((centre * 1.122 * Double(size) / 16_000).rounded()))
      var power = 0.0
      for bin in low..<high {
        let real = Double(spectrum.real[bin])
        let imaginary = Double(spectrum.imaginary[bin])
        power += real * real + imaginary * imaginary
      }
      return Logarithm.decibels(power / Double(high - low))
    }
  }
}
