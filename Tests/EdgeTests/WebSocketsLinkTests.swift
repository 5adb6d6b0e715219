import Glibc
import Linux
import Testing
@testable import WebSockets

@Suite(.serialized) struct LinkTests {
  @Test func messagesGoBothWaysOverTLS() throws {
    let authority = try TestAuthority()
    let bench = try LinkBench()
    try bench.serve(try authority.certificate())
    try bench.open(caFile: authority.file)
    try #require(bench.failures.isEmpty, "\(bench.failures)")

    // Larger than lws hands over in one piece.
    let long = [UInt8]((0..<30_000).map { UInt8(truncatingIfNeeded: $0) })
    #expect(bench.link.send(Array("héllo".utf8), isText: true))
    #expect(bench.link.send(long, isText: false))
    try bench.wait { bench.servedMessages.count == 2 }
    #expect(bench.servedMessages == [Array("héllo".utf8), long])

    let connection = try #require(bench.connection)
    #expect(bench.server.send(long, isText: false, to: connection))
    #expect(bench.server.send([], isText: true, to: connection))
    try bench.wait { bench.received.count == 2 }
    #expect(bench.received.map(\.bytes) == [long, []])
    #expect(bench.received.map(\.isText) == [false, true])
  }

  @Test func closingIsToldOnBothSidesOnce() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.open(isSecure: false)
    #expect(bench.link.send([1], isText: false))
    bench.link.close()
    bench.link.close()
    #expect(!bench.link.isOpen)
    #expect(!bench.link.send([2], isText: false))
    try bench.wait { bench.connection == nil && !bench.failures.isEmpty }
    bench.linger()
    #expect(bench.failures.map(\.kind) == [.local])
    #expect(bench.servedMessages == [[1]], "what was queued before the close is still sent")
    #expect(bench.server.connectionCount == 0)
  }

  @Test func theServersCodeIsTold() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.open(isSecure: false)
    let connection = try #require(bench.connection)
    #expect(bench.server.send([7], isText: false, to: connection))
    bench.server.close(connection, code: 4001, reason: "out of tune")
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.closedByPeer(code: 4001)])
    #expect(bench.received.map(\.bytes) == [[7]])
  }

  @Test func aMessageAboveTheLinksLimitEndsIt() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.makeLink(to: "ws://localhost:\(bench.server.port)/auricle", maximumMessage: 1_000)
    bench.connect()
    try bench.wait { bench.connection != nil }
    let connection = try #require(bench.connection)
    #expect(bench.server.send([UInt8](repeating: 1, count: 1_000), isText: false, to: connection))
    #expect(bench.server.send([UInt8](repeating: 1, count: 1_001), isText: false, to: connection))
    try bench.wait { !bench.failures.isEmpty && bench.connection == nil }
    #expect(bench.received.count == 1)
    #expect(bench.failures.map(\.kind) == [.tooLarge])
  }

  @Test func aMessageAboveTheServersLimitIsAnsweredWith1009() throws {
    let bench = try LinkBench()
    try bench.serve(maximumMessage: 1_000)
    try bench.open(isSecure: false)
    #expect(bench.link.send([UInt8](repeating: 1, count: 20_000), isText: false))
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.closedByPeer(code: 1009)])
    #expect(bench.servedMessages.isEmpty)
  }

  @Test func aFullQueueRefusesAndLosesNothing() throws {
    let bench = try LinkBench()
    try bench.serve(maximumQueueBytes: 10_000)
    try bench.open(isSecure: false)
    let message = [UInt8](repeating: 1, count: 1_000)
    let connection = try #require(bench.connection)
    var accepted = 0
    while bench.server.send(message, isText: false, to: connection) { accepted += 1 }
    #expect(accepted == 9, "each message costs a little more than its bytes")
    try bench.wait { bench.received.count == accepted }
    #expect(bench.server.send(message, isText: false, to: connection))
    try bench.wait { bench.received.count == accepted + 1 }
  }

  @Test func aLongQueueArrivesInOrderAndOnce() throws {
    let bench = try LinkBench()
    try bench.serve(maximumQueueBytes: 100_000)
    try bench.open(isSecure: false)
    let connection = try #require(bench.connection)
    // More than one clearing of what was sent, and more behind it.
    for number in 0..<200 {
      #expect(bench.server.send([UInt8(number)], isText: false, to: connection))
    }
    try bench.wait { bench.received.count >= 70 }
    for number in 200..<250 {
      #expect(bench.server.send([UInt8(number)], isText: false, to: connection))
    }
    try bench.wait { bench.received.count == 250 }
    #expect(bench.received.map(\.bytes) == (0..<250).map { [UInt8($0)] })
  }

  @Test func anAddressThatRefusesIsPassedOver() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.makeLink(to: "ws://localhost:\(bench.server.port)/auricle")
    bench.connect(at: ["::1", "127.0.0.3", "127.0.0.1"])
    try bench.wait { bench.link.isOpen || !bench.failures.isEmpty }
    #expect(bench.link.isOpen, "\(bench.failures)")
    bench.link.close()
    try bench.wait { bench.failures.count == 1 }
    bench.connect(at: ["127.0.0.2", "127.0.0.3"])
    try bench.wait { bench.failures.count == 2 }
    #expect(bench.failures.last?.kind == .refused)
  }

  @Test func anAddressThatDoesNotAnswerIsPassedOver() throws {
    let bench = try LinkBench()
    try bench.serve()
    // A listener whose queue is full drops what else comes, as a broken network does.
    let silent = try FullListener(port: bench.server.port)
    try bench.makeLink(to: "ws://localhost:\(bench.server.port)/auricle")
    bench.connect(at: ["127.0.0.2", "127.0.0.1"])
    try bench.wait { bench.link.isOpen || !bench.failures.isEmpty }
    #expect(bench.link.isOpen)
    withExtendedLifetime(silent) {}
  }

  @Test func closingWhileConnectingGivesOneEnd() throws {
    let authority = try TestAuthority()
    let bench = try LinkBench()
    try bench.serve(try authority.certificate())
    try bench.makeLink(to: "wss://localhost:\(bench.server.port)/auricle", caFile: authority.file)
    for (round, delay) in [0, 0, 1, 1, 2, 2, 3, 4, 5, 8, 13].enumerated() {
      bench.connect()
      let alarm = Alarm(on: bench.loop, afterMilliseconds: Int64(delay)) { bench.link.close() }
      if round == 0 { bench.link.close() }
      try bench.wait { bench.failures.count == round + 1 }
      alarm.cancel()
      bench.linger(milliseconds: 20)
      #expect(bench.failures.count == round + 1)
      #expect(bench.failures.allSatisfy { $0.kind == .local })
    }
    try bench.wait { bench.server.connectionCount == 0 }
  }

  @Test func aHundredReconnectsLeaveNothingOpen() throws {
    let authority = try TestAuthority()
    let bench = try LinkBench()
    try bench.serve(try authority.certificate())
    try bench.open(caFile: authority.file)
    bench.link.close()
    try bench.wait { bench.failures.count == 1 && bench.connection == nil }
    bench.linger()
    let before = try bench.openSockets()
    try #require(before > 0, "the listener at least")
    for round in 2...101 {
      bench.connect()
      try bench.wait { bench.link.isOpen && bench.connection != nil }
      #expect(bench.link.send([1], isText: false))
      // Half of the ends come from the other side.
      if round.isMultiple(of: 2) {
        bench.link.close()
      } else {
        bench.server.close(try #require(bench.connection))
      }
      try bench.wait { bench.failures.count == round && bench.connection == nil }
    }
    for _ in 0..<100 where try bench.openSockets() > before { bench.linger() }
    #expect(try bench.openSockets() <= before)
    #expect(bench.opened == 101)
  }

  @Test func trafficIsCountedWithHandshakesAndOverReconnects() throws {
    let authority = try TestAuthority()
    let bench = try LinkBench()
    try bench.serve(try authority.certificate())
    #expect(throws: Never.self) { try bench.open(caFile: authority.file) }
    let handshake = bench.link.traffic
    #expect(handshake.sent > 400 && handshake.sent < 4_000)
    #expect(handshake.received > 600 && handshake.received < 8_000)

    #expect(bench.link.send([UInt8](repeating: 1, count: 10_000), isText: false))
    try bench.wait { !bench.servedMessages.isEmpty }
    let afterMessage = bench.link.traffic
    #expect((10_000...10_400).contains(afterMessage.sent - handshake.sent))

    bench.link.close()
    try bench.wait { bench.failures.count == 1 && bench.connection == nil }
    bench.linger()
    let afterClose = bench.link.traffic
    #expect(afterClose.sent >= afterMessage.sent)
    bench.connect()
    try bench.wait { bench.link.isOpen }
    #expect(bench.link.traffic.sent >= afterClose.sent + 400)
  }

  @Test func aPeerThatWentAwaySilentlyIsNoticed() throws {
    var quick = EventLoop.Heartbeat()
    quick.pingAfterSeconds = 1
    quick.hangUpAfterSeconds = 2
    let bench = try LinkBench(heartbeat: quick)
    // The server's loop stands still as soon as the link is open: nobody answers the pings.
    let other = try LinkBench()
    try other.serve()
    try bench.makeLink(to: "ws://127.0.0.1:\(other.server.port)/auricle")
    bench.connect()
    for _ in 0..<3_000 where !bench.link.isOpen {
      bench.linger(milliseconds: 5)
      other.linger(milliseconds: 5)
    }
    try #require(bench.link.isOpen)
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.timedOut(.open)])
  }

  @Test func aLinkThatIsDroppedClosesItsConnection() throws {
    let loop = try EventLoop()
    var isThere = false
    var isGone = false
    let server = try SocketServer(
      on: loop, port: 0, certificateFile: nil, keyFile: nil, interface: "127.0.0.1",
      subprotocol: "x", path: "/", maximumMessage: 100, maximumQueueBytes: 100
    ) { _, event in
      switch event {
      case .opened: isThere = true
      case .closed: isGone = true
      case .received: break
      }
      loop.stop()
    }
    var link: ServerLink? = ServerLink(
      on: loop, subprotocol: "x", maximumMessage: 100, maximumQueueBytes: 100
    ) { _ in }
    link?.connect(to: try ServerAddress(url: "ws://127.0.0.1:\(server.port)"))
    #expect(loop.run(atMostMilliseconds: LinkBench.limit) && isThere)
    link = nil
    #expect(loop.run(atMostMilliseconds: LinkBench.limit) && isGone)
  }
}

/// Listens on 127.0.0.2, takes nobody, and has as many callers waiting as it allows.
final class FullListener {
  private var sockets: [Int32] = []

  init(port: Int32) throws {
    let listener = try open()
    try #require(call(listener, port, bind) == 0 && listen(listener, 0) == 0)
    for _ in 0..<4 {
      let caller = try open()
      _ = fcntl(caller, F_SETFL, O_NONBLOCK)
      _ = call(caller, port, connect)
    }
  }

  private func open() throws -> Int32 {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(number >= 0)
    sockets.append(number)
    return number
  }

  private func call(
    _ socket: Int32, _ port: Int32, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0002).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit { for socket in sockets { close(socket) } }
}
