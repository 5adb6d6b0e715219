/// One line of a check: what was looked at, how it is, and what to do.
public struct Finding: Equatable, Sendable {
  public enum Grade: Int, Comparable, Sendable, CaseIterable {
    /// Nothing could be found out, and nobody is to blame for that.
    case unknown
    case good
    /// It works; somebody should look at it one day.
    case remark
    case wrong

    public static func < (one: Grade, other: Grade) -> Bool { one.rawValue < other.rawValue }

    public var word: String {
      switch self {
      case .unknown: "unknown"
      case .good: "good"
      case .remark: "remark"
      case .wrong: "wrong"
      }
    }
  }

  public var part: String
  public var grade: Grade
  /// What is wrong, in one word for programs; empty while nothing is.
  public var code: String
  public var says: String
  public var advice: String

  public init(
    _ part: String, _ grade: Grade, _ code: String, _ says: String, advice: String = ""
  ) {
    self.part = part
    self.grade = grade
    self.code = code
    self.says = says
    self.advice = advice
  }

  public static func good(_ part: String, _ says: String) -> Finding {
    Finding(part, .good, "", says)
  }
  public static func unknown(_ part: String, _ says: String) -> Finding {
    Finding(part, .unknown, "", says)
  }
}
