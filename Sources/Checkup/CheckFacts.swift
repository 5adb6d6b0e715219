public import ControlProtocol

/// All that was found out about a device; the checkup says what it means.
public struct CheckFacts {
  /// What the daemon says of itself; nil where it could not be asked.
  public var daemon: Fields?
  /// Why not, and what to do about it.
  public var whyNoDaemon: (code: String, says: String, advice: String)?
  public var sound = SoundFacts.notAsked
  public var board = BoardFacts()
  /// What is wrong in the settings files, a line each.
  public var settingsProblems: [String] = []
  /// Settings that the files have and the daemon has not.
  public var staleSettings: [String] = []
  /// Of the command.
  public var version = ""

  public enum SoundFacts {
    /// Nobody wanted a sound.
    case notAsked
    case refused(String)
    case measured(Fields)
  }

  public init() {}
}

/// What the machine says, whether or not a daemon runs.
public struct BoardFacts: Sendable {
  /// Seconds since 1970.
  public var now: Int64 = 0
  /// Not before this was the software made.
  public var release: Int64 = 0
  /// The hottest zone, in degrees.
  public var temperature: Double?
  /// The Raspberry Pi's word for supply and speed; nil elsewhere.
  public var throttled: UInt32?
  public var memory: (freeKiB: Int, allKiB: Int)?
  /// Where `device.state` is, as far as the command may look; nil while the files have mistakes.
  public var stateFolder: String?
  public var stateFreeKiB: Int?
  public var stateProblem = ""

  public init() {}
}
