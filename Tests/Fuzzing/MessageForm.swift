import WireProtocols

/// What a control message looks like, so that one can be made that is nearly right.
struct MessageForm: Sendable {
  indirect enum Kind: Sendable {
    case turn, reply, revision, epoch, span, longSpan, moment, count, level, packetLength
    case name, token, words, sentence, flag, version, codecs, codec, capabilities
    case word([String])
    case object([Field])
  }

  struct Field: Sendable {
    let name: String
    let kind: Kind
    /// Left out now and then.
    var isOptional = false
  }

  let type: String
  let fields: [Field]
  var isOptional = false

  init(_ type: String, opt isOptional: Bool = false, _ fields: [Field]) {
    self.type = type
    self.fields = fields
    self.isOptional = isOptional
  }

  static func must(_ name: String, _ kind: Kind) -> Field { Field(name: name, kind: kind) }
  static func may(_ name: String, _ kind: Kind) -> Field {
    Field(name: name, kind: kind, isOptional: true)
  }

  static let fromBoth: [MessageForm] = [
    .init("ack", opt: true, [must("received", .count)]),
    .init("ping", opt: true, [must("t", .moment)]),
    .init("pong", opt: true, [must("t", .moment), must("t2", .moment)]),
  ]

  static let welcome = MessageForm(
    "welcome",
    [
      must("proto", .version), must("session_id", .name), must("agent", .name),
      must("audio", .object([must("up", .codec), must("down", .codec)])),
      must("limits", .object([must("max_turn_ms", .span), may("max_session_ms", .longSpan)])),
      may("caps", .capabilities), may("resume_token", .token), may("lease_ms", .span),
      may("resumed", .flag), may("received", .count), may("server_ms", .moment),
    ])

  static let fromAgent: [MessageForm] =
    [
      welcome,
      .init("transcript", [must("turn", .turn), must("text", .words), must("final", .flag)]),
      .init(
        "turn.hint", opt: true,
        [
          must("turn", .turn), must("hint", .word(["complete", "unfinished", "none"])),
          must("heard_ms", .span),
        ]),
      .init(
        "response.start", [must("response", .reply), must("turn", .turn), may("rev", .revision)]),
      .init(
        "response.text", [must("response", .reply), must("text", .words), must("at_ms", .span)]),
      .init(
        "response.end",
        [
          must("response", .reply), must("status", .word(["complete", "cancelled", "failed"])),
          must("audio_ms", .span),
        ]),
      .init("interrupt.ack", [must("response", .reply), must("epoch", .epoch)]),
      .init("volume", [must("level", .level)]),
      .init(
        "goaway", opt: true,
        [must("in_ms", .span), must("reason", .name), must("retry_after_ms", .span)]),
      .init(
        "error",
        [
          must(
            "code",
            .word([
              "unsupported", "unauthorized", "session_limit", "too_many_turns", "bad_message",
              "going_away", "not_reading",
            ])), must("message", .sentence), must("fatal", .flag),
        ]),
    ] + fromBoth

  static let hello = MessageForm(
    "hello",
    [
      must("proto", .version),
      must("device", .object([must("id", .name), must("model", .name), must("fw", .name)])),
      must(
        "audio",
        .object([
          must("up", .codecs), must("down", .codecs), must("frame_ms", .packetLength),
          must("max_buffer_ms", .span),
        ])), may("caps", .capabilities),
      may("session", .object([must("token", .token), must("received", .count)])),
      may("clock_ms", .moment),
    ])

  static let fromDevice: [MessageForm] =
    [
      hello,
      .init(
        "turn.start",
        [
          must("turn", .turn), must("pre_roll_ms", .span),
          must("cause", .word(["speech", "button", "barge_in"])),
        ]),
      .init(
        "turn.gap", opt: true,
        [must("turn", .turn), must("from_ms", .span), must("to_ms", .span)]),
      .init(
        "turn.eager_end", opt: true,
        [must("turn", .turn), must("rev", .revision), must("audio_ms", .span)]),
      .init("turn.resumed", opt: true, [must("turn", .turn), must("rev", .revision)]),
      .init(
        "turn.commit",
        [
          must("turn", .turn), may("rev", .revision), must("audio_ms", .span),
          must("reason", .word(["endpoint", "max_len", "button"])),
        ]),
      .init(
        "turn.cancel",
        [must("turn", .turn), must("reason", .word(["too_short", "muted", "button", "offline"]))]),
      .init(
        "interrupt", [must("response", .reply), must("epoch", .epoch), must("played_ms", .span)]),
      .init(
        "unmute", opt: true,
        [must("response", .reply), must("epoch", .epoch), must("played_ms", .span)]),
      .init(
        "playback",
        [
          must("response", .reply), must("played_ms", .span), must("buffered_ms", .span),
          must("state", .word(["playing", "drained", "underrun", "muted"])),
        ]),
      .init("capture", opt: true, [must("state", .word(["off", "listening", "streaming"]))]),
    ] + fromBoth
}

/// The numbers that a right message would have now.
struct RightNumbers {
  var turn: UInt32 = 1
  var reply: UInt32 = 1
  var revision = 0
  var epoch: UInt8 = 0
  /// How many messages came, as an acknowledgement says.
  var received = 0
  var token = "t"
  var isResumed = false
  var moment: Int64 = 1_790_000_000_000
  /// Of sound, in its header.
  var sequence: UInt32 = 1
}
