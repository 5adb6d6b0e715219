import Glibc
import Testing
import WebSockets

/// A listener that keeps what its last caller said, and answers with its own bytes.
final class RawServer {
  /// As an answer: close the connection.
  static let hangUp = ""

  let port: Int32
  /// What the caller that came last has said.
  private(set) var request = ""
  private let loop: EventLoop
  private let listener: Int32
  private let answer: (String) -> String?
  private var watches: [Watch] = []
  private var callers: [Int32] = []

  /// - Parameter answer: to all that was said so far; nil: nothing yet.
  init(on loop: EventLoop, answer: @escaping (String) -> String?) throws {
    self.loop = loop
    self.answer = answer
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(isBound)
    port = Int32(UInt16(bigEndian: address.sin_port))
    watches.append(try loop.watch(listener) { [unowned self] in accept() })
  }

  deinit {
    for watch in watches { loop.unwatch(watch) }
    for caller in callers { close(caller) }
    close(listener)
  }

  private func accept() {
    let caller = Glibc.accept(listener, nil, nil)
    guard caller >= 0 else { return }
    callers.append(caller)
    request = ""
    if let watch = try? loop.watch(caller, onReadable: { [unowned self] in read(caller) }) {
      watches.append(watch)
    }
  }

  private func read(_ caller: Int32) {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(caller, &bytes, bytes.count)
    guard count > 0 else { return }
    request += String(decoding: bytes.prefix(count), as: UTF8.self)
    guard let answer = answer(request) else { return }
    let out = Array(answer.utf8)
    _ = out.isEmpty ? 0 : Glibc.write(caller, out, out.count)
    if out.isEmpty || request.contains("then hang up") { shutdown(caller, Int32(SHUT_RDWR)) }
  }
}
