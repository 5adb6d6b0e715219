/// A line of a talker's script that says nothing we can do.
public struct ScriptError: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1.
  public let line: Int
  public let given: String
  public let wanted: String

  public init(line: Int, given: String, wanted: String) {
    self.line = line
    self.given = given
    self.wanted = wanted
  }

  public var description: String { "line \(line): '\(given)': \(wanted)" }
}
