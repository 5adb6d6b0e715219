internal import ControlProtocol
internal import Settings

/// Manual pages in roff, made from the same tables as everything else.
enum ManualPage: CaseIterable {
  case auricle, auricled, configuration

  var name: String {
    switch self {
    case .auricle: "auricle"
    case .auricled: "auricled"
    case .configuration: "auricle.conf"
    }
  }

  private var chapter: Int {
    switch self {
    case .auricle: 1
    case .auricled: 8
    case .configuration: 5
    }
  }

  static func named(_ name: String) -> ManualPage? {
    for page in allCases where page.name.isSame(as: name) { return page }
    return nil
  }

  var roff: String {
    var page = Roff(name: name, chapter: chapter)
    switch self {
    case .auricle: ManualPage.writeCommand(to: &page)
    case .auricled: ManualPage.writeDaemon(to: &page)
    case .configuration: ManualPage.writeSettings(to: &page)
    }
    return page.text
  }

  private static func writeCommand(to page: inout Roff) {
    page.section("Name")
    page.paragraph("auricle - see and steer the voice appliance on this machine")
    page.section("Synopsis")
    page.paragraph("auricle [VERB] [OPTION...]")
    page.section("Verbs")
    for verb in Verb.allCases {
      page.item("\(verb.name) \(verb.operands)", verb.summary)
      for paragraph in verb.details { page.more(paragraph) }
    }
    page.section("Options")
    for option in Option.allCases { page.item(option.usage, option.summary) }
    page.paragraph("Each verb refuses options that mean nothing to it.")
    page.section("Exit status")
    for code in ExitCode.allCases { page.item("\(code.number)", code.meaning) }
    page.section("Environment")
    page.item("NO_COLOR", "When set and not empty, nothing is coloured.")
    page.section("Examples")
    for verb in Verb.allCases {
      for example in verb.examples { page.item(example.line, example.effect) }
    }
    writeEnd(
      to: &page, files: ["/run/auricle/control.sock"], others: "auricled(8), auricle.conf(5)")
  }

  private static func writeDaemon(to page: inout Roff) {
    page.section("Name")
    page.paragraph("auricled - the voice appliance")
    page.section("Synopsis")
    page.paragraph("auricled [--config FILE]... [--check | --cards | --mixers]")
    page.section("Description")
    page.paragraph(
      "Hears, decides when a person speaks, sends only the speech to a voice agent, plays the answer, and falls silent the moment it is interrupted. Runs in the foreground; auricled.service starts it at boot. SIGTERM and SIGINT end it cleanly. A second daemon on the same socket refuses to start."
    )
    page.section("Options")
    page.item(
      "--config FILE",
      "Read this settings file instead of the device's own; may be repeated, later ones win.")
    page.item("--check", "Read the settings, say what is wrong with them, and end.")
    page.item(
      "--cards", "Print the sound cards and which would be used, for auricle sound list, and end.")
    page.item(
      "--mixers", "Print levels and switches of all cards, for auricle support, and end.")
    page.item("--help", "Say how to use it.")
    page.item("--version", "Say the version.")
    page.section("Exit status")
    page.item("0", "It ended as it was asked to.")
    page.item("1", "It could not start.")
    page.item("2", "Wrong use, or settings files with errors.")
    page.section("Diagnostics")
    page.paragraph(
      "Standard error, and so the journal, holds one line per event as key=value pairs. What people say is never logged. On a settings file with errors it names all of them and does not start."
    )
    writeEnd(
      to: &page,
      files: [
        "/etc/auricle/auricle.conf", "/etc/auricle/conf.d/*.conf", "/run/auricle/control.sock",
      ],
      others: "auricle(1), auricle.conf(5)")
  }

  private static func writeSettings(to page: inout Roff) {
    page.section("Name")
    page.paragraph("auricle.conf - settings of the voice appliance")
    page.section("Description")
    page.paragraph(
      "auricled(8) reads /etc/auricle/auricle.conf, then /etc/auricle/conf.d/*.conf in the order of their names; what a later file says wins. A file is made of sections in brackets and key = value lines. A comment has its own line and begins with # or ;."
    )
    page.paragraph(
      "Times need their unit (700 ms, 2 s), and so do levels (-12 dB) and rates (16000 bit/s); all numbers are whole. Yes and no may also be on and off, true and false. Text may stand in double quotes."
    )
    page.paragraph(
      "The daemon does not start on a bad file, and names everything that is wrong; auricle settings --files does the same before a restart. A file takes effect when the daemon starts."
    )
    for section in SettingsTable.sections {
      page.section("[\(section.name)]")
      page.paragraph(section.help)
      for row in SettingsTable.rows where row.section.isSame(as: section.name) {
        let value = row.defaultText
        page.item("\(row.key) = \(value.isEmpty ? "\"\"" : value)", row.help)
        page.more("Allowed: \(row.kind.allowed).")
        if let command = row.command { page.more("\(command) changes it at once.") }
      }
    }
    writeEnd(
      to: &page, files: ["/etc/auricle/auricle.conf", "/etc/auricle/conf.d/*.conf"],
      others: "auricled(8), auricle(1)")
  }

  private static func writeEnd(to page: inout Roff, files: [String], others: String) {
    page.section("Files")
    for file in files { page.line(file) }
    page.section("See also")
    page.paragraph(others)
  }
}

/// The few macros of man(7) our pages need, with everything escaped.
struct Roff {
  private(set) var text: String

  init(name: String, chapter: Int) {
    text =
      ".TH \(Roff.escaped(name)) \(chapter) \"\" \"Auricle \(Version.current)\" \"Auricle\"\n.nh\n.ad l\n"
  }

  mutating func section(_ name: String) { text += ".SH \(Roff.escaped(name))\n" }
  mutating func paragraph(_ words: String) { text += ".PP\n\(Roff.escaped(words))\n" }
  mutating func item(_ head: String, _ words: String) {
    text += ".TP\n.B \(Roff.escaped(head))\n\(Roff.escaped(words))\n"
  }
  /// One more paragraph of the item.
  mutating func more(_ words: String) { text += ".IP\n\(Roff.escaped(words))\n" }
  mutating func line(_ words: String) { text += "\(Roff.escaped(words))\n.br\n" }

  static func escaped(_ words: String) -> String {
    var bytes: [UInt8] = []
    for byte in words.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes += "\\e".utf8
      case UInt8(ascii: "-"): bytes += "\\-".utf8
      case UInt8(ascii: "\""): bytes += "\\(dq".utf8
      // At the start of a line these would be a request.
      case UInt8(ascii: "."), UInt8(ascii: "'"):
        if bytes.isEmpty { bytes += "\\&".utf8 }
        bytes.append(byte)
      default: bytes.append(byte)
      }
    }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
