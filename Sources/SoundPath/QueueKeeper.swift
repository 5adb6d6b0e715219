/// Keeps the way from the microphone to the air as long as it is, while two clocks pull it apart:
/// what is played is made longer or shorter by millionths, and by a piece of silence when a card has
/// stumbled.
///
/// The *lag* is what stands between a sample that was captured and one that is handed over now until
/// the air has it, in samples of ours. It does not know how late our thread is, for what waits in
/// front of the microphone makes up for what is missing in front of the loudspeaker.
public struct QueueKeeper: Sendable {
  public enum Kind: Sendable {
    /// The card itself: its positions are exact to a millisecond or so.
    case hardware
    /// A sound server: its delay jitters.
    case converting
  }

  /// Blocks of a second.
  public static let blockFrames = 100
  private static let perMillisecond = 16.0

  /// Time in which half and more of what is wrong is made good.
  private var holdSeconds: Float { kind == .hardware ? 10 : 60 }
  /// Millionths that the correction may take on top of the drift.
  private var mostCorrection: Float { kind == .hardware ? 300 : 150 }
  /// What is as wrong as this is cut out of silence, in samples.
  private var silentJump: Float { kind == .hardware ? 24 : 320 }
  /// What is as wrong as this for `patience` frames is cut out of anything.
  private var urgentJump: Float { kind == .hardware ? 80 : 960 }
  private static let patience = 10
  /// Within this the queue is left alone, in samples.
  private static let tolerance: Float = 4

  private let kind: Kind
  /// Where the lag belongs; nil while it is being found out.
  public private(set) var aim: Float?
  private var block = InlineArray<100, Float>(repeating: 0)
  private var filled = 0
  private var wrongFrames = 0
  private var isCorrecting = false
  public private(set) var meter = DriftMeter()

  /// By how much longer what is played is to be made.
  public private(set) var stretchPPM: Float = 0
  /// The lag as it was in the last whole block; nil before.
  public private(set) var lag: Float?

  public init(kind: Kind) { self.kind = kind }

  /// By how many millionths the loudspeaker's clock is faster than the microphone's, and how unsure
  /// that is.
  public var drift: (ppm: Float, deviation: Float)? {
    meter.deviation.map { (-meter.ppm, $0) }
  }

  /// The card begins, or begins anew: what was measured of its clock stays true.
  ///
  /// - Parameter aim: where the lag belongs, where that is known: what a card itself is given is what
  ///   it plays. Nil: where it turns out to be.
  public mutating func begin(aim: Float?) {
    self.aim = aim
    interrupt()
  }

  private mutating func interrupt() {
    filled = 0
    wrongFrames = 0
    meter.cut()
  }

  /// The queue is to be this much longer from now on; the caller has seen to it.
  public mutating func move(by samples: Float) {
    aim = aim.map { $0 + samples }
    interrupt()
  }

  /// Once a frame, before it is handed over.
  ///
  /// - Parameters:
  ///   - lag: as measured now.
  ///   - moved: by how many samples all slewing so far has made the queue longer.
  ///   - isSilent: nothing would be heard of a jump.
  /// - Returns: samples by which the queue must jump now: more silence if positive, a piece of what is
  ///   to be played left out if negative; 0 nearly always. The caller does it.
  public mutating func hear(lag now: Float, moved: Double, isSilent: Bool) -> Int {
    block[filled] = now
    filled += 1
    if let aim {
      wrongFrames = abs(now - aim) > urgentJump ? wrongFrames + 1 : 0
      if wrongFrames >= QueueKeeper.patience, isSilent || now > aim {
        let jump = aim - median(of: filled, last: QueueKeeper.patience)
        interrupt()
        return Int(jump.rounded())
      }
    }
    guard filled == QueueKeeper.blockFrames else { return 0 }
    let middle = median(of: filled, last: filled)
    filled = 0
    lag = middle
    // As it would be if nothing had been slewed: the clocks alone.
    meter.hear((Double(middle) - moved) / QueueKeeper.perMillisecond)
    guard let aim else {
      self.aim = middle
      return 0
    }
    let wrong = aim - middle
    if isSilent, abs(wrong) > silentJump {
      interrupt()
      return Int(wrong.rounded())
    }
    correct(wrong)
    return 0
  }

  private mutating func correct(_ wrong: Float) {
    var wanted: Float = 0
    if let deviation = meter.deviation, deviation < 20 {
      // A drift that may as well be none is none: then what is played stays as it is, to the bit.
      if abs(meter.ppm) > 2 * deviation + 0.5 || stretchPPM != 0 { wanted = -meter.ppm }
      if abs(meter.ppm) < 0.3 { wanted = 0 }
    }
    if abs(wrong) > 2 * QueueKeeper.tolerance { isCorrecting = true }
    if abs(wrong) < QueueKeeper.tolerance / 2 { isCorrecting = false }
    if isCorrecting || wanted != 0 {
      // Samples to millionths of a second's samples.
      let correction = wrong / (holdSeconds * 16_000) * 1e6
      wanted += max(-mostCorrection, min(mostCorrection, correction))
    }
    stretchPPM = wanted
  }

  /// Of the last of the block's first `count`.
  private func median(of count: Int, last: Int) -> Float {
    let first = max(0, count - last)
    var sorted = block
    // Insertion: the lag hardly moves, so there is little to do.
    for index in (first + 1)..<max(first + 1, count) {
      let value = sorted[index]
      var place = index
      while place > first, sorted[place - 1] > value {
        sorted[place] = sorted[place - 1]
        place -= 1
      }
      sorted[place] = value
    }
    return sorted[(first + count) / 2]
  }
}
