/// One thing wrong in a settings file: where, what was given, what would be right.
public struct SettingsProblem: Equatable, Sendable, CustomStringConvertible {
  public let file: String
  /// Counted from 1; 0 when it is about the whole file.
  public let line: Int
  public let fault: Fault

  public init(file: String, line: Int, fault: Fault) {
    self.file = file
    self.line = line
    self.fault = fault
  }

  public enum Fault: Equatable, Sendable {
    case unreadable(reason: String)
    case tooBig(limit: Int)
    case tooManyFiles(limit: Int)
    case lineTooLong(limit: Int)
    /// A zero or another control character.
    case controlCharacter
    case notUTF8
    case badSectionLine(given: String)
    case unknownSection(given: String, nearest: String?)
    /// `home` is the section that has such a key.
    case unknownKey(section: String, given: String, nearest: String?, home: String?)
    case outsideSection(given: String, home: String?)
    case noEqualsSign(given: String)
    case givenTwice(name: String, firstLine: Int)
    case badValue(name: String, given: String, fault: ValueFault, allowed: String)
    /// Two values that are fine alone and wrong together.
    case outOfOrder(shorter: String, longer: String, needed: String)
    /// One of two that only work together.
    case alone(name: String, missing: String)
  }

  public var description: String {
    line > 0 ? "\(file):\(line): \(sentence)" : "\(file): \(sentence)"
  }

  /// Without the place.
  public var sentence: String {
    switch fault {
    case .unreadable(let reason): return "cannot be read: \(reason)"
    case .tooBig(let limit): return "is larger than \(limit / 1_024) KiB: this is no settings file"
    case .tooManyFiles(let limit): return "holds more than \(limit) settings files: join some"
    case .lineTooLong(let limit): return "the line is longer than \(limit) bytes: shorten it"
    case .controlCharacter:
      return "the line holds a control character: this is no text file, or it is damaged"
    case .notUTF8: return "the line is not valid UTF-8: save the file as UTF-8"
    case .badSectionLine(let given):
      return "\"\(given)\" is no section: write it as [name], alone on its line"
    case .unknownSection(let given, let nearest):
      let advice =
        nearest.map { "did you mean [\($0)]?" }
        ?? "there are \(SettingKind.list(SettingsTable.sections.map { $0.name }))"
      return "there is no section [\(given)]: \(advice)"
    case .unknownKey(let section, let given, let nearest, let home):
      let advice: String
      if let home {
        advice = "it belongs under [\(home)]"
      } else if let nearest {
        advice = "did you mean \(nearest)?"
      } else {
        advice = "it has \(SettingKind.list(SettingsTable.keys(of: section)))"
      }
      return "[\(section)] has no key \"\(given)\": \(advice)"
    case .outsideSection(let given, let home):
      return
        "\"\(given)\" stands before any section: put it under \(home.map { "[\($0)]" } ?? "its [section]")"
    case .noEqualsSign(let given): return "\"\(given)\" is no setting: write it as key = value"
    case .givenTwice(let name, let firstLine):
      return "\(name) is given again: it already stands in line \(firstLine)"
    case .badValue(let name, let given, let fault, let allowed):
      return SettingsProblem.sentence(name, given, fault, allowed)
    case .outOfOrder(let shorter, let longer, let needed):
      return "\(shorter) and \(longer) do not fit together: \(needed)"
    case .alone(let name, let missing):
      return "\(name) does nothing without \(missing): set both or neither"
    }
  }

  private static func sentence(
    _ name: String, _ given: String, _ fault: ValueFault, _ allowed: String
  ) -> String {
    let what = "\(name) = \(given)"
    switch fault {
    case .empty: return "\(name) has no value: allowed is \(allowed)"
    case .notANumber: return "\(what) is not a whole number: allowed is \(allowed)"
    case .missingUnit(let better): return "\(what) lacks its unit: write \(better)"
    case .wrongUnit(let unit, let right):
      return "\(what) has a wrong unit \"\(unit)\": right is \(right), \(allowed)"
    case .outOfRange: return "\(what) is out of range: allowed is \(allowed)"
    case .notAllowed: return "\(what) is not known: allowed is \(allowed)"
    case .tooLong(let limit): return "\(what) is longer than \(limit) bytes: shorten it"
    case .badPin:
      return
        "\(what) is no pin: write the SHA-256 of a public key in base64 (docs/OPERATIONS.md), several with blanks between"
    case .badButton(let name):
      return
        "\(what): \(name) is no button we know: write a name of the kernel's (evtest shows them), or the number of a key"
    case .badCard(let right): return "\(what) names no card: right is \(right)"
    case .badAddress: return "\(what) is no address: write it as \(allowed)"
    case .commentAfterValue:
      return
        "\(what) has a comment behind it: give the comment its own line, or put the value in quotes"
    }
  }
}

/// Everything wrong in all files, in one go. The daemon does not start on any of it.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  public let problems: [SettingsProblem]
  /// How many more there were than are kept.
  public let unlisted: Int

  public init(problems: [SettingsProblem], unlisted: Int = 0) {
    self.problems = problems
    self.unlisted = unlisted
  }

  /// One line per problem.
  public var lines: [String] {
    var lines = problems.map { $0.description }
    if unlisted > 0 { lines.append("and \(unlisted) more") }
    return lines
  }

  public var description: String {
    var text = ""
    for line in lines { text += text.isEmpty ? line : "\n" + line }
    return text
  }
}
