internal import Acoustics
internal import ControlProtocol
internal import Linux
internal import Room
internal import VoiceCore

/// Something that happened, as log, watchers and command line know it: fields, and apart from them
/// the words, which only those get who asked for them.
struct Happening {
  var fields = Fields()
  var words: Spoken?
  /// Too often for the log: for watchers only.
  var isFrequent = false

  init(_ name: String, at time: SampleTime) {
    fields.add("event", name)
    fields.add("at_ms", time.milliseconds)
  }

  /// The log line: the same facts without `event=`, never the words.
  var line: String {
    var line = ""
    for field in fields.all {
      if line.isEmpty {
        line = field.value
      } else {
        line += " \(field.key)=\(Log.quoted(field.value))"
      }
    }
    return line
  }
}

extension Happening {
  init(_ news: SoundNews, at time: SampleTime) {
    self.init("sound", at: time)
    let phase =
      switch news.kind {
      case .opened: "opened"
      case .failed: "failed"
      case .kept: "kept"
      case .closed: "closed"
      }
    fields.add("phase", phase)
    fields.add("half", news.half.word)
    switch news.kind {
    case .opened(let name, let why):
      fields.add("card", name)
      if !why.isEmpty { fields.add("why", why) }
    case .kept(let name, let problem):
      fields.add("card", name)
      fields.add("reason", problem.reason)
      fields.add("advice", problem.advice)
    case .failed(let problem):
      fields.add("reason", problem.reason)
      fields.add("advice", problem.advice)
    case .closed: break
    }
  }

  init(_ note: Note, at time: SampleTime) {
    switch note {
    case .shown(let shown, let before, let reason):
      self.init("state", at: time)
      fields.add("state", shown.word)
      fields.add("before", before.word)
      fields.add("reason", reason.word)
    case .turnStarted(let turn, let cause, let onset):
      self.init(turn, "started", at: time)
      fields.add("cause", cause.word)
      fields.add("onset_ms", onset.milliseconds)
    case .turnCommitted(let turn, let reason, let end, let audio):
      self.init(turn, "committed", at: time)
      fields.add("reason", reason.word)
      fields.add("end_ms", end.milliseconds)
      fields.add("audio_ms", audio.milliseconds)
    case .turnCancelled(let turn, let reason):
      self.init(turn, "cancelled", at: time)
      fields.add("reason", reason.word)
    case .turnLost(let turn):
      self.init(turn, "cancelled", at: time)
      fields.add("reason", "link-lost")
    case .transcript(let turn, let words, let isFinal):
      self.init("transcript", at: time)
      fields.add("turn", turn.number)
      fields.add("final", isFinal)
      self.words = words
    case .replyStarted(let reply, let turn):
      self.init(reply, "started", at: time)
      fields.add("turn", turn.number)
    case .replyText(let reply, let words):
      self.init(reply, "text", at: time)
      self.words = words
      isFrequent = true
    case .replySounds(let reply):
      self.init(reply, "first_sound", at: time)
    case .replyDrained(let reply, let played):
      self.init(reply, "drained", at: time)
      fields.add("played_ms", played.milliseconds)
    case .replyDropped(let reply, let played):
      self.init(reply, "dropped", at: time)
      fields.add("played_ms", played.milliseconds)
    case .replyFailed(let reply):
      self.init(reply, "failed", at: time)
    case .ducked(let reply, let played):
      self.init(mute: reply, "ducked", played, at: time)
      isFrequent = true
    case .held(let reply, let played): self.init(mute: reply, "held", played, at: time)
    case .resumed(let reply, let played):
      self.init(mute: reply, "resumed", played, at: time)
      isFrequent = true
    case .interrupted(let reply, let onset, let played):
      self.init(mute: reply, "confirmed", played, at: time)
      fields.add("onset_ms", onset.milliseconds)
    case .welcomed(let session, let agent, let isResumed):
      self.init("link", at: time)
      fields.add("phase", "open")
      fields.add("session", session)
      fields.add("agent", agent)
      fields.add("resumed", isResumed)
    case .agentRefused(let code, let message):
      self.init("agent", at: time)
      fields.add("phase", "refused")
      fields.add("code", code)
      fields.add("reason", message)
    }
  }

  private init(_ turn: TurnID, _ phase: String, at time: SampleTime) {
    self.init("turn", at: time)
    fields.add("phase", phase)
    fields.add("turn", turn.number)
  }

  private init(_ reply: ReplyID, _ phase: String, at time: SampleTime) {
    self.init("reply", at: time)
    fields.add("phase", phase)
    fields.add("reply", reply.number)
  }

  private init(mute reply: ReplyID, _ phase: String, _ played: SampleSpan, at time: SampleTime) {
    self.init("mute", at: time)
    fields.add("phase", phase)
    fields.add("reply", reply.number)
    fields.add("played_ms", played.milliseconds)
  }

  init(_ cue: Cue, at time: SampleTime) {
    self.init("cue", at: time)
    fields.add("cue", cue.word)
    // Given again and again while an answer takes long.
    isFrequent = cue == .thinking
  }

  init(_ event: RoomEvent, words: String?) {
    self.init("room", at: event.at)
    fields.add("phase", event.kind.name)
    if event.line > 0 { fields.add("line", event.line) }
    self.words = words.map { Spoken($0) }
  }

  /// Where the echo is, as far as anybody knows.
  mutating func add(_ echo: EchoPlaces) {
    let delay = echo.delay
    for (key, value) in [
      ("echo_delay_ms", delay.found), ("echo_drift_ppm", echo.drift), ("room_delay_ms", delay.real),
    ] {
      if let value { fields.add(key, Figure.text(Double(value), places: 2)) }
    }
  }

  init(levelsOf heard: HeardFrame) {
    self.init("level", at: heard.time)
    fields.add("mic_db", heard.mic.decibelTenths / 10)
    fields.add("speaker_db", heard.speaker.decibelTenths / 10)
    fields.add("speech", Int(heard.probability * 100))
    isFrequent = true
  }
}

extension TurnCause {
  fileprivate var word: String {
    switch self {
    case .speech: "speech"
    case .button: "button"
    case .bargeIn: "barge_in"
    }
  }
}

extension TurnEnd {
  fileprivate var word: String {
    switch self {
    case .endpoint: "endpoint"
    case .longest: "longest"
    case .button: "button"
    }
  }
}

extension TurnCancel {
  fileprivate var word: String {
    switch self {
    case .tooShort: "too-short"
    case .muted: "muted"
    case .offline: "offline"
    case .button: "button"
    }
  }
}
