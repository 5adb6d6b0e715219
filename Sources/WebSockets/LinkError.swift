/// What keeps a link or a server from existing at all. What happens to a link later is a
/// `LinkFailure`.
public enum LinkError: Error, Equatable, Sendable, CustomStringConvertible {
  case badAddress(given: String, wanted: String)
  case noEventLoop(reason: String)
  case cannotWatch(descriptor: Int32)
  case cannotListen(port: Int32, reason: String)
  case badCertificate(file: String, reason: String)
  case noSuchInterface(given: String, reason: String)

  public var description: String {
    // Not interpolated: that costs the device's program four times as many bytes.
    switch self {
    case .badAddress(let given, let wanted): return "bad address " + given + ": " + wanted
    case .noEventLoop(let reason): return "cannot start the event loop: " + reason
    case .cannotWatch(let descriptor): return "cannot watch descriptor \(descriptor)"
    case .cannotListen(let port, let reason): return "cannot listen on port \(port): " + reason
    case .badCertificate(let file, let reason): return "cannot use " + file + ": " + reason
    case .noSuchInterface(let given, let reason): return "cannot listen on " + given + ": " + reason
    }
  }
}
