/// How the command ends; part of what scripts rely on.
public enum ExitCode: CaseIterable, Sendable {
  case good, refused, wrongUse, unreachable, badSettings, remark

  public var number: Int32 {
    switch self {
    case .good: 0
    case .refused: 1
    case .wrongUse: 2
    case .unreachable: 3
    case .badSettings: 4
    case .remark: 5
    }
  }

  /// For the manual.
  public var meaning: String {
    switch self {
    case .good: "It is done."
    case .refused:
      "It was refused or could not be done, with files either; check: something is wrong."
    case .wrongUse: "Unknown verb, option or value."
    case .unreachable: "No daemon answers: it does not run, or you may not use its socket."
    case .badSettings: "The settings files have errors."
    case .remark: "check: it works, and somebody should look at something."
    }
  }
}
