internal import ControlProtocol
internal import Settings
public import SoundCards

/// What `auricle sound` can be asked for: a word of its own after the verb.
public enum SoundTask: Equatable, Sendable {
  case list
  /// Which card, as a person says it, and for which side; nil for both.
  case use(String, Side?)
  /// Whether it is how it should be from now on, and where a picture goes.
  case measure(accept: Bool, plot: String?)

  /// The words, for parser, help and manual.
  enum Word: CaseIterable, Equatable {
    case list, use, measure

    var name: String {
      switch self {
      case .list: "list"
      case .use: "use"
      case .measure: "measure"
      }
    }

    /// What must follow it, if anything.
    var operand: String? {
      switch self {
      case .list, .measure: nil
      case .use: "CARD"
      }
    }

    /// For the verb's page.
    var details: String {
      switch self {
      case .list:
        "list (the default) shows every sound card, what it can do, which one is used and why. Without a running daemon the cards are looked at all the same."
      case .use:
        "use CARD writes into \(SoundTask.file) which card to hear and to speak with, and the running daemon takes it at once. CARD is auto, or what list shows of a card: its id, number, USB path, serial or part of its name; or any name of ALSA's. With --microphone or --loudspeaker only that side."
      case .measure:
        "measure plays a sound of six seconds and says what the microphone hears of it: delay, drift of the two clocks, level, noise, distortion, and what the echo canceller takes away. --plot FILE draws the answer to a click (SVG), --accept makes this measurement the one that later ones are compared with."
      }
    }
  }

  /// What `use` writes into: after a board's file, before a technician's own.
  static let file = "/etc/auricle/conf.d/50-sound.conf"

  static var operands: String {
    var text = ""
    for word in Word.allCases {
      text += (text.isEmpty ? "" : "|") + word.name + (word.operand.map { " \($0)" } ?? "")
    }
    return "[\(text)]"
  }

  /// - Parameter operands: what follows the verb.
  static func parse(
    _ operands: [String], side: Side?, plot: String? = nil, accept: Bool = false
  ) throws(Failure) -> SoundTask {
    let word = try operands.first.map { (given) throws(Failure) in try named(given) } ?? .list
    let rest = operands.dropFirst()
    if word != .measure, plot != nil || accept {
      throw Invocation.wrong("only sound measure takes --plot and --accept", .sound)
    }
    guard let operand = word.operand else {
      if let surplus = rest.first { throw wrong("sound \(word.name) takes no", surplus) }
      if side != nil { throw Invocation.wrong("only sound use takes one side", .sound) }
      return word == .measure ? .measure(accept: accept, plot: plot) : .list
    }
    guard let card = rest.first, !card.isEmpty else {
      throw Invocation.wrong(
        "sound \(word.name) needs a \(operand): auricle sound list shows them", .sound)
    }
    return .use(card, side)
  }

  private static func named(_ given: String) throws(Failure) -> Word {
    for word in Word.allCases where word.name.isSame(as: given) { return word }
    var sentence = "sound \"\(Invocation.shown(given))\" means nothing: "
    let names = Word.allCases.map { $0.name }
    if let near = Nearest.name(to: given, among: names) {
      sentence += "did you mean \(near)?"
    } else {
      sentence += "\(SettingKind.list(names)) is right"
    }
    throw Invocation.wrong(sentence, .sound)
  }

  private static func wrong(_ sentence: String, _ word: String) -> Failure {
    Invocation.wrong("\(sentence) \"\(Invocation.shown(word))\"", .sound)
  }
}
