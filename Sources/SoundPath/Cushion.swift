/// How much sound is kept in front of the loudspeaker: as little as the machine keeps up with. It
/// begins small, grows when the loudspeaker runs dry or nearly does, and shrinks after long calm.
public struct Cushion: Equatable, Sendable {
  /// Samples of ours: 40 ms are more than any thread of ours may be late.
  public static let most = 640
  static let growth = 64
  static let nearGrowth = 32
  static let shrinkage = 16
  /// Less than this in front of it was luck: a millisecond.
  static let near = 16
  /// Calm seconds until it dares to be smaller.
  static let calm = 600

  public let start: Int
  public private(set) var length: Int
  private var calmSeconds = 0

  public init(start: Int) {
    self.start = start
    length = start
  }

  /// It ran dry.
  public mutating func ranDry() {
    calmSeconds = 0
    length = min(Cushion.most, length + Cushion.growth)
  }

  /// Once a second, with the least that was in front of the loudspeaker in it.
  ///
  /// - Returns: by how much it has changed.
  public mutating func survived(least: Int) -> Int {
    let before = length
    if least < Cushion.near {
      calmSeconds = 0
      length = min(Cushion.most, length + Cushion.nearGrowth)
    } else {
      calmSeconds += 1
      let canShrink = length > start && least > Cushion.near + 2 * Cushion.shrinkage
      if calmSeconds >= Cushion.calm && canShrink {
        calmSeconds = 0
        length = max(start, length - Cushion.shrinkage)
      }
    }
    return length - before
  }
}
