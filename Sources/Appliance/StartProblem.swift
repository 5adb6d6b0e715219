/// Why the daemon cannot start, and what to do.
public struct StartProblem: Error, Equatable, Sendable, CustomStringConvertible {
  public let reason: String
  public let advice: String
  /// A setting is wrong: starting again without a human changes nothing.
  public let isSetting: Bool

  init(_ reason: String, advice: String, isSetting: Bool = false) {
    self.reason = reason
    self.advice = advice
    self.isSetting = isSetting
  }

  public var description: String { "\(reason)\n  \(advice)" }

  /// Runs a step of the start; its failure becomes ours, with what to do about it.
  static func advising<Value: ~Copyable, Failure: Error & CustomStringConvertible>(
    _ advice: String, _ step: () throws(Failure) -> Value
  ) throws(StartProblem) -> Value {
    do throws(Failure) { return try step() } catch {
      throw StartProblem(error.description, advice: advice)
    }
  }
}
