public import ControlProtocol
internal import Settings
internal import SoundCards
public import VoiceCore

/// A command line, understood.
public struct Invocation: Equatable, Sendable {
  public enum Command: Equatable, Sendable {
    case status
    case watch(levels: Bool, words: Bool)
    case listen
    case stop
    case mute(Bool?)
    case volume(VolumeWish)
    case cue(Cue)
    case check(withSound: Bool)
    case sound(SoundTask)
    case support(file: String?)
    case settings
    case settingsInFiles
    case sample
    case reference
    case process([String])
    case version
    case help(Verb?)
    case manual(String)
  }

  /// More than this on one command line is a mistake.
  public static let mostArguments = 256

  public var command: Command
  public var wantsJSON = false
  public var socket: String?
  public var configs: [String] = []

  /// - Parameter arguments: without the program's own name.
  public static func parse(_ arguments: [String]) throws(Failure) -> Invocation {
    guard arguments.count <= mostArguments else {
      throw .wrongUse("more than \(mostArguments) arguments", help: overview)
    }
    var found = Found()
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if isOption(argument) {
        try found.take(option: argument, rest: arguments, &index)
      } else if let verb = found.verb {
        found.operands.append(argument)
        if found.operands.count > max(1, verb.mostOperands) {
          throw wrong("\(verb.name) takes no \"\(shown(argument))\"", verb)
        }
      } else {
        found.verb = try verb(argument)
        // It has options of its own.
        if found.verb == .process {
          let own = Array(arguments[index...])
          for word in own where word.isSame(as: "--help") || word.isSame(as: "-h") {
            return Invocation(command: .help(.process))
          }
          try found.allowGiven()
          return Invocation(command: .process(own))
        }
      }
    }
    return try found.invocation()
  }

  static let overview = "auricle help        lists verbs and options"

  static func wrong(_ sentence: String, _ verb: Verb?) -> Failure {
    .wrongUse(sentence, help: verb.map { "auricle help \($0.name)" } ?? overview)
  }

  private static func verb(_ word: String) throws(Failure) -> Verb {
    if let verb = Verb.named(word) { return verb }
    var sentence = "there is no verb \"\(shown(word))\""
    if let near = Nearest.name(to: word, among: Verb.allCases.map { $0.name }) {
      sentence += ": did you mean \(near)?"
    }
    throw wrong(sentence, nil)
  }

  /// A dash alone, or before a digit, is a value.
  private static func isOption(_ word: String) -> Bool {
    let bytes = Array(word.utf8)
    guard bytes.count > 1, bytes[0] == UInt8(ascii: "-") else { return false }
    return !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[1])
  }

  static func shown(_ word: String) -> String { Words.harmless(word) }

  /// What was found on the line so far.
  private struct Found {
    var verb: Verb?
    var operands: [String] = []
    var given: [(option: Option, value: String)] = []

    mutating func take(option word: String, rest arguments: [String], _ index: inout Int)
      throws(Failure)
    {
      let parts = word.utf8.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(decoding: parts[0], as: UTF8.self)
      if name.isSame(as: "--version"), verb == nil {
        verb = .version
        return
      }
      guard let option = named(name) else { throw unknown(name) }
      if given.contains(where: { $0.option == option }), option != .config {
        throw wrong("\(option.name) is given twice", verb)
      }
      var value = ""
      if let what = option.value {
        if parts.count == 2 {
          value = String(decoding: parts[1], as: UTF8.self)
        } else if index < arguments.count {
          value = arguments[index]
          index += 1
        }
        guard !value.isEmpty else { throw wrong("\(option.name) needs a \(what)", verb) }
      } else if parts.count == 2 {
        throw wrong("\(option.name) takes no value", verb)
      }
      given.append((option, value))
    }

    private func named(_ name: String) -> Option? {
      if name.isSame(as: "-h") { return .help }
      for option in Option.allCases where option.name.isSame(as: name) { return option }
      return nil
    }

    private func unknown(_ name: String) -> Failure {
      var sentence = "there is no option \"\(shown(name))\""
      if let near = Nearest.name(to: name, among: Option.allCases.map { $0.name }) {
        sentence += ": did you mean \(near)?"
      }
      return wrong(sentence, verb)
    }

    /// Refuses options that mean nothing to the verb.
    func allowGiven() throws(Failure) {
      let verb = verb ?? .status
      let allowed = verb.options + (verb.asksDaemon ? Option.common : [])
      for (option, _) in given where option != .help && !allowed.contains(option) {
        throw wrong("\(verb.name) takes no \(option.name)", verb)
      }
    }

    private func value(of wanted: Option) -> String? {
      for (option, value) in given where option == wanted { return value }
      return nil
    }

    func has(_ option: Option) -> Bool { given.contains { $0.option == option } }

    func invocation() throws(Failure) -> Invocation {
      if has(.help) { return Invocation(command: .help(verb)) }
      try allowGiven()
      if operands.isEmpty == false, (verb ?? .status).operands.isEmpty {
        throw wrong("\((verb ?? .status).name) takes no \"\(shown(operands[0]))\"", verb)
      }
      var invocation = Invocation(command: try command())
      invocation.wantsJSON = has(.json)
      for (option, value) in given {
        if option == .socket { invocation.socket = value }
        if option == .config { invocation.configs.append(value) }
      }
      return invocation
    }

    private func command() throws(Failure) -> Command {
      switch verb ?? .status {
      case .status: return .status
      case .watch: return .watch(levels: has(.levels), words: has(.words))
      case .listen: return .listen
      case .stop: return .stop
      case .mute: return .mute(try onOrOff())
      case .volume: return .volume(try volume())
      case .cue: return .cue(try cue())
      case .check: return .check(withSound: !has(.noSound))
      case .support: return .support(file: value(of: .out))
      case .sound:
        let task = try SoundTask.parse(
          operands, side: try side(), plot: value(of: .plot), accept: has(.accept))
        return .sound(task)
      case .settings: return try settings()
      case .process: return .process([])
      case .version: return .version
      case .help:
        for (option, value) in given where option == .manual { return .manual(value) }
        return .help(try operands.first.map { (word) throws(Failure) in try Invocation.verb(word) })
      }
    }

    private func onOrOff() throws(Failure) -> Bool? {
      guard let word = operands.first else { return nil }
      if word.isSame(as: "on") { return true }
      if word.isSame(as: "off") { return false }
      throw wrong("mute \"\(shown(word))\" means nothing: on or off is right", .mute)
    }

    private func volume() throws(Failure) -> VolumeWish {
      var wish = VolumeWish()
      if let word = operands.first {
        let isStep = word.utf8.first == UInt8(ascii: "+") || word.utf8.first == UInt8(ascii: "-")
        let number = try level(word, "volume", isStep ? -100...100 : 0...100)
        if isStep { wish.step = number } else { wish.volume = number }
      }
      for (option, value) in given where option == .cues {
        wish.cues = try level(value, "--cues", 0...100)
      }
      return wish
    }

    private func level(_ word: String, _ name: String, _ range: ClosedRange<Int>) throws(Failure)
      -> Int
    {
      guard let number = Int(word) else {
        throw wrong(
          "\(name) \"\(shown(word))\" is not a whole number: 0 to 100 is right", .volume)
      }
      guard range ~= number else {
        throw wrong(
          "\(name) \(shown(word)) is out of range: \(range.lowerBound) to \(range.upperBound) is right",
          .volume)
      }
      return number
    }

    private func side() throws(Failure) -> Side? {
      if has(.microphone), has(.loudspeaker) {
        throw wrong("without --microphone and --loudspeaker it is both", .sound)
      }
      return has(.microphone) ? .microphone : has(.loudspeaker) ? .loudspeaker : nil
    }

    private func cue() throws(Failure) -> Cue {
      guard let word = operands.first else {
        throw wrong("cue needs a name: there are \(Cue.list)", .cue)
      }
      if let cue = Cue.named(word) { return cue }
      var sentence = "there is no cue \"\(shown(word))\": "
      if let near = Nearest.name(to: word, among: Cue.allCases.map { $0.word }) {
        sentence += "did you mean \(near)?"
      } else {
        sentence += "there are \(Cue.list)"
      }
      throw wrong(sentence, .cue)
    }

    private func settings() throws(Failure) -> Command {
      let views = [Option.files, .sample, .reference].filter { has($0) }
      guard views.count <= 1 else {
        throw wrong("\(views[0].name) and \(views[1].name) do not go together", .settings)
      }
      guard let view = views.first else { return .settings }
      if view != .files, has(.json) { throw wrong("\(view.name) has no --json", .settings) }
      if view == .files, has(.socket) { throw wrong("--files asks no socket", .settings) }
      return view == .files ? .settingsInFiles : view == .sample ? .sample : .reference
    }
  }
}
