internal import ControlProtocol
internal import Settings
internal import WireProtocols

/// `auricle settings`: what holds and where each value comes from.
struct SettingsPage {
  struct Row: Equatable {
    let setting: Setting?
    let name: String
    let value: String
    let origin: String

    static func == (left: Row, right: Row) -> Bool {
      left.name.isSame(as: right.name) && left.value.isSame(as: right.value)
        && left.origin.isSame(as: right.origin)
    }

    var isDefault: Bool { origin.isSame(as: SettingOrigin.builtIn.description) }
  }

  /// Who says so.
  enum Source {
    case daemon
    case files

    var sentence: String {
      switch self {
      case .daemon: "in force in the running daemon"
      case .files: "in the files, for the next start of the daemon"
      }
    }

    var word: String {
      switch self {
      case .daemon: "daemon"
      case .files: "files"
      }
    }
  }

  let source: Source
  let rows: [Row]

  init(files loaded: LoadedSettings) {
    source = .files
    var rows: [Row] = []
    for (setting, origin) in zip(SettingsTable.rows, loaded.origins) {
      rows.append(
        Row(
          setting: setting, name: setting.name, value: setting.text(in: loaded.settings),
          origin: origin.description))
    }
    self.rows = rows
  }

  /// The daemon's own list: it may know other keys than this command does.
  init(daemon fields: Fields) {
    source = .daemon
    var rows: [Row] = []
    for field in fields.all {
      guard field.key.utf8.contains(UInt8(ascii: ".")), let origin = fields["\(field.key).from"]
      else {
        continue
      }
      let setting = SettingsTable.rows.first { $0.name.isSame(as: field.key) }
      rows.append(Row(setting: setting, name: field.key, value: field.value, origin: origin))
    }
    self.rows = rows
  }

  func lines(on screen: Screen) -> [String] {
    var keyWidth = 0
    var valueWidth = 0
    for row in rows {
      keyWidth = max(keyWidth, key(of: row).utf8.count)
      valueWidth = max(valueWidth, min(32, row.value.utf8.count))
    }
    var lines = [source.sentence]
    var section = ""
    for row in rows {
      let itsSection = String(
        decoding: row.name.utf8.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
      if !itsSection.isSame(as: section) {
        section = itsSection
        lines += ["", "[\(section)]"]
      }
      let value = Words.leftAligned(Words.harmless(row.value), valueWidth)
      lines.append(
        Words.leftAligned(key(of: row), keyWidth) + " = "
          + (row.isDefault ? value : screen.painted(value, .bold)) + "   "
          + screen.painted(Words.harmless(row.origin), .dim))
    }
    return lines
  }

  /// `{"source":"daemon","settings":{"turn.end_silence":{"value":700,"unit":"ms","from":"default"}}}`
  var json: [UInt8] {
    var json = JSONWriter()
    json.openObject()
    json.add("source", source.word)
    json.openObject("settings")
    for row in rows {
      json.openObject(row.name)
      add(row, to: &json)
      json.add("from", row.origin)
      json.closeObject()
    }
    json.closeObject()
    json.closeObject()
    return json.bytes
  }

  private func add(_ row: Row, to json: inout JSONWriter) {
    // Whoever sent it, the table says which type it has.
    guard let setting = row.setting, let value = setting.read(row.value) else {
      return json.add("value", row.value)
    }
    switch value {
    case .number(let number):
      json.add("value", number)
      if let unit = setting.kind.unit?.names.first { json.add("unit", unit.name) }
    case .flag(let isOn): json.add("value", isOn)
    case .word, .text: json.add("value", row.value)
    }
  }

  private func key(of row: Row) -> String {
    let bytes = row.name.utf8.drop { $0 != UInt8(ascii: ".") }.dropFirst()
    return String(decoding: bytes, as: UTF8.self)
  }
}
