/// A sound as its loudness over time, ready to be drawn at any scale.
struct Waveform {
  static let samplesPerMillisecond = 16
  private let samples: [Int16]
  /// Its loudest sample; quiet sounds are drawn larger, but noise alone does not fill the lane.
  private let scale: Double

  init(_ samples: [Int16]) {
    self.samples = samples
    var peak = 0
    for sample in samples { peak = max(peak, abs(Int(sample))) }
    scale = 1 / Double(max(peak, 3_000))
  }

  /// The outline from `start` to `end` (milliseconds) around a middle line, one step a pixel.
  func outline(
    from start: Int, to end: Int, x: (Double) -> Double, middle: Double, height: Double
  ) -> [(x: Double, y: Double)] {
    let last = min(end, samples.count / Waveform.samplesPerMillisecond)
    guard start >= 0, last > start else { return [] }
    let columns = max(1, Int((x(Double(last)) - x(Double(start))).rounded()))
    var above: [(x: Double, y: Double)] = []
    var below: [(x: Double, y: Double)] = []
    let first = start * Waveform.samplesPerMillisecond
    let count = (last - start) * Waveform.samplesPerMillisecond
    for column in 0..<columns {
      let from = first + count * column / columns
      let to = max(from + 1, first + count * (column + 1) / columns)
      var low = 0
      var high = 0
      for index in from..<min(to, samples.count) {
        low = min(low, Int(samples[index]))
        high = max(high, Int(samples[index]))
      }
      let place = x(Double(from) / Double(Waveform.samplesPerMillisecond))
      // Half a pixel at least, so that silence is a line.
      above.append((place, middle - max(0.4, Double(high) * scale * height / 2)))
      below.append((place, middle + max(0.4, -Double(low) * scale * height / 2)))
    }
    return above + below.reversed()
  }
}
