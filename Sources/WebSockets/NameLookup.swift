internal import CWebSockets
internal import Linux
internal import Synchronization

/// Finds the addresses of a host. Asking the network may block for many seconds, so that happens on
/// a thread of its own; the loop hears of the end through `readyDescriptor`.
final class NameLookup: @unchecked Sendable {
  /// Addresses beyond these are not tried.
  static let mostAddresses = 8

  enum Result {
    case addresses([String])
    case failed(reason: String)
  }

  let host: String
  private let ready: Wakeup
  private let isDone = Atomic<Bool>(false)
  /// Written by the thread before `isDone`, read after it.
  private var found: Result = .addresses([])

  var readyDescriptor: Int32 { ready.number }
  var result: Result? { isDone.load(ordering: .acquiring) ? found : nil }

  private init(host: String, ready: consuming Wakeup) {
    self.host = host
    self.ready = ready
  }

  /// Nil when the system gives us no thread.
  static func start(_ host: String) -> NameLookup? {
    let ready: Wakeup
    do throws(LinuxError) { ready = try Wakeup.open() } catch { return nil }
    let lookup = NameLookup(host: host, ready: ready)
    var thread = pthread_t()
    let body = Unmanaged.passRetained(lookup)
    guard pthread_create(&thread, nil, run, body.toOpaque()) == 0 else {
      body.release()
      return nil
    }
    pthread_detach(thread)
    return lookup
  }

  /// The address that `host` already is, without asking anybody.
  static func numeric(_ host: String) -> [String]? {
    if case .addresses(let list) = ask(host, numericOnly: true) { return list }
    return nil
  }

  private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    raw in
    guard let raw else { return nil }
    let lookup = Unmanaged<NameLookup>.fromOpaque(raw).takeRetainedValue()
    lookup.found = ask(lookup.host, numericOnly: false)
    lookup.isDone.store(true, ordering: .releasing)
    lookup.ready.signal()
    return nil
  }

  private static func ask(_ host: String, numericOnly: Bool) -> Result {
    var list: UnsafeMutablePointer<addrinfo>?
    let code = cwebsockets_addresses(host, numericOnly ? 1 : 0, &list)
    guard code == 0 else { return .failed(reason: String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var addresses: [String] = []
    var next = list
    while let address = next, addresses.count < mostAddresses {
      // The longest IPv6 address with the name of an interface.
      var text = [CChar](repeating: 0, count: 64)
      if cwebsockets_address_text(address, &text, UInt32(text.count)) == 0 {
        addresses.append(text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
      }
      next = address.pointee.ai_next
    }
    return .addresses(addresses)
  }
}
