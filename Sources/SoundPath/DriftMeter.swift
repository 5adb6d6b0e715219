internal import VoiceCore

/// By how much two cards' clocks differ, from a lag between them that is measured again and again:
/// the slope of a line through its blocks, with what does not belong to it left out.
///
/// The lag may jitter by many milliseconds, as a sound server's does, and jump when a card stumbles;
/// the slope is what is left.
public struct DriftMeter: Sendable {
  /// Blocks that the line goes through: two minutes.
  public static let capacity = 120
  /// Fewer say nothing.
  public static let least = 8
  /// Clocks that differ by more are broken, and no line of ours.
  public static let steepest = ClockDrift.most

  private var blocks = InlineArray<120, Float>(repeating: 0)
  private var isUsed = InlineArray<120, Bool>(repeating: false)
  private var count = 0
  /// Where the next one goes.
  private var next = 0
  /// What must be added so that the line goes on where it was before the lag jumped.
  private var offset = 0.0
  private var isCut = false

  /// Millionths by which the lag grows: positive, if what is played moves slower than what is heard.
  public private(set) var ppm: Float = 0
  /// How unsure that is; nil while nobody knows anything.
  public private(set) var deviation: Float?

  public init() {}

  /// The lag is not what it was a moment ago, and that says nothing of the clocks.
  public mutating func cut() { isCut = true }

  /// The lag of the next block, which lasts a second, in milliseconds. In years it becomes a number
  /// that a Float does not hold.
  public mutating func hear(_ milliseconds: Double) {
    if count == 0 {
      offset = -milliseconds
    } else if isCut {
      offset = Double(expected) - milliseconds
    }
    isCut = false
    blocks[next] = Float(milliseconds + offset)
    next = next + 1 == DriftMeter.capacity ? 0 : next + 1
    count = min(count + 1, DriftMeter.capacity)
    // Kept small for the same reason.
    if next == 0 { settle() }
    if count >= DriftMeter.least { draw() }
  }

  /// The `age`th newest; 0 is the newest.
  private func slot(_ age: Int) -> Int {
    let place = next - 1 - age
    return place < 0 ? place + DriftMeter.capacity : place
  }

  private var line: (middle: Float, slope: Float) = (0, 0)
  /// Where the next block should be.
  private var expected: Float {
    count < DriftMeter.least ? blocks[slot(0)] : line.middle + line.slope * (Float(count) + 1) / 2
  }

  private mutating func settle() {
    let base = blocks[slot(0)]
    for index in 0..<DriftMeter.capacity { blocks[index] -= base }
    offset -= Double(base)
  }

  private mutating func draw() {
    for age in 0..<count { isUsed[slot(age)] = true }
    var spread = fit()
    // What is three deviations off was no measurement; twice, for the first line went through it.
    for _ in 0..<2 {
      let most = max(3 * spread, 0.01)
      var left = 0
      for age in 0..<count {
        let isNear = abs(residual(age)) <= most
        isUsed[slot(age)] = isNear
        if isNear { left += 1 }
      }
      guard left >= DriftMeter.least, left >= count / 2 else {
        for age in 0..<count { isUsed[slot(age)] = true }
        spread = fit()
        break
      }
      spread = fit()
    }
    ppm = max(-DriftMeter.steepest, min(DriftMeter.steepest, line.slope * 1_000))
  }

  private func residual(_ age: Int) -> Float {
    let place = Float(count - 1) / 2 - Float(age)
    return blocks[slot(age)] - (line.middle + line.slope * place)
  }

  /// Least squares through what is used.
  ///
  /// - Returns: how far from it a block is, one standard deviation.
  private mutating func fit() -> Float {
    var used: Float = 0
    var places: Float = 0
    var lags: Float = 0
    for age in 0..<count where isUsed[slot(age)] {
      used += 1
      places += Float(count - 1) / 2 - Float(age)
      lags += blocks[slot(age)]
    }
    let place = places / used
    let lag = lags / used
    var square: Float = 0
    var product: Float = 0
    for age in 0..<count where isUsed[slot(age)] {
      let distance = Float(count - 1) / 2 - Float(age) - place
      square += distance * distance
      product += distance * (blocks[slot(age)] - lag)
    }
    let slope = product / max(square, 1)
    line = (lag - slope * place, slope)
    var error: Float = 0
    for age in 0..<count where isUsed[slot(age)] { error += residual(age) * residual(age) }
    let variance = error / max(used - 2, 1)
    // No clock is read better than to a few microseconds.
    let least: Float = 0.005
    deviation = ((variance + least * least) / max(square, 1)).squareRoot() * 1_000
    return (variance * used / max(used - 1, 1)).squareRoot()
  }
}
