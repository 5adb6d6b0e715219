public import VoiceCore

/// What a talker in the simulated room does, one step a line:
///
///     # a visitor at the kiosk
///     wait 800 ms
///     say hours.wav "when are you open?"
///     await reply
///     say story.wav
///     await sound
///     wait 2500 ms
///     say stop.wav
///     await reply within 30 s
///     end
///
/// `again` instead of `end` begins anew, for ever.
///
/// The words in quotes are for people who watch; nothing depends on them.
public struct TalkerScript: Equatable, Sendable {
  /// A longer text is refused at the line where it became too long.
  public static let mostSteps = 1_000
  public static let mostSounds = 64
  public static let longestLine = 400
  /// Longest wait and longest bound of an await.
  public static let longestWait: SampleSpan = .seconds(600)
  /// How long an await without `within` waits before the talker goes on.
  public static let usualPatience: SampleSpan = .seconds(20)

  public enum Step: Equatable, Sendable {
    case wait(SampleSpan)
    /// An index into `sounds`.
    case say(Int)
    case await(Awaited, within: SampleSpan)
    /// From the first step on.
    case again
  }

  public enum Awaited: Equatable, Sendable {
    /// The loudspeaker has started since the talker last began to speak, and has ended.
    case reply
    /// The loudspeaker is heard.
    case sound
    /// The loudspeaker has ended.
    case silence
  }

  public private(set) var steps: [Step] = []
  /// The line of each step.
  public private(set) var lines: [Int] = []
  /// The WAV files it names, each once, in the order in which they appear.
  public private(set) var sounds: [String] = []
  private var words: [(line: Int, words: String)] = []

  /// What is said at that line, as far as the script tells.
  public func words(line: Int) -> String? {
    for said in words where said.line == line { return said.words }
    return nil
  }

  public static func parse(_ text: String) throws(ScriptError) -> TalkerScript {
    var script = TalkerScript()
    var number = 0
    for bytes in Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let line = ScriptLine(bytes, number: number)
      guard bytes.count <= longestLine else {
        throw line.error("a line has at most \(longestLine) bytes")
      }
      guard let verb = line.parts.first else { continue }
      if verb.isSame(as: "end") {
        try line.expect(parts: 1, "`end` stands alone")
        return script
      }
      guard script.steps.count < mostSteps else {
        throw line.error("a script has at most \(mostSteps) steps")
      }
      if verb.isSame(as: "again") {
        try line.expect(parts: 1, "`again` stands alone")
        script.steps.append(.again)
        script.lines.append(number)
        return script
      }
      let step: Step
      if verb.isSame(as: "wait") {
        step = .wait(try line.time(from: 1, "`wait 800 ms` or `wait 2 s`"))
      } else if verb.isSame(as: "say") {
        step = .say(try script.sound(of: line))
      } else if verb.isSame(as: "await") {
        step = try awaiting(line)
      } else {
        throw line.error("a step is `wait`, `say`, `await`, `again` or `end`")
      }
      script.steps.append(step)
      script.lines.append(number)
    }
    return script
  }

  private mutating func sound(of line: ScriptLine) throws(ScriptError) -> Int {
    try line.expect(parts: 2, "`say FILE.wav`, or with the words for people: `say FILE.wav \"…\"`")
    if let quoted = line.quoted { words.append((line.number, quoted)) }
    for index in 0..<sounds.count where sounds[index].isSame(as: line.parts[1]) { return index }
    guard sounds.count < Self.mostSounds else {
      throw line.error("a script names at most \(Self.mostSounds) files")
    }
    sounds.append(line.parts[1])
    return sounds.count - 1
  }

  private static func awaiting(_ line: ScriptLine) throws(ScriptError) -> Step {
    let usage = "`await reply`, `await sound` or `await silence`, each with `within 30 s` if wanted"
    guard line.parts.count >= 2 else { throw line.error(usage) }
    let awaited: Awaited
    if line.parts[1].isSame(as: "reply") {
      awaited = .reply
    } else if line.parts[1].isSame(as: "sound") {
      awaited = .sound
    } else if line.parts[1].isSame(as: "silence") {
      awaited = .silence
    } else {
      throw line.error(usage)
    }
    if line.parts.count == 2 {
      try line.expect(parts: 2, usage)
      return .await(awaited, within: usualPatience)
    }
    guard line.parts[2].isSame(as: "within") else { throw line.error(usage) }
    return .await(awaited, within: try line.time(from: 3, usage))
  }

  public static func == (left: TalkerScript, right: TalkerScript) -> Bool {
    left.steps == right.steps && left.lines == right.lines && left.sounds == right.sounds
  }
}
