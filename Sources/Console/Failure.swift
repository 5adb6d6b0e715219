public import ControlProtocol
public import Linux
public import Settings

/// Why the command did not do what it was asked: sentences for a technician, and the exit code.
public enum Failure: Error, Equatable, Sendable {
  /// `help` is what to type to learn more.
  case wrongUse(String, help: String)
  case notRunning(socket: String)
  case notPermitted(socket: String, group: String)
  case unreachable(LinuxError)
  case silent(milliseconds: Int64)
  case hungUp
  case notOurs(ControlError)
  case refused(String)
  case badSettings(SettingsError)
  case output(LinuxError)
  /// A settings file.
  case notWritten(LinuxError)

  public var exitCode: ExitCode {
    switch self {
    case .wrongUse: .wrongUse
    case .notRunning, .notPermitted, .unreachable, .silent, .hungUp, .notOurs: .unreachable
    case .refused, .output, .notWritten: .refused
    case .badSettings: .badSettings
    }
  }

  /// What went wrong, in one sentence.
  public var sentence: String {
    switch self {
    case .wrongUse(let what, _): what
    case .notRunning(let socket): "auricled is not running: nobody listens at \(socket)"
    case .notPermitted(let socket, _): "you may not use \(socket)"
    case .unreachable(let error): "auricled cannot be reached: \(error.description)"
    case .silent(let span):
      "auricled does not answer: waited \(Words.span(milliseconds: span))"
    case .hungUp: "auricled closed the connection"
    case .notOurs(let error): "auricled answered what is no answer: \(error.description)"
    case .refused(let sentence): sentence
    case .badSettings: "the settings files have errors"
    case .notWritten(let error): "the setting is not changed: \(error.description)"
    case .output(let error): "the output could not be written: \(error.reason)"
    }
  }

  /// What to do about it, a line each.
  public var advice: [String] {
    switch self {
    case .wrongUse(_, let help): [help]
    case .notRunning:
      [
        "start it          systemctl start auricled",
        "why it stopped    journalctl -u auricled -n 30",
        "check settings    auricle settings --files",
      ]
    case .notPermitted(_, let group):
      group.isEmpty
        ? [
          "root may: sudo auricle ...", "others may once [control] group names a group they are in",
        ]
        : ["root may (sudo auricle ...), and members of the group \(group)"]
    case .silent, .hungUp: ["look why          journalctl -u auricled -n 30"]
    case .notOurs: ["another program may own that socket, or the two versions do not fit"]
    case .badSettings(let error): error.lines
    case .notWritten(let error) where error.isPermission: ["root may: sudo auricle ..."]
    case .unreachable, .refused, .output, .notWritten: []
    }
  }
}
