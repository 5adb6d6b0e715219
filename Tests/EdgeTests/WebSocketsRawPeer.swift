import Glibc
import Testing
import WebSockets

/// A caller of a bench's server that writes its own bytes, to do what a library would not.
final class RawPeer {
  struct Frame {
    let opcode: UInt8
    let bytes: [UInt8]
  }

  private let bench: LinkBench
  private let socket: Int32
  private var watch: Watch!
  private var unread: [UInt8] = []
  private var isUpgraded = false
  private(set) var frames: [Frame] = []
  private(set) var isAtEnd = false
  /// What came while it was no WebSocket.
  private(set) var answer: [UInt8] = []

  init(of bench: LinkBench) throws {
    self.bench = bench
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(bench.server.port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
    watch = try bench.loop.watch(socket) { [unowned self] in read() }
  }

  deinit {
    bench.loop.unwatch(watch)
    close(socket)
  }

  func upgrade() throws {
    send(
      raw: Array(
        ("GET /auricle HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Protocol: auricle.v1\r\n\r\n").utf8))
    try bench.wait { self.isUpgraded || self.isAtEnd }
    try #require(isUpgraded)
  }

  func send(frame first: UInt8, _ text: String) { send(frame: first, bytes: Array(text.utf8)) }

  /// Masked, as a client must, with a mask of zeros.
  func send(frame first: UInt8, bytes: [UInt8]) {
    precondition(bytes.count < 126)
    send(raw: [first, 0x80 | UInt8(bytes.count), 0, 0, 0, 0] + bytes)
  }

  func send(raw bytes: [UInt8]) {
    _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
  func shutDown() { shutdown(socket, Int32(SHUT_WR)) }

  var closeCode: Int? {
    for frame in frames where frame.opcode == 8 && frame.bytes.count >= 2 {
      return Int(frame.bytes[0]) << 8 | Int(frame.bytes[1])
    }
    return nil
  }

  private func read() {
    var chunk = [UInt8](repeating: 0, count: 4_096)
    let count = Glibc.read(socket, &chunk, chunk.count)
    if count > 0 {
      unread += chunk[..<count]
      if !isUpgraded { answer += chunk[..<count] }
    } else if count == 0 || errno != EAGAIN {
      isAtEnd = true
      bench.loop.unwatch(watch)
    }
    if !isUpgraded, let end = unread.firstRange(of: Array("\r\n\r\n".utf8)) {
      isUpgraded = unread.starts(with: "HTTP/1.1 101".utf8)
      unread.removeSubrange(..<end.upperBound)
    }
    while isUpgraded, unread.count >= 2, unread.count >= 2 + Int(unread[1]) {
      let end = 2 + Int(unread[1])
      frames.append(Frame(opcode: unread[0] & 15, bytes: Array(unread[2..<end])))
      unread.removeSubrange(..<end)
    }
    bench.onEvent()
  }
}
