internal import ControlProtocol
internal import WireProtocols

/// The daemon's fields as JSON: numbers as numbers, booleans as booleans, whatever they hold.
enum Facts {
  private static let numbers = [
    "turn", "turns", "reply", "replies", "interrupts", "false_interrupts", "volume", "underruns",
    "overruns", "dropped_frames", "bytes_up", "bytes_down", "bytes_up_continuous", "reconnects",
    "pid",
    "speech", "line",
  ]
  /// Endings that name a unit.
  private static let units = ["_ms", "_db", "_kib"]
  private static let booleans = ["muted", "realtime", "final", "far"]

  static func isNumber(_ key: String) -> Bool {
    for name in numbers where name.isSame(as: key) { return true }
    for unit in units where key.utf8.suffix(unit.utf8.count).elementsEqual(unit.utf8) {
      return true
    }
    return false
  }

  static func isBoolean(_ key: String) -> Bool {
    for name in booleans where name.isSame(as: key) { return true }
    return false
  }

  /// One object without a line end. A figure the daemon does not know is left out: a key never
  /// changes its type.
  static func object(_ fields: Fields) -> [UInt8] {
    var json = JSONWriter()
    json.openObject()
    for field in fields.all where !field.key.isSame(as: "error") {
      if isNumber(field.key) {
        if let number = fields.number(field.key) { json.add(field.key, number) }
      } else if isBoolean(field.key) {
        if let isSo = fields.flag(field.key) { json.add(field.key, isSo) }
      } else {
        json.add(field.key, field.value)
      }
    }
    json.closeObject()
    return json.bytes
  }

  static func failure(_ sentence: String) -> [UInt8] {
    var json = JSONWriter()
    json.openObject()
    json.add("error", sentence)
    json.closeObject()
    return json.bytes
  }
}
