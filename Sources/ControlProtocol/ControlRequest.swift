/// What the command line asks of the daemon.
///
/// On the socket: `request=NAME` and its fields, then a blank line. The daemon answers with one
/// block that ends in `error=0` or `error=SENTENCE`; after `watch`, events follow.
public enum ControlRequest: Equatable, Sendable {
  case status
  /// With `levels` the meters ten times a second; with `words` what was said.
  case watch(levels: Bool, words: Bool)
  case listen
  case stop
  /// Nil asks how it is.
  case mute(Bool?)
  case volume(VolumeWish)
  /// Lets a cue be heard, by its name.
  case cue(String)
  /// The sound cards that are there, and which are used.
  case cards
  /// Which card to hear and which to speak with from now on, as in the settings; nil leaves one as
  /// it is.
  case use(microphone: String?, loudspeaker: String?)
  case settings
  case version
  /// Plays a sound and measures what comes of it; with `accept` that is how it should be. The answer
  /// takes seconds.
  case measure(accept: Bool)
  /// Everything that `auricle check` wants to know: the status and more.
  case check

  public var name: String {
    switch self {
    case .status: "status"
    case .watch: "watch"
    case .listen: "listen"
    case .stop: "stop"
    case .mute: "mute"
    case .volume: "volume"
    case .cue: "cue"
    case .cards: "cards"
    case .use: "use"
    case .settings: "settings"
    case .version: "version"
    case .measure: "measure"
    case .check: "check"
    }
  }

  public var fields: Fields {
    var fields = Fields()
    fields.add("request", name)
    switch self {
    case .watch(let levels, let words):
      fields.add("levels", levels)
      fields.add("words", words)
    case .mute(let isMuted?): fields.add("muted", isMuted)
    case .volume(let wish):
      if let volume = wish.volume { fields.add("volume", volume) }
      if let step = wish.step { fields.add("step", step) }
      if let cues = wish.cues { fields.add("cues", cues) }
    case .cue(let cue): fields.add("cue", cue)
    case .use(let microphone, let loudspeaker):
      if let microphone { fields.add("microphone", microphone) }
      if let loudspeaker { fields.add("loudspeaker", loudspeaker) }
    case .measure(let accept): fields.add("accept", accept)
    case .status, .listen, .stop, .mute, .cards, .settings, .version, .check: break
    }
    return fields
  }

  public func encode() -> [UInt8] { fields.encode() }

  /// Fields it does not know are errors: a newer command must not believe an older daemon obeyed.
  public static func parse(_ fields: Fields) throws(ControlError) -> ControlRequest {
    guard let name = fields["request"] else { throw .noRequest }
    let given = Arguments(request: name, fields: fields)
    if name.isSame(as: "watch") {
      try given.allow("levels", "words")
      return .watch(
        levels: try given.flag("levels") ?? false, words: try given.flag("words") ?? false)
    }
    if name.isSame(as: "mute") {
      try given.allow("muted")
      return .mute(try given.flag("muted"))
    }
    if name.isSame(as: "volume") {
      try given.allow("volume", "step", "cues")
      return .volume(
        VolumeWish(
          volume: try given.number("volume", 0...100), step: try given.number("step", -100...100),
          cues: try given.number("cues", 0...100)))
    }
    if name.isSame(as: "measure") {
      try given.allow("accept")
      return .measure(accept: try given.flag("accept") ?? false)
    }
    if name.isSame(as: "cue") {
      try given.allow("cue")
      // Which there are, the daemon knows.
      return .cue(fields["cue"] ?? "")
    }
    if name.isSame(as: "use") {
      try given.allow("microphone", "loudspeaker")
      return .use(microphone: fields["microphone"], loudspeaker: fields["loudspeaker"])
    }
    for plain in [ControlRequest.status, .listen, .stop, .cards, .settings, .version, .check]
    where name.isSame(as: plain.name) {
      try given.allow()
      return plain
    }
    throw .unknownRequest(String(printing: Array(name.utf8)[...]))
  }

  private struct Arguments {
    let request: String
    let fields: Fields

    func allow(
      _ first: String = "request", _ second: String = "request", _ third: String = "request"
    ) throws(ControlError) {
      for field in fields.all {
        let isKnown =
          field.key.isSame(as: "request") || field.key.isSame(as: first)
          || field.key.isSame(as: second) || field.key.isSame(as: third)
        guard isKnown else { throw .unknownField(field.key, request: request) }
      }
    }

    func flag(_ key: String) throws(ControlError) -> Bool? {
      guard let value = fields[key] else { return nil }
      guard let isSo = fields.flag(key) else { throw bad(key, value, "yes or no") }
      return isSo
    }

    func number(_ key: String, _ range: ClosedRange<Int64>) throws(ControlError) -> Int? {
      guard let value = fields[key] else { return nil }
      guard let number = fields.number(key), range ~= number else {
        throw bad(key, value, "\(range.lowerBound) to \(range.upperBound)")
      }
      return Int(truncatingIfNeeded: number)
    }

    private func bad(_ key: String, _ value: String, _ allowed: String) -> ControlError {
      .badValue(key: key, given: String(printing: Array(value.utf8)[...]), allowed: allowed)
    }
  }
}
