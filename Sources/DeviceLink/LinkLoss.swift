public import VoiceCore

/// Why a connection was lost, and what to do about it.
public struct LinkLoss: Equatable, Sendable {
  public let reason: String
  public let advice: String
  /// The reason without what one attempt happened to find out besides, and another does not.
  public let topic: String
  /// What it was, in one word for programs.
  public let code: String
  /// The agent did not accept the token.
  public var isUnauthorized = false
  /// One of the two sent what the other does not take: in a session that goes on it would again.
  public var endsSession = false
  /// Perhaps so: it counts only when it comes again as soon as the session goes on.
  public var mayEndSession = false
  /// Trying again soon changes nothing: somebody must do something first.
  public var needsSomebody = false
  /// There must be room first, where others try to come in, too.
  public var needsRoom = false
  /// The other side wants to be left alone for so long.
  public var shortestWait = SampleSpan.zero
  /// We wanted it so.
  public private(set) var isPlanned = false

  public init(
    _ reason: String, topic: String? = nil, advice: String, code: String = "link"
  ) {
    self.reason = reason
    self.topic = topic ?? reason
    self.advice = advice
    self.code = code
  }

  /// What the code means with which the agent closed (docs/PROTOCOL.md, "Closing").
  public mutating func closed(withCode code: Int) {
    switch code {
    case 1003, 1007, 1009: endsSession = true
    // WebSocket libraries pass on as 1002 what they do not know, such as a 1013.
    case 1002: (mayEndSession, needsRoom) = (true, true)
    case 1013, 4013: needsRoom = true
    default: break
    }
  }

  /// What a fatal error of the agent means (docs/PROTOCOL.md, "Errors").
  init(refusedWith code: String, _ message: String) {
    var endsSession = true
    var needsSomebody = false
    var needsRoom = false
    func isCode(_ other: StaticString) -> Bool {
      other.withUTF8Buffer { code.utf8.elementsEqual($0) }
    }
    switch true {
    case isCode("session_limit"), isCode("rate_limited"):
      advice = "the agent has no room for this device just now; it will be tried again"
      (endsSession, needsRoom) = (false, true)
    case isCode("unauthorized"):
      advice = "a new token is asked for"
      endsSession = false
    case isCode("going_away"), isCode("not_reading"):
      advice = "it will be tried again"
      endsSession = false
    case isCode("session_replaced"):
      advice = "is there another device with the same device.name?"
    case isCode("reply_buffer"):
      advice = "raise link.reply_buffer"
      needsSomebody = true
    default:
      advice = "do agent and device have matching versions?"
      needsSomebody = isCode("unsupported")
    }
    self.code = "agent-refuses"
    reason = "the agent refused: \(message) (\(code))"
    topic = reason
    isUnauthorized = isCode("unauthorized")
    self.endsSession = endsSession
    self.needsSomebody = needsSomebody
    self.needsRoom = needsRoom
  }

  /// The same trouble, whatever it was worth telling about it.
  public func isSame(as other: LinkLoss) -> Bool {
    topic.utf8.elementsEqual(other.topic.utf8)
  }

  static var planned: LinkLoss {
    var loss = LinkLoss("closed", advice: "")
    loss.isPlanned = true
    return loss
  }
}

/// Something an owner would want to know of the link.
public enum LinkNote: Equatable, Sendable {
  case lost(LinkLoss, wait: SampleSpan)
  /// The agent asked us to leave.
  case goingAway(reason: String)
  /// No new token yet, while the one we have is still good.
  case notRenewed(LinkLoss)
  /// How far the agent's clock is ahead of ours, in milliseconds.
  case clock(offset: Int64)
}
