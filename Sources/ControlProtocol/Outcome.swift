/// The daemon's answer: facts, then `error=0`, or `error=` and a sentence that says why not.
extension Fields {
  /// Ends a reply that went well.
  public mutating func succeed() { add("error", "0") }

  /// Ends a reply with the reason why it did not.
  public mutating func fail(_ sentence: String) { add("error", sentence) }

  public static func failure(_ sentence: String) -> Fields {
    var fields = Fields()
    fields.fail(sentence)
    return fields
  }

  public enum Outcome: Equatable, Sendable {
    case done
    case refused(String)
    /// A block without `error=`: an event, or not from our daemon.
    case none
  }

  public var outcome: Outcome {
    guard let error = self["error"] else { return .none }
    return error.isSame(as: "0") ? .done : .refused(error)
  }

  /// The event's name, when the block is one.
  public var event: String? {
    guard let first = all.first, first.key.isSame(as: "event") else { return nil }
    return first.value
  }
}
