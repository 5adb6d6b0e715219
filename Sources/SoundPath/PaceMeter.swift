/// Whether a card keeps the pace that it claims: its position against a clock, window by window.
///
/// Who looks may be late but never early, so of each window the look that was least late counts.
public struct PaceMeter: Sendable {
  /// A look that is the least late of so long is hardly late at all, in microseconds.
  public static let window: Int64 = 1_000_000
  /// Windows in a row that must agree on one and the same wrong pace.
  public static let patience = 3
  /// Clocks are never so far off, in millionths.
  public static let tolerance: Float = 5_000
  /// Within this, windows agree; of a pace that is far off, within an eighth of it: there the first look
  /// of a window counts, however late it was.
  static let agreement: Float = 2_000

  private let rate: Int
  private var start: Int64?
  /// The least late look of this window and of the last one: how far the card was before what it
  /// claims, in microseconds, and when.
  private var best: (lead: Int64, at: Int64)?
  private var last: (lead: Int64, at: Int64)?
  /// The last before the wrong windows began.
  private var anchor: (lead: Int64, at: Int64)?
  private var wrong: Float = 0
  private var wrongWindows = 0

  /// - Parameter rate: frames a second that it claims.
  public init(rate: Int) { self.rate = rate }

  /// It stumbled or stood still on purpose: what came before says nothing.
  public mutating func cut() { self = PaceMeter(rate: rate) }

  /// - Parameter position: frames since any beginning.
  /// - Returns: the rate at which it runs, as measured, if that is not what it claims.
  public mutating func hear(position: Int64, at now: Int64) -> Int? {
    let lead = position * 1_000_000 / Int64(rate) - now
    guard let start else {
      self.start = now
      best = (lead, now)
      return nil
    }
    if lead > best?.lead ?? .min { best = (lead, now) }
    guard now - start >= PaceMeter.window, let best else { return nil }
    self.start = now
    self.best = nil
    defer { last = best }
    guard let last else { return nil }
    let ppm = PaceMeter.slope(last, best)
    let agreement = max(PaceMeter.agreement, abs(wrong) / 8)
    if abs(ppm) < PaceMeter.tolerance {
      wrongWindows = 0
    } else if wrongWindows > 0, abs(ppm - wrong) < agreement {
      wrongWindows += 1
    } else {
      wrongWindows = 1
      anchor = last
    }
    wrong = ppm
    guard wrongWindows >= PaceMeter.patience, let anchor else { return nil }
    wrongWindows = 0
    return Int(Float(rate) * (1 + PaceMeter.slope(anchor, best) / 1e6))
  }

  private static func slope(_ from: (lead: Int64, at: Int64), _ to: (lead: Int64, at: Int64))
    -> Float
  { Float(to.lead - from.lead) / Float(max(1, to.at - from.at)) * 1e6 }

  /// What was measured, as a rate that converters know, if it is near one. Not on the audio thread.
  public static func likely(_ measured: Int) -> Int {
    for known in ShapeWish.knownRates
    where abs(Float(known) / Float(measured) - 1) * 1e6 < tolerance {
      return known
    }
    return (measured + 5) / 10 * 10
  }
}
