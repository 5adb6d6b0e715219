/// Whether there is one: `!= nil` for what cannot be copied.
public func isThere<Value: ~Copyable>(_ value: borrowing Value?) -> Bool {
  switch value {
  case .some: true
  case .none: false
  }
}
