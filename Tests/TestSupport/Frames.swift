public import VoiceCore

extension Frame {
  /// The samples as an array.
  public var all: [Int16] { (0..<Frame.sampleCount).map { self[$0] } }

  /// Ten milliseconds of whatever the function says of each sample's number.
  public init(_ sample: (Int) -> Int16) {
    self.init()
    for index in 0..<Frame.sampleCount { self[index] = sample(index) }
  }
}

/// Sound that no microphone gives but a broken driver may.
public enum HostileSound: CaseIterable, Sendable {
  case squareWave, steadyTop, steadyBottom, alternatingExtremes, noise

  public func frame(_ number: Int) -> Frame {
    switch self {
    case .squareWave: Frame { ($0 / 40) % 2 == 0 ? .max : .min }
    case .steadyTop: Frame(repeating: .max)
    case .steadyBottom: Frame(repeating: .min)
    case .alternatingExtremes: Frame { $0 % 2 == 0 ? .max : .min }
    case .noise:
      HostileSound.noise(SeededRandom(seed: UInt64(number)))
    }
  }

  private static func noise(_ dice: SeededRandom) -> Frame {
    var dice = dice
    return Frame { _ in Int16(truncatingIfNeeded: dice.next()) }
  }
}

extension [Frame] {
  /// The same sound later, as long as before.
  public func delayed(by span: SampleSpan) -> [Frame] {
    let silence = [Int16](repeating: 0, count: Int(span.samples))
    return [Frame](Frame.cut(silence + flatMap(\.all)).prefix(count))
  }
}
