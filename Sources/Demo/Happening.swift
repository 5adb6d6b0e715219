public import ControlProtocol

/// One event of the control socket, as the demo understands it. Times are milliseconds of the
/// device's clock.
public struct Happening: Equatable, Sendable {
  public var at: Int
  public var what: What

  public init(at: Int, _ what: What) {
    self.at = at
    self.what = what
  }

  public enum What: Equatable, Sendable {
    case talkerStarted(words: String)
    case talkerEnded
    case loudspeakerStarted
    case loudspeakerSilent
    case patienceEnded(line: Int)
    case scriptEnded

    case state(String, reason: String)
    case turnStarted(turn: Int, onset: Int, cause: String)
    case turnCommitted(turn: Int, onset: Int?, end: Int)
    case turnCancelled(turn: Int, reason: String)
    case understood(turn: Int, words: String, isFinal: Bool)
    case reply(reply: Int, turn: Int?, phase: ReplyPhase, words: String)
    case mute(reply: Int, phase: MutePhase, onset: Int?)

    case link(phase: String, reason: String)
    /// The agent would not do something.
    case refused(reason: String)
    case sound(phase: String, reason: String)
    case level(microphone: Int, loudspeaker: Int)
    case bytes(up: Int, continuous: Int)
  }

  public enum ReplyPhase: String, Equatable, Sendable {
    case started, firstSound = "first_sound", drained, dropped, failed
    /// More words of a reply that has begun.
    case text
  }

  public enum MutePhase: String, Equatable, Sendable { case ducked, held, resumed, confirmed }

  /// Nil when the block is no event, or none that the demo shows.
  public init?(_ fields: Fields) {
    guard let event = fields.event, let at = fields.number("at_ms").flatMap({ Int(exactly: $0) })
    else { return nil }
    func number(_ key: String) -> Int? { fields.number(key).flatMap { Int(exactly: $0) } }
    func text(_ key: String) -> String { fields[key] ?? "" }
    self.at = at
    switch (event, text("phase")) {
    case ("room", "talker_started"): what = .talkerStarted(words: text("text"))
    case ("room", "talker_ended"): what = .talkerEnded
    case ("room", "loudspeaker_started"): what = .loudspeakerStarted
    case ("room", "loudspeaker_silent"): what = .loudspeakerSilent
    case ("room", "patience_ended"): what = .patienceEnded(line: number("line") ?? 0)
    case ("room", "script_ended"): what = .scriptEnded
    case ("state", _): what = .state(text("state"), reason: text("reason"))
    case ("turn", let phase):
      guard let turn = number("turn") else { return nil }
      switch phase {
      case "started":
        what = .turnStarted(turn: turn, onset: number("onset_ms") ?? at, cause: text("cause"))
      case "committed":
        what = .turnCommitted(
          turn: turn, onset: number("onset_ms"), end: number("end_ms") ?? at)
      case "cancelled": what = .turnCancelled(turn: turn, reason: text("reason"))
      default: return nil
      }
    case ("transcript", _):
      guard let turn = number("turn") else { return nil }
      what = .understood(
        turn: turn, words: text("text"), isFinal: fields.flag("final") ?? true)
    case ("reply", let name):
      guard let reply = number("reply"), let phase = ReplyPhase(rawValue: name) else { return nil }
      what = .reply(reply: reply, turn: number("turn"), phase: phase, words: text("text"))
    case ("mute", let name):
      guard let reply = number("reply"), let phase = MutePhase(rawValue: name) else { return nil }
      what = .mute(reply: reply, phase: phase, onset: number("onset_ms"))
    case ("agent", "refused"): what = .refused(reason: text("reason"))
    case ("link", let phase): what = .link(phase: phase, reason: text("reason"))
    case ("sound", let phase): what = .sound(phase: phase, reason: text("reason"))
    case ("level", _):
      what = .level(
        microphone: number("mic_db") ?? -96, loudspeaker: number("speaker_db") ?? -96)
    case ("stats", _):
      guard let up = number("bytes_up"), let continuous = number("bytes_up_continuous") else {
        return nil
      }
      what = .bytes(up: up, continuous: continuous)
    default: return nil
    }
  }
}
