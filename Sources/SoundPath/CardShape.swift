/// What a card moves: how many samples a second, of how many channels, written how.
public struct CardShape: Equatable, Sendable, BitwiseCopyable {
  public var rate: Int
  public var channels: Int
  public var format: SampleFormat

  public init(rate: Int, channels: Int, format: SampleFormat) {
    self.rate = rate
    self.channels = channels
    self.format = format
  }

  /// One sample of each channel.
  public var bytesPerFrame: Int { channels * format.byteCount }

  /// For people: `48 kHz, 2 channels, 24 bit`.
  public var description: String {
    let width = channels == 1 ? "mono" : "\(channels) channels"
    return "\(CardShape.kilohertz(rate)), \(width), \(format.name)"
  }

  /// For people: `44.1 kHz`.
  public static func kilohertz(_ rate: Int) -> String {
    let thousands = rate / 1_000
    let rest = rate % 1_000
    var kilohertz = "\(thousands)"
    if rest != 0 {
      // Three digits without the noughts at the end: 44.1, 11.025.
      let digits = rest % 100 == 0 ? (rest / 100, 1) : rest % 10 == 0 ? (rest / 10, 2) : (rest, 3)
      var text = "\(digits.0)"
      while text.utf8.count < digits.1 { text = "0" + text }
      kilohertz += "." + text
    }
    return kilohertz + " kHz"
  }

  /// The same at the pace that it really has, where that is known.
  public func running(at pace: Int?) -> CardShape {
    var shape = self
    shape.rate = pace ?? rate
    return shape
  }

  /// For people, with the pace that it really has.
  public func words(_ pace: Int?) -> String {
    guard let pace, pace != rate else { return description }
    return description + ", " + CardShape.kilohertz(pace) + " in truth"
  }
}
