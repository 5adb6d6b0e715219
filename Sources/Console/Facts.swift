internal import Acoustics
internal import ControlProtocol
internal import WireProtocols

/// The daemon's fields as JSON: numbers as numbers, yes and no as booleans, text as text.
///
/// On the socket all of it is text. Counters come and go with every version of the daemon, so what
/// looks like a number is one, unless its key is known to hold text: a session may be called 12.
enum Facts {
  private static let texts = [
    "event", "state", "before", "reason", "phase", "cause", "text", "agent", "agent_name",
    "session",
    "device", "sound", "card", "half", "microphone", "loudspeaker", "version", "fault", "advice",
    "code", "auricle", "auricled", "file", "why", "muted_by", "volume_by", "buttons",
    "installed_microphone", "installed_loudspeaker",
  ]
  /// Endings of keys that hold text, though it may look like a number.
  private static let textEndings = ["_card", "_id", "_why"]
  private static let booleans = [
    "muted", "realtime", "final", "far", "in_force", "microphone_constant", "echo", "cancels_echo",
    "accepted",
  ]
  private static let lists = ["bands_db", "click"]
  /// Endings that name a unit: with them a key is a number or left out.
  private static let units = ["_ms", "_db", "_kib", "_ppm"]

  /// One object without a line end.
  static func object(_ fields: Fields) -> [UInt8] {
    var json = JSONWriter()
    add(fields, to: &json)
    return json.bytes
  }

  /// As a member of the open object, if it has a name.
  static func add(_ fields: Fields, to json: inout JSONWriter, name: String? = nil) {
    json.openObject(name)
    for field in fields.all where !field.key.isSame(as: "error") {
      if isOne(of: texts, field.key) || ends(field.key, with: textEndings) {
        json.add(field.key, field.value)
      } else if isOne(of: booleans, field.key) {
        if let isSo = fields.flag(field.key) { json.add(field.key, isSo) }
      } else if isOne(of: lists, field.key) {
        add(list: field.value, as: field.key, to: &json)
      } else if let number = fields.number(field.key) {
        json.add(field.key, number)
      } else if Figure.number(field.value.utf8) != nil {
        json.add(figure: field.value, as: field.key)
      } else if !ends(field.key, with: units) {
        json.add(field.key, field.value)
      }
    }
    json.closeObject()
  }

  /// `-12,-14.5,3`
  private static func add(list: String, as name: String, to json: inout JSONWriter) {
    json.openArray(name)
    for part in list.utf8.split(separator: UInt8(ascii: ",")) {
      if Figure.number(part) != nil { json.add(figure: String(decoding: part, as: UTF8.self)) }
    }
    json.closeArray()
  }

  static func failure(_ sentence: String) -> [UInt8] {
    var json = JSONWriter()
    json.openObject()
    json.add("error", sentence)
    json.closeObject()
    return json.bytes
  }

  private static func isOne(of names: [String], _ key: String) -> Bool {
    for name in names where name.isSame(as: key) { return true }
    return false
  }

  private static func ends(_ key: String, with endings: [String]) -> Bool {
    for ending in endings where key.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
      return true
    }
    return false
  }
}
