import Acoustics
import Checkup
import ControlProtocol
import Settings

extension Parser {
  /// `AcousticFile`: what was measured at other times, from a disk that may have lost power.
  static let acoustics = Parser(
    "acoustics", longest: 2_048,
    seeds: { [[0] + AcousticText.right, [1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 30, 5, 2, 3, 1, 9]] }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let bytes = choices.byte() & 1 == 0 ? choices.rest() : AcousticText.make(&choices)
    guard var file = try? AcousticFile(contents: bytes) else { return 1 }
    let written = file.contents
    guard let again = try? AcousticFile(contents: written) else {
      throw Broken("what was taken is not taken again")
    }
    // Figures are rounded once, and then no more.
    try hold(
      (try? AcousticFile(contents: again.contents)) == again, "a file drifts from its own contents")
    for record in [file.installed, file.last] {
      guard let record else { continue }
      // What the command line is told, and what it says of it.
      guard let measured = Measurement(record) else { continue }
      var fields = record
      measured.write(to: &fields, withClick: true)
      try hold(fields.encode().count < Fields.largestBlock, "too much for an answer")
      var facts = CheckFacts()
      facts.daemon = record
      facts.sound = .measured(fields)
      for finding in Checkup(facts).findings {
        try hold(finding.says.utf8.count < 3 * AcousticFile.largest, "an endless finding")
      }
      file.take(record, isGood: true, accept: bytes.count & 1 == 1)
    }
    return 1
  }

  /// `SettingsEditor`: one value into a file that somebody else wrote.
  static let editor = Parser(
    "editor", longest: 512,
    seeds: {
      [
        "[alsa]\nmicrophone = hw:0\n# speak\n\n[speaker]\nvolume = 70 %\n",
        "# nothing\n", "[speaker]\r\nvolume = 70 %\r\n[alsa]\r\nperiod = 10 ms\r\n",
        "\u{FEFF}[alsa]\nmicrophone = auto", "[alsa]\n[alsa]\nmicrophone=auto\n",
      ].map { [0, 1] + Array($0.utf8) }
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let name = choices.of([("alsa", "microphone"), ("alsa", "loudspeaker"), ("speaker", "volume")])
    guard let row = SettingsTable.find(name.0, name.1) else { throw Broken("no such setting") }
    let setting = SettingsTable.rows[row]
    let given =
      name.0 == "speaker"
      ? choices.of(["0 %", "55 %"])
      : choices.of(["auto", "usb-path:1-1.2", "\"hw:0 # a\"", "a;b", "\"", "\" a\"", "card:a\"b"])
    // Only what the setting itself takes is written.
    guard let value = setting.read(given) else { return 0 }
    let before = choices.rest()
    var reader = SettingsReader()
    reader.read(before, file: "before")
    guard let loaded = try? reader.finish() else { return 1 }
    let text = setting.kind.text(value)
    let after = SettingsEditor.apply(
      [SettingsEditor.Change(name.0, name.1, text)], to: before, heading: "by a test")
    guard after.count <= SettingsReader.largestFile else { return 1 }
    var second = SettingsReader()
    second.read(after, file: "before")
    guard let changed = try? second.finish() else {
      throw Broken("a right file is none any more with \(setting.name) = \(text)")
    }
    for other in SettingsTable.rows.indices {
      let right = other == row ? value : SettingsTable.rows[other].value(in: loaded.settings)
      try hold(
        SettingsTable.rows[other].value(in: changed.settings) == right,
        "\(SettingsTable.rows[other].name) is another one")
    }
    let twice = SettingsEditor.apply(
      [SettingsEditor.Change(name.0, name.1, text)], to: after, heading: "by a test")
    try hold(twice == after, "written twice it is another file")
    return 1
  }
}

private enum AcousticText {
  static let right = Array(
    """
    acoustics=1

    kind=installed
    at=1795219200
    microphone=hw:0
    loudspeaker=hw:0
    firmware=1
    volume=70
    grade=good
    microphone_constant=no
    noise_db=-60.1
    echo=yes
    delay_ms=12.345
    echo_gain_db=-20.1
    bands_db=1,2,-3
    click_db=0,-9


    """.utf8)

  private static let keys = [
    "noise_db", "offset", "heard_db", "played_db", "clipped_share", "echo_reduction_db", "delay_ms",
    "echo_gain_db", "above_noise_db", "drift_ppm", "jump_ms", "decay_ms", "room_db", "distortion",
    "click_top", "at", "volume", "bands_db", "click",
  ]

  static func make(_ choices: inout Choices) -> [UInt8] {
    var text = "acoustics=1\n\n"
    for kind in ["installed", "last"].prefix(1 + choices.pick(2)) {
      var values: [String: String] = [
        "kind": kind, "at": "1795219200", "grade": choices.of(["good", "remark", "wrong"]),
        "microphone_constant": choices.of(["no", "yes"]), "echo": choices.of(["yes", "no"]),
        "noise_db": "-60",
      ]
      for _ in 0..<choices.pick(24) {
        let key = choices.of(keys)
        let number = choices.number(10, in: -100...1_000_000)
        values[key] =
          key == "bands_db" || key == "click"
          ? (0..<choices.pick(256)).map { "\(number &+ Int64($0))" }.joined(separator: ",")
          : choices.of(["\(number)", "\(number).5", "0.\(number.magnitude)", "-", ".", "1e9"])
      }
      for (key, value) in values.sorted(by: { $0.key < $1.key }) { text += "\(key)=\(value)\n" }
      text += "\n"
    }
    return Array(text.utf8)
  }
}
