internal import Settings

/// `auricle help`: what there is; `auricle help VERB`: how to use one.
enum HelpPage {
  static var overview: [String] {
    var lines = [
      "auricle: see and steer the voice appliance on this machine", "",
      "usage: auricle [VERB] [OPTION...]", "",
    ]
    for verb in Verb.allCases {
      lines.append("  " + Words.leftAligned(heading(of: verb), 20) + verb.summary)
    }
    lines += ["", "options of every verb that asks the daemon:"]
    for option in [Option.json] + Option.common { lines.append(self.line(for: option)) }
    lines += ["", "exit codes:"]
    for code in ExitCode.allCases {
      lines.append("  \(code.number)  \(code.meaning)")
    }
    lines += ["", "auricle help VERB says more; man auricle, man auricle.conf."]
    return lines
  }

  static func about(_ verb: Verb) -> [String] {
    var lines = ["auricle \(verb.name): \(verb.summary)", "", "usage: \(usage(of: verb))"]
    for paragraph in verb.details {
      lines.append("")
      lines += Lines.wrapped(paragraph, width: 78)
    }
    let options = verb.options + (verb.asksDaemon ? Option.common : [])
    if !options.isEmpty {
      lines += ["", "options:"]
      for option in options { lines.append(self.line(for: option)) }
    }
    if !verb.examples.isEmpty {
      lines += ["", "examples:"]
      for example in verb.examples { lines += ["  \(example.line)", "      \(example.effect)"] }
    }
    return lines
  }

  /// `auricle volume [0-100] [OPTION...]`
  static func usage(of verb: Verb) -> String {
    var usage = "auricle \(verb.name)"
    if !verb.operands.isEmpty { usage += " \(verb.operands)" }
    return verb.options.isEmpty ? usage : "\(usage) [OPTION...]"
  }

  private static func heading(of verb: Verb) -> String {
    // Its operands would not leave room for the rest.
    verb.operands.isEmpty || verb == .process ? verb.name : "\(verb.name) \(verb.operands)"
  }

  private static func line(for option: Option) -> String {
    "  " + Words.leftAligned(option.usage, 20) + option.summary
  }
}
