/// Which shape we would like of a card, best first. What it can do, only the card knows: each
/// combination is asked for until it takes one.
public struct ShapeWish: Equatable, Sendable {
  public enum Kind: Sendable {
    /// The card itself: what it takes is what its converters do.
    case hardware
    /// Something in between that makes any shape of any other, such as a sound server.
    case converting
  }

  public static let rates = 8_000...192_000
  public static let mostChannels = 8

  /// 0: any.
  public var rate: Int
  /// The channels that must be there.
  public var leastChannels: Int

  public init(rate: Int = 0, leastChannels: Int = 1) {
    self.rate = rate
    self.leastChannels = max(1, leastChannels)
  }

  /// Our own rate first, for then nothing is resampled; then the whole multiples of it, which are
  /// cheap and exact; then what else converters do.
  static let knownRates = [
    16_000, 48_000, 32_000, 96_000, 44_100, 24_000, 64_000, 88_200, 192_000, 176_400, 22_050,
    12_000, 11_025, 8_000,
  ]

  /// 16 bit are more than a voice needs, and half of the bytes.
  private static let preferredFormats: [SampleFormat] = [
    .int16, .int24Packed, .int24, .int32, .float32,
  ]

  public var wantedRates: [Int] { rate == 0 ? ShapeWish.knownRates : [rate] }

  public func wantedChannels(of kind: Kind) -> [Int] {
    // A codec that is asked for one of its two channels gives the left one, and a microphone may
    // well be on the right; a loudspeaker likewise. A server mixes them itself.
    let order = kind == .hardware ? [2, 1, 4, 6, 8, 3, 5, 7] : [1, 2, 3, 4, 5, 6, 7, 8]
    return order.filter { $0 >= leastChannels }
  }

  public var wantedFormats: [SampleFormat] { ShapeWish.preferredFormats }
}
