/// What a stretch of samples shows of the microphone itself.
struct MicrophoneFacts: Equatable, Sendable {
  /// As in a quiet room of a real card no stretch ever is.
  var isConstant = true
  /// The mean, full scale is 1.
  var offset = 0.0
  /// Around the mean, dB below full scale.
  var levelDecibels = -300.0
  /// Of the samples, how many lie at the very top of what occurs, side by side.
  var clippedShare = 0.0
  /// The largest there is, full scale is 1.
  var peak = 0.0

  /// Three equal samples at the top are no sine any more.
  private static let flatRun = 3
  /// Flat tops below this are chance: quiet sound has few different samples.
  private static let leastTop = 8_000
  private static let leastLevel = -45.0
  /// Nobody records on purpose what reaches this. A clipped sound that was resampled has no flat
  /// tops any more, but still its height.
  private static let full = 32_300

  init(_ samples: ArraySlice<Int16>) {
    guard let first = samples.first else { return }
    var sum = 0.0
    var squares = 0.0
    var top = 0
    for sample in samples {
      if sample != first { isConstant = false }
      let value = Double(sample)
      sum += value
      squares += value * value
      top = max(top, abs(Int(sample)))
    }
    let count = Double(samples.count)
    let mean = sum / count
    offset = mean / 32_768
    peak = Double(top) / 32_768
    let power = max(0, squares / count - mean * mean) / (32_768 * 32_768)
    // An entirely constant signal is not noise of rounding.
    levelDecibels = isConstant ? -300 : Logarithm.decibels(max(power, 1e-12))
    // A constant voltage lies at its own top, too.
    guard levelDecibels > MicrophoneFacts.leastLevel else { return }
    clippedShare = Double(MicrophoneFacts.clipped(samples, top: top)) / count
  }

  private static func clipped(_ samples: ArraySlice<Int16>, top: Int) -> Int {
    guard top >= leastTop else { return 0 }
    // A converter may miss its own top by a little; a sine of 120 Hz stays this near its top for
    // one sample only.
    let bar = min(top - top / 4_096, full)
    var count = 0
    var run = 0
    var last: Int16 = 0
    for sample in samples {
      let size = abs(Int(sample))
      if size >= full {
        count += 1
        run = 0
      } else if size >= bar {
        run = run > 0 && (sample < 0) == (last < 0) ? run + 1 : 1
        if run == flatRun { count += flatRun } else if run > flatRun { count += 1 }
      } else {
        run = 0
      }
      last = sample
    }
    return count
  }
}
