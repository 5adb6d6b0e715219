import Glibc
import Linux
import Testing
import WebSockets

@Suite(.serialized) struct SocketServerTests {
  private func open(port: Int32 = 0, certificate: String?, key: String?) throws -> SocketServer {
    try SocketServer(
      on: try EventLoop(), port: port, certificateFile: certificate, keyFile: key,
      interface: "127.0.0.1", subprotocol: "x", path: "/", maximumMessage: 100,
      maximumQueueBytes: 100
    ) { _, _ in }
  }

  @Test func anUnusableCertificateIsNamed() throws {
    let authority = try TestAuthority()
    let good = try authority.certificate()
    let other = try authority.certificate()
    let missing = try authority.folder.file("missing.pem")
    let rubbish = try authority.folder.file("rubbish.pem", "rubbish")
    for (certificate, key, guilty) in [
      (missing, good.key, missing), (good.file, missing, missing), (rubbish, good.key, rubbish),
      (good.file, rubbish, rubbish), (good.file, other.key, other.key),
    ] {
      let error = #expect(throws: LinkError.self) { try open(certificate: certificate, key: key) }
      guard case .badCertificate(let file, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(file == guilty)
    }
    #expect(throws: LinkError.self) { try open(certificate: good.file, key: nil) }
    _ = try open(certificate: good.file, key: good.key)
  }

  @Test func aPortInUseIsTold() throws {
    let first = try open(certificate: nil, key: nil)
    let error = #expect(throws: LinkError.self) {
      try open(port: first.port, certificate: nil, key: nil)
    }
    #expect(error == .cannotListen(port: first.port, reason: "another program listens there"))
  }

  @Test func onlyTheGivenAddressIsListenedOn() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.makeLink(to: "ws://127.0.0.2:\(bench.server.port)/auricle")
    bench.connect()
    try bench.wait { bench.link.isOpen || !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.refused])
  }

  @Test(arguments: [nil, "lo", "::1"] as [String?])
  func theOtherWaysToNameAnInterfaceWork(interface: String?) throws {
    let bench = try LinkBench()
    if interface == "::1", !Files.exists("/proc/net/if_inet6") { return }
    try bench.serve(interface: interface)
    try bench.open(isSecure: false, host: interface == "::1" ? "[::1]" : "127.0.0.1")
    #expect(bench.failures.isEmpty)
  }

  @Test func connectionsHaveTheirOwnQueuesAndNumbers() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.open(isSecure: false)
    let first = try #require(bench.connection)
    let other = try RawPeer(of: bench)
    try other.upgrade()
    try bench.wait { bench.connection != first }
    let second = try #require(bench.connection)
    #expect(first.id == 1 && second.id == 2)
    #expect(bench.server.send([1], isText: false, to: first))
    #expect(bench.server.send([2], isText: false, to: second))
    try bench.wait { bench.received.count == 1 && !other.frames.isEmpty }
    #expect(bench.received.first?.bytes == [1])
    #expect(other.frames.map(\.bytes) == [[2]])
    bench.server.close(second)
    try bench.wait { bench.server.connectionCount == 1 }
    #expect(!bench.server.send([3], isText: false, to: second))
    #expect(bench.link.isOpen)
  }

  @Test func theCodeThePeerClosedWithIsTold() throws {
    func codes(_ end: (LinkBench, RawPeer) -> Void) throws -> [UInt16?] {
      let bench = try LinkBench()
      try bench.serve()
      let peer = try RawPeer(of: bench)
      try peer.upgrade()
      end(bench, peer)
      try bench.wait { bench.connection == nil }
      return bench.served.compactMap {
        if case .closed(let code) = $0.event { .some(code) } else { nil }
      }
    }
    #expect(try codes { $1.send(frame: 0x88, bytes: [0x03, 0xE8]) } == [1000])
    #expect(try codes { $1.send(frame: 0x88, bytes: [0x03, 0xF0]) } == [1008])
    #expect(try codes { $1.send(frame: 0x88, bytes: []) } == [nil])
    #expect(try codes { $1.shutDown() } == [nil])
    #expect(
      try codes { bench, peer in
        bench.server.close(bench.connection!, code: 1001)
        peer.send(frame: 0x88, bytes: [0x03, 0xE9])
      } == [nil])
  }

  @Test func thePeersAddressIsTold() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.open(isSecure: false, host: "127.0.0.1")
    guard case .opened(let peer) = bench.served.first?.event else {
      Issue.record("not opened")
      return
    }
    #expect(peer.hasSuffix("127.0.0.1"))
  }

  @Test func aServerThatIsDroppedSaysGoodbyeAndTheLoopGoesOn() throws {
    let loop = try EventLoop()
    var server: SocketServer? = try SocketServer(
      on: loop, port: 0, certificateFile: nil, keyFile: nil, interface: "127.0.0.1",
      subprotocol: "x", path: "/", maximumMessage: 100, maximumQueueBytes: 100
    ) { _, _ in }
    var failures: [LinkFailure.Kind] = []
    let address = try ServerAddress(url: "ws://127.0.0.1:\(try #require(server).port)")
    let link = ServerLink(
      on: loop, subprotocol: "x", maximumMessage: 100, maximumQueueBytes: 100
    ) { event in
      if case .closed(let failure) = event { failures.append(failure.kind) }
      loop.stop()
    }
    link.connect(to: address)
    #expect(loop.run(atMostMilliseconds: LinkBench.limit) && link.isOpen)
    server = nil
    #expect(loop.run(atMostMilliseconds: LinkBench.limit))
    #expect(failures == [.closedByPeer(code: 1001)])
    // lws frees what the server had; a wrong word of ours made it free its own pipe, too.
    _ = loop.run(atMostMilliseconds: 20)
    link.connect(to: address)
    #expect(loop.run(atMostMilliseconds: LinkBench.limit))
    #expect(failures.count == 2)
  }

  // MARK: What a well-behaved peer never sends

  @Test func aMessageInPiecesIsPutTogether() throws {
    let bench = try LinkBench()
    try bench.serve()
    let peer = try RawPeer(of: bench)
    try peer.upgrade()
    peer.send(frame: 0x01, "hel")
    peer.send(frame: 0x89, "ping")
    peer.send(frame: 0x00, "l")
    peer.send(frame: 0x80, "o")
    try bench.wait { bench.servedMessages.count == 1 }
    #expect(bench.servedMessages == [Array("hello".utf8)])
    try bench.wait { peer.frames.contains { $0.opcode == 0xA && $0.bytes == Array("ping".utf8) } }
  }

  @Test func textThatIsNotUTF8EndsTheConnectionWith1007() throws {
    let bench = try LinkBench()
    try bench.serve()
    let peer = try RawPeer(of: bench)
    try peer.upgrade()
    peer.send(frame: 0x81, bytes: [0xC3, 0x28])
    try bench.wait { peer.closeCode != nil || peer.isAtEnd }
    #expect(peer.closeCode == 1007)
    #expect(bench.servedMessages.isEmpty)
  }

  @Test func aGoodbyeThatIsNotUTF8IsAnsweredWith1007() throws {
    let bench = try LinkBench()
    try bench.serve()
    let peer = try RawPeer(of: bench)
    try peer.upgrade()
    // Half a character at the end of the reason.
    peer.send(frame: 0x88, bytes: [0x03, 0xE8, 0x61, 0xC3])
    try bench.wait { peer.closeCode != nil || peer.isAtEnd }
    #expect(peer.closeCode == 1007)
    #expect(peer.frames.last?.bytes.dropFirst(2).elementsEqual("??".utf8) == true)
    try bench.wait { bench.connection == nil }
    #expect(
      bench.served.contains { if case .closed(1007) = $0.event { true } else { false } })
  }

  @Test func aGiantFrameIsRefusedBeforeItArrives() throws {
    let bench = try LinkBench()
    try bench.serve(maximumMessage: 1_000)
    let peer = try RawPeer(of: bench)
    try peer.upgrade()
    // Claims 2^40 bytes and sends a few.
    peer.send(
      raw: [0x82, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4] + [UInt8](repeating: 7, count: 64))
    try bench.wait { bench.connection == nil }
    #expect(bench.servedMessages.isEmpty)
  }

  @Test func rubbishInsteadOfAnUpgradeHarmsNobody() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.open(isSecure: false)
    for rubbish in [
      "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /auricle HTTP/1.1\r\n\r\n",
      "GET /auricle HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
      "GET /auricle HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      String(repeating: "A", count: 20_000),
    ] {
      let peer = try RawPeer(of: bench)
      peer.send(raw: Array(rubbish.utf8))
      peer.shutDown()
      try bench.wait { peer.isAtEnd }
    }
    #expect(bench.link.isOpen)
    #expect(bench.server.connectionCount == 1)
  }

  @Test func anOldTLSVersionIsRefused() throws {
    let authority = try TestAuthority()
    let bench = try LinkBench()
    try bench.serve(try authority.certificate())
    for (version, isRefused) in [("-tls1_1", true), ("-tls1_2", false)] {
      let errors = try authority.folder.file("client.log")
      var child = try ChildProcess.start(
        "openssl",
        [
          "s_client", "-connect", "127.0.0.1:\(bench.server.port)", version, "-cipher",
          "ALL:@SECLEVEL=0", "-CAfile", authority.file, "-brief",
        ], errorFile: errors)
      var told = ""
      for _ in 0..<1_500 where !told.contains("CONNECTION ESTABLISHED") {
        bench.linger(milliseconds: 20)
        told = String(decoding: try Files.read(errors), as: UTF8.self)
        if child.exitCode() != nil { break }
      }
      #expect(told.contains("CONNECTION ESTABLISHED") != isRefused, "\(version): \(told)")
    }
  }
}
