/// One device of a card, in one direction.
public struct PCMFacts: Equatable, Sendable {
  public var device: Int
  public var side: Side
  public var name: String
  /// Nil where it could not be asked, because somebody uses it.
  public var ability: PCMAbility?
  public var use: Use

  public enum Use: Equatable, Sendable {
    case free
    case held(Holder)
    /// It could not be looked at, for another reason.
    case refused(reason: String)
    case unknown
  }

  public init(
    device: Int, side: Side, name: String = "", ability: PCMAbility? = nil, use: Use = .unknown
  ) {
    self.device = device
    self.side = side
    self.name = name
    self.ability = ability
    self.use = use
  }
}

/// Who has a device open.
public struct Holder: Equatable, Sendable {
  /// 0 where it is not said: the holder may live in another container.
  public var process: Int
  /// Empty where this user may not see it.
  public var name: String
  /// It is the daemon that was asked.
  public var isOurs: Bool

  public init(process: Int = 0, name: String = "", isOurs: Bool = false) {
    self.process = process
    self.name = name
    self.isOurs = isOurs
  }
}

extension Holder {
  private static let command = "sudo fuser -v /dev/snd/*"

  /// `pulseaudio (process 812)`
  public var words: String {
    if isOurs { return "auricled itself" }
    if process <= 0 { return "another program" }
    let process = "process " + String(process)
    return name.isEmpty ? process : [name, " (", process, ")"].joined()
  }

  public var advice: String {
    if isOurs { return "it is let go of in a moment" }
    let end =
      name.isEmpty
      ? [Holder.command, " names it; end it"] : ["end it (", Holder.command, " shows all)"]
    return end.joined() + ", or choose another card: auricle sound use CARD"
  }
}

/// What a device can do.
public struct PCMAbility: Equatable, Sendable {
  /// Of the usual ones, in Hz, rising.
  public var rates: [Int]
  /// As ALSA writes them, such as `S16_LE`.
  public var formats: [String]
  public var channels: ClosedRange<Int>

  /// Those that are asked for.
  public static let usualRates = [
    8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
  ]

  public init(rates: [Int], formats: [String], channels: ClosedRange<Int>) {
    self.rates = rates
    self.formats = formats
    self.channels = channels
  }
}
