public import VoiceCore

/// Why a connection was lost, and what to do about it.
public struct LinkLoss: Equatable, Sendable {
  public let reason: String
  public let advice: String
  /// The agent did not accept the token.
  public var isUnauthorized = false
  /// One of the two sent what the other does not take: in a session that goes on it would again.
  public var endsSession = false
  /// We wanted it so.
  public private(set) var isPlanned = false

  public init(_ reason: String, advice: String) {
    self.reason = reason
    self.advice = advice
  }

  /// The same trouble, whatever it was worth telling about it.
  public func isSame(as other: LinkLoss) -> Bool {
    reason.utf8.elementsEqual(other.reason.utf8)
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
  /// How far the agent's clock is ahead of ours, in milliseconds.
  case clock(offset: Int64)
}
