internal import VoiceCore

/// The answers to the three sweeps: alone they say how far, how loud and how clean; together how the
/// clocks differ.
struct Answers {
  private let deconvolver = Deconvolver()
  private let all: [RoomAnswer]
  private let direct: [RoomAnswer.Direct]
  /// By how many samples the second and the third were put off on purpose.
  private let putOff: [Double]

  /// Sound that stands out of noise by less was not heard. The strongest of 7,000 samples of noise
  /// does so by 12 dB.
  static let leastClarity = 15.0
  /// Clearly heard, so that it is no noise that jumped.
  private static let goodClarity = 22.0
  /// Between two sweeps no clock drifts this far, in samples.
  private static let nearby = 40
  /// Off the straight line by more samples, and it was no drift.
  private static let straight = 4.0

  /// Nil when nothing was played.
  init?(to recording: ProbeRecording) {
    var all: [RoomAnswer] = []
    for start in Probe.sweeps {
      let length = Sweep.length / Frame.sampleCount
      guard
        let answer = deconvolver.answer(
          to: recording.sent(start..<(start + length)),
          heard: recording.heard(start..<(start + length + Probe.answer)))
      else { return nil }
      all.append(answer)
    }
    self.all = all
    direct = all.map { $0.direct }
    let middle = Int(Answers.weight) / Frame.sampleCount
    putOff = Probe.sweeps.map {
      recording.moved(from: Probe.sweeps[0] + middle, to: $0 + middle)
    }
  }

  func echo(noise: MicrophoneFacts) -> Measurement.Echo? {
    guard let best = clearest else { return nil }
    let place = direct[best].place
    // Two of three at the same place: noise has its peaks anywhere.
    let agreeing = direct.indices.filter {
      abs(direct[$0].place - place) <= Answers.nearby && direct[$0].clarity > Answers.leastClarity
    }
    guard agreeing.count > 1 || direct[best].clarity > Answers.goodClarity else { return nil }
    var echo = Measurement.Echo()
    let timing = timing()
    echo.delay = (timing.place - Double(Frame.sampleCount)) / 16
    echo.driftPPM = timing.ppm
    echo.jump = timing.jump.map { $0 / 16 }
    let answer = all[best]
    let shape = AnswerShape(answer, direct[best], by: deconvolver)
    echo.gainDecibels = shape.gainDecibels
    echo.decay = shape.decay
    echo.roomDecibels = shape.roomDecibels
    echo.distortion = shape.distortion
    echo.bands = shape.bands
    echo.click = (0..<Measurement.Echo.clickCount).map {
      answer[place - Measurement.Echo.lead + $0]
    }
    return echo
  }

  private var clearest: Int? {
    var best = 0
    for index in direct.indices where direct[index].clarity > direct[best].clarity { best = index }
    return direct[best].clarity > Answers.leastClarity ? best : nil
  }

  /// When a sweep passes the middle of the bandwidth, in samples after its start.
  private static let weight = 8_700.0

  private struct Timing {
    /// Of the direct sound when the second sweep begins, after the handing over, in samples.
    var place: Double
    var ppm: Double?
    var jump: Double?
  }

  private func timing() -> Timing {
    let first = exact(0)
    guard direct.allSatisfy({ $0.clarity > Answers.leastClarity }) else {
      let best = clearest ?? 0
      return Timing(place: exact(best), ppm: nil, jump: nil)
    }
    // Where the sound is, the first says; the others, by how much it has moved since.
    // What the clocks do is what is left without what was done about it.
    let toSecond = shift(0, 1) - putOff[1]
    let toThird = shift(0, 2) - putOff[2]
    let times = Probe.sweeps.map { Double(($0 - Probe.sweeps[0]) * Frame.sampleCount) }
    let places = [0, toSecond, toThird]
    let slope = Answers.slope(times, places)
    let expected = toThird * times[1] / times[2]
    // A card whose rate is wrong by far is still on a straight line, only less clearly.
    if abs(toSecond - expected) > Answers.straight + abs(toThird) * 0.02 {
      let jump = abs(toSecond) > abs(toThird - toSecond) ? toSecond : toThird - toSecond
      return Timing(place: exact(1), ppm: nil, jump: jump)
    }
    // Most of a sweep's bandwidth, and so the place that was found, belongs to its end.
    return Timing(
      place: first + slope * (times[1] - Answers.weight) + putOff[1], ppm: -slope * 1e6, jump: nil)
  }

  private func exact(_ index: Int) -> Double { all[index].exactPlace(of: direct[index]) }

  private func shift(_ one: Int, _ other: Int) -> Double {
    deconvolver.shift(
      from: all[one], at: direct[one].place, to: all[other], at: direct[other].place)
  }

  /// Of the straight line nearest to the points.
  private static func slope(_ x: [Double], _ y: [Double]) -> Double {
    let count = Double(x.count)
    let middle = x.reduce(0, +) / count
    let height = y.reduce(0, +) / count
    var top = 0.0
    var bottom = 0.0
    for index in x.indices {
      top += (x[index] - middle) * (y[index] - height)
      bottom += (x[index] - middle) * (x[index] - middle)
    }
    return top / bottom
  }
}
