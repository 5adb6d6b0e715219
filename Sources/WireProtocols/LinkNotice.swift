public import VoiceCore

/// What the two sides say about their connection rather than about the conversation. Such messages
/// are not numbered, and not sent again after a resume.
public enum LinkNotice: Equatable, Sendable {
  /// The sender's wall clock in milliseconds since 1970.
  case ping(Int64)
  /// The clock of the ping, and that of who answers it.
  case pong(asked: Int64, answered: Int64)
  /// So many of the other side's messages have come.
  case acknowledged(Int)
  /// The agent will hang up: come back, there or elsewhere, but not before `retryAfter`.
  case goAway(in: SampleSpan, reason: String, retryAfter: SampleSpan)

  /// Nil for every other type of message.
  init?(_ fields: NativeFields) throws(WireError) {
    switch true {
    case fields.is("ping"): self = .ping(try fields.moment("t"))
    case fields.is("pong"):
      self = .pong(asked: try fields.moment("t"), answered: try fields.moment("t2"))
    case fields.is("ack"): self = .acknowledged(try fields.count("received"))
    case fields.is("goaway"):
      self = .goAway(
        in: try fields.span("in_ms"), reason: try fields.name("reason"),
        retryAfter: try fields.span("retry_after_ms"))
    default: return nil
    }
  }

  var encoded: WireMessage {
    var text: NativeText
    switch self {
    case .ping(let moment):
      text = NativeText("ping")
      text.number("t", moment)
    case .pong(let asked, let answered):
      text = NativeText("pong")
      text.number("t", asked)
      text.number("t2", answered)
    case .acknowledged(let count):
      text = NativeText("ack")
      text.number("received", Int64(count))
    case .goAway(let limit, let reason, let retryAfter):
      text = NativeText("goaway")
      text.span("in_ms", limit)
      text.name("reason", reason)
      text.span("retry_after_ms", retryAfter)
    }
    return text.finish(isOptional: true)
  }
}

/// What became of a message that was taken.
public enum Received<Message> {
  case message(Message)
  case notice(LinkNotice)
  /// It can be left aside: sound from before an interrupt, or an optional message of a later version.
  case nothing

  public var message: Message? {
    if case .message(let message) = self { message } else { nil }
  }
}

extension Received: Equatable where Message: Equatable {}
extension Received: Sendable where Message: Sendable {}
