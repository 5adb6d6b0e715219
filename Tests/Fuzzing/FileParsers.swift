import Appliance
import CloudAgent
import Settings
import VoiceCore

extension Parser {
  /// `SettingsReader`: files of settings, one after the other as the daemon reads them.
  static let settings = Parser(
    "settings", longest: 1_024,
    seeds: {
      [[0] + Array(SampleFile.text.utf8.prefix(1_000)), [1, 0, 0, 3, 0, 40, 1]]
        + SettingsTable.rows.indices.map { [1, 1, UInt8($0), 0, 0, 0] }
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    var reader = SettingsReader()
    if choices.byte() & 1 == 0 {
      reader.read(choices.rest(), file: "a.conf")
    } else {
      for _ in 0...choices.pick(3) { reader.read(SettingsText.make(&choices), file: "b.conf") }
    }
    let loaded: LoadedSettings
    do throws(SettingsError) { loaded = try reader.finish() } catch {
      try hold(error.problems.count <= SettingsReader.mostProblems, "a page of problems")
      try hold(error.description.utf8.count <= 100_000, "an endless error")
      return 1
    }
    try hold(loaded.origins.count == SettingsTable.rows.count, "an origin is missing")
    for row in SettingsTable.rows {
      let text = row.text(in: loaded.settings)
      try hold(
        row.read(text) == row.value(in: loaded.settings),
        "\(row.name) = \(text) does not come back from its own text")
    }
    return 1
  }

  /// `EchoFile`: what was learned of the room, from a disk that may have lost power.
  static let echo = Parser(
    "echo", longest: 128, seeds: { [[0], [1, 0, 0], [2, 16, 4, 0x7F, 0xC0], [3, 200]] }
  ) { input throws(Broken) in
    var choices = Choices(input)
    var bytes = EchoText.right
    let isSummed = choices.byte() & 1 == 1
    while !choices.isEmpty {
      switch choices.pick(4) {
      case 0: bytes[choices.length() * 4 % bytes.count] = choices.byte()
      case 1:
        let place = 8 + choices.length() * 4 % (bytes.count - 16)
        for index in 0..<4 { bytes[place + index] = choices.byte() }
      case 2:
        // Numbers that are none, and infinite ones.
        let place = 16 + 4 * choices.pick(8)
        let word = choices.of(
          [
            0x7FC0_0000, 0x7F80_0000, 0xFF80_0000, 0x8000_0000, 0x7FFF_FFFF, 0, 0x4F00_0000,
          ] as [UInt32])
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: word >> (8 * index)) }
      default: bytes.removeLast(min(bytes.count - 40, choices.pick(40)))
      }
    }
    if isSummed { EchoText.sum(&bytes) }
    var memory = EchoMemory()
    guard (try? EchoFile.decode(bytes, card: 7, into: &memory)) != nil else { return 1 }
    try hold(memory.isPlausible, "what is impossible was taken")
    try hold(EchoFile.encode(memory, card: 7) == bytes, "a file does not come back from its memory")
    return 1
  }

  /// `DeviceList`: the agent's file of devices, written by hand.
  static let devices = Parser(
    "devices", longest: 512,
    seeds: {
      let hash = String(repeating: "a1", count: 32)
      return [
        "kiosk-1 \(hash) sessions=2 tokens_per_minute=6 max_turn_ms=30000\n# a\nkiosk-2 -\nx refused\n",
        "a \(hash)\r\nb\t-\n",
      ].map { Array($0.utf8) }
    }
  ) { input throws(Broken) in
    let text = Array(String(decoding: input, as: UTF8.self).utf8)
    guard let list = try? DeviceList(text, file: "devices", usual: DeviceLimits()) else { return 1 }
    try hold(list.count <= text.count / 3 + 1, "\(list.count) devices in \(text.count) bytes")
    return 1
  }
}

private enum SettingsText {
  /// Lines with keys of ours, in their section or another, with values at the edge.
  static func make(_ choices: inout Choices) -> [UInt8] {
    var text = choices.isRare(16) ? "\u{FEFF}" : ""
    for _ in 0...choices.pick(24) {
      let row = SettingsTable.rows[choices.pick(SettingsTable.rows.count)]
      let section = choices.isRare(16) ? choices.of(["", "none", "link"]) : row.section
      if !choices.isRare(8) { text += "[\(section)]\n" }
      text += choices.isRare(16) ? choices.of([" ", "\t", "#", "\u{1}", "="]) : ""
      text += row.key + choices.of(["=", " = ", " ", "=="])
      switch choices.pick(8) {
      case 0, 1, 2: text += row.defaultText
      case 3: text += "\(choices.number(0, in: .min...Int64.max))"
      case 4:
        text +=
          "\(choices.number(10, in: 0...100_000)) " + choices.of(["ms", "s", "dB", "min", "h"])
      case 5: text += String(repeating: "v", count: 8 * choices.pick(256))
      case 6:
        text += choices.of(["yes", "no", "wss://a", "https://a/", "hw:0", "-", ".", "1e9", "٣"])
      default: text += String(decoding: choices.take(choices.pick(16)), as: UTF8.self)
      }
      text += choices.isRare(16) ? "\r\n" : "\n"
    }
    return Array(text.utf8)
  }
}

private enum EchoText {
  static let right: [UInt8] = {
    var memory = EchoMemory()
    memory.placement = 3
    memory.delay = 480
    memory.taps[5] = 0.5
    return EchoFile.encode(memory, card: 7)
  }()

  /// Makes the sum right again: FNV-1a.
  static func sum(_ bytes: inout [UInt8]) {
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes.dropLast(8) { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for index in 0..<8 {
      bytes[bytes.count - 8 + index] = UInt8(truncatingIfNeeded: sum >> (8 * index))
    }
  }
}
