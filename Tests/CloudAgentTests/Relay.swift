import Glibc
import Testing
import WebSockets

/// Stands between a device and the agent, and cuts the wire without a word to either.
final class Relay {
  private final class Pair {
    let device: Int32
    let agent: Int32
    var watches: [Watch] = []
    init(device: Int32, agent: Int32) {
      self.device = device
      self.agent = agent
    }
  }

  let port: Int32
  /// Cuts once when so many bytes more have come from the agent; the rest of them are lost.
  var cutAfterBytes: Int?
  private(set) var cuts = 0
  private let loop: EventLoop
  private let target: Int32
  private let listener: Int32
  private var watch: Watch?
  private var pairs: [Pair] = []

  init(on loop: EventLoop, to target: Int32) throws {
    self.loop = loop
    self.target = target
    listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Relay.loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(isBound)
    port = Int32(in_port_t(bigEndian: address.sin_port))
    watch = try loop.watch(listener) { [unowned self] in take() }
  }

  deinit {
    cut()
    if let watch { loop.unwatch(watch) }
    close(listener)
  }

  /// What was under way in either direction is lost.
  func cut() {
    if !pairs.isEmpty { cuts += 1 }
    for pair in pairs {
      for watch in pair.watches { loop.unwatch(watch) }
      for socket in [pair.device, pair.agent] {
        var hard = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        close(socket)
      }
    }
    pairs = []
  }

  private static func loopback(port: Int32) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private func take() {
    let device = accept(listener, nil, nil)
    guard device >= 0 else { return }
    let agent = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Relay.loopback(port: target)
    let isThere = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(agent, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    let pair = Pair(device: device, agent: agent)
    pairs.append(pair)
    do {
      try #require(isThere)
      pair.watches.append(
        try loop.watch(device) { [unowned self, unowned pair] in
          carry(pair, from: device, to: agent)
        })
      pair.watches.append(
        try loop.watch(agent) { [unowned self, unowned pair] in carry(pair, from: agent, to: device)
        })
    } catch {
      Issue.record("\(error)")
    }
  }

  private func carry(_ pair: Pair, from: Int32, to: Int32) {
    guard pairs.contains(where: { $0 === pair }) else { return }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    var count = recv(from, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    guard count != 0 else { return cut() }
    guard count > 0 else { return }
    var isLast = false
    if from == pair.agent, let rest = cutAfterBytes {
      isLast = count >= rest
      count = min(count, rest)
      cutAfterBytes = isLast ? nil : rest - count
    }
    var sent = 0
    while sent < count {
      let more = bytes[sent..<count].withUnsafeBytes {
        send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if more > 0 {
        sent += more
      } else if errno != EAGAIN {
        return cut()
      }
    }
    if isLast { cut() }
  }
}
