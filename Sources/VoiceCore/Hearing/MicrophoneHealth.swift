/// Notices a microphone that hears nothing, or nothing of use, however healthy its card claims to
/// be. A quiet room is none of these: no converter gives the same number twice for long, and only
/// what is exactly constant counts.
public struct MicrophoneHealth: Equatable, Sendable {
  public enum Trouble: Equatable, Sendable {
    /// Nothing but zeros.
    case silent
    /// Nothing but one other number.
    case stuck
    /// A constant voltage, and next to nothing on top of it.
    case voltage
    /// At its top much of the time.
    case clipping
  }

  public enum Change: Equatable, Sendable {
    case fellIll(Trouble)
    case recovered
  }

  /// Constant for longer is no pause of a driver.
  static let patience = SampleSpan.seconds(10)
  /// Some speakerphones give zeros while nobody speaks, so zeros are given longer. One that came back
  /// to life by itself is given so many times as long as it took, but never longer than a shop is
  /// empty over night.
  static let patienceWithZeros = SampleSpan.seconds(60)
  static let forbearance: Int64 = 4
  static let mostPatience = SampleSpan.seconds(12 * 3_600)
  /// A voltage of this and noise of at most that.
  private static let voltage = 650
  private static let stillness = 4
  /// Samples of a frame that make it a clipped one: a single click is none.
  private static let clippedSamples = 4
  /// Over about ten seconds.
  private static let memory: Float = 0.001
  private static let clipping = (ill: Float(0.3), well: Float(0.05))

  public private(set) var trouble: Trouble?
  private var last = Int16.min
  private var constantSince: SampleTime?
  private var stillSince: SampleTime?
  /// Of zeros that came to an end: no gate gives another number.
  private var longestZeros = SampleSpan.zero
  private var clippedShare: Float = 0

  public init() {}

  /// Each frame of a microphone that is open.
  ///
  /// - Parameter time: the end of the frame.
  public mutating func hear(_ shape: MicrophoneShape, at time: SampleTime) -> Change? {
    let start = time - Frame.span
    if shape.lowest == shape.highest, constantSince != nil ? shape.lowest == last : true {
      constantSince = constantSince ?? start
    } else {
      if let since = constantSince, last == 0 { longestZeros = max(longestZeros, start - since) }
      constantSince = shape.lowest == shape.highest ? start : nil
    }
    last = shape.lowest
    let isStill =
      Int(shape.highest) - Int(shape.lowest) <= MicrophoneHealth.stillness
      && abs(Int(shape.lowest)) > MicrophoneHealth.voltage
    stillSince = isStill ? stillSince ?? start : nil
    let isClipped = Int(shape.clipped) >= MicrophoneHealth.clippedSamples
    clippedShare += ((isClipped ? 1 : 0) - clippedShare) * MicrophoneHealth.memory
    return judge(at: time)
  }

  private mutating func judge(at time: SampleTime) -> Change? {
    let before = trouble
    trouble = now(at: time)
    if trouble == before { return nil }
    return trouble.map { .fellIll($0) } ?? .recovered
  }

  private var patienceWithZeros: SampleSpan {
    let learned = SampleSpan(samples: longestZeros.samples * MicrophoneHealth.forbearance)
    return min(max(MicrophoneHealth.patienceWithZeros, learned), MicrophoneHealth.mostPatience)
  }

  private func now(at time: SampleTime) -> Trouble? {
    let patience = last == 0 ? patienceWithZeros : MicrophoneHealth.patience
    if let constantSince, time - constantSince >= patience { return last == 0 ? .silent : .stuck }
    if let stillSince, constantSince == nil, time - stillSince >= MicrophoneHealth.patience {
      return .voltage
    }
    let bar = trouble == .clipping ? MicrophoneHealth.clipping.well : MicrophoneHealth.clipping.ill
    return clippedShare > bar ? .clipping : nil
  }
}

extension MicrophoneHealth.Trouble {
  /// In one word for programs.
  public var code: String {
    switch self {
    case .silent: "silent-microphone"
    case .stuck: "stuck-microphone"
    case .voltage: "dc-microphone"
    case .clipping: "clipping-microphone"
    }
  }

  public var reason: String {
    switch self {
    case .silent: "the microphone gives nothing but zeros"
    case .stuck: "the microphone gives the same sample all the time"
    case .voltage: "the microphone gives a constant voltage and no sound"
    case .clipping: "the microphone is too loud: it clips much of the time"
    }
  }

  public var advice: String {
    switch self {
    case .silent: "is it plugged in, its switch on, its capture level up?"
    case .stuck: "unplug it and plug it in again; if that does not help it is broken"
    case .voltage: "is a microphone connected to that input, and of the kind that it wants?"
    case .clipping: "lower its capture level"
    }
  }
}
