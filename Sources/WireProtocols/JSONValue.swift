/// A JSON document in memory, bounded by what the reader allows.
public enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction and exponent that fits.
  case integer(Int64)
  /// Any other number: we know that it is one, not which.
  case otherNumber
  case text(String)
  case array([JSONValue])
  /// In the order they were written; no name appears twice.
  case object([JSONField])

  /// The member of an object; nil when there is none or this is no object.
  public func member(_ name: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    for field in fields where field.name.hasSameBytes(as: name) { return field.value }
    return nil
  }
}

public struct JSONField: Equatable, Sendable {
  public let name: String
  public let value: JSONValue

  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}

extension String {
  /// Equal as JSON means it, byte by byte. Swift's own `==` also finds differently composed
  /// accents equal, and costs the device the tables for that.
  func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
