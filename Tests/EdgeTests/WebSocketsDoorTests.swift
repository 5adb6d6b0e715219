import Glibc
import Testing
import WebSockets

/// What a server does with callers before they are WebSockets, and with those who never will be.
@Suite(.serialized) struct SocketServerDoorTests {
  /// Remembers what it was asked.
  private final class Desk {
    var requests: [SocketServer.Request] = []
    var refuses = false
    var service: SocketServer.Service {
      .init(
        path: "/token",
        answer: { [unowned self] request in
          requests.append(request)
          return .init(status: 200, body: Array("{}".utf8), headers: ["X-Desk: 1"])
        },
        admit: { [unowned self] request in
          requests.append(request)
          return refuses ? .refused(.problem(401, "no", "go away")) : .welcome(self)
        })
    }
  }

  private func ask(_ bench: LinkBench, _ request: String) throws -> String {
    let peer = try RawPeer(of: bench)
    peer.send(raw: Array(request.utf8))
    try bench.wait { peer.isAtEnd }
    return String(decoding: peer.answer, as: UTF8.self)
  }

  /// For what no event tells of.
  private func settle(_ bench: LinkBench, until isTrue: () -> Bool) {
    for _ in 0..<3_000 where !isTrue() { bench.linger(milliseconds: 10) }
  }

  private func post(_ path: String, _ headers: String, _ body: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: kiosk.example:8443\r\n\(headers)\r\n\r\n\(body)"
  }

  @Test func aPostIsAnsweredAndTheConnectionClosed() throws {
    let bench = try LinkBench()
    let desk = Desk()
    try bench.serve(service: desk.service)
    let answer = try ask(
      bench, post("/token", "Content-Length: 4\r\nAuthorization: Bearer x", "body"))
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(answer.contains("Cache-Control: no-store\r\n") && answer.contains("X-Desk: 1\r\n"))
    #expect(answer.hasSuffix("\r\n\r\n{}"))
    let request = try #require(desk.requests.first)
    #expect(request.body == Array("body".utf8))
    #expect(request.host == Array("kiosk.example:8443".utf8))
    #expect(request.authorization == Array("Bearer x".utf8))
    #expect(request.peer.hasSuffix("127.0.0.1") && request.neighbour == 0xFFFF_7F00_0001)
    #expect(request.certificate == .none)
  }

  @Test func aPostWithNothingInItIsOne() throws {
    let bench = try LinkBench()
    let desk = Desk()
    try bench.serve(service: desk.service)
    #expect(try ask(bench, post("/token", "Content-Length: 0")).hasPrefix("HTTP/1.1 200"))
    #expect(desk.requests.map(\.body) == [[]])
  }

  @Test func aBodyMayComeInPieces() throws {
    let bench = try LinkBench()
    let desk = Desk()
    try bench.serve(service: desk.service)
    let peer = try RawPeer(of: bench)
    let request = Array(post("/token", "Content-Length: 4", "body").utf8)
    for byte in request {
      peer.send(raw: [byte])
      bench.linger(milliseconds: 1)
    }
    try bench.wait { peer.isAtEnd }
    #expect(desk.requests.map(\.body) == [Array("body".utf8)])
  }

  @Test(arguments: [
    ("GET /token HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ("DELETE /token HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ("POST /toke HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 404),
    ("POST /token/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 404),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    ("POST /token HTTP/1.1\r\nHost: a\r\n\r\n", 411),
    ("POST /token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", 411),
    ("POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    ("POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 4x\r\n\r\nbody", 400),
    ("POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nb", 400),
    ("POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    ("POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n", 413),
  ])
  func everythingElseIsRefused(request: String, status: Int) throws {
    let bench = try LinkBench()
    let desk = Desk()
    try bench.serve(service: desk.service)
    let answer = try ask(bench, request)
    #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
    #expect(answer.contains("application/json") && answer.hasSuffix("\"}"), "\(answer)")
    #expect(desk.requests.isEmpty)
  }

  @Test(arguments: [
    ("/auricle", "auricle.v1", "503 Service Unavailable", "full"),
    ("/auricle", "other.v1", "400 Bad Request", "subprotocol"),
    ("/other", "auricle.v1", "404 Not Found", "not_found"),
  ])
  func anUpgradeThatIsRefusedHearsWhy(
    path: String, subprotocol: String, status: String, error: String
  ) throws {
    let bench = try LinkBench()
    var limits = SocketServer.Limits()
    limits.connections = 1
    try bench.serve(limits: limits)
    let first = try RawPeer(of: bench)
    try first.upgrade()
    let answer = try ask(
      bench,
      "GET \(path) HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Protocol: \(subprotocol)\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(answer)")
    #expect(answer.contains("{\"error\":\"\(error)\""), "\(answer)")
    #expect(answer.contains("\r\nRetry-After: 5\r\n") == (error == "full"))
    #expect(bench.server.connectionCount == 1)
  }

  @Test func aHugeBodyIsNotReadToItsEnd() throws {
    let bench = try LinkBench()
    let desk = Desk()
    try bench.serve(service: desk.service)
    let body = String(repeating: "a", count: 5_000)
    let answer = try ask(bench, post("/token", "Content-Length: 5000", body))
    #expect(answer.contains("413") && answer.contains("allowed are 4096"))
    #expect(desk.requests.isEmpty)
    settle(bench) { bench.server.callerCount == 0 }
    #expect(bench.server.callerCount == 0)
  }

  /// With bytes of the next request right behind, which nobody asked for.
  @Test func whatComesAfterTheBodyIsNotRead() throws {
    let bench = try LinkBench()
    let desk = Desk()
    try bench.serve(service: desk.service)
    let answer = try ask(bench, post("/token", "Content-Length: 4", "bodyPOST /token HTTP/1.1\r\n"))
    #expect(answer.hasPrefix("HTTP/1.1 200"))
    #expect(desk.requests.map(\.body) == [Array("body".utf8)])
  }

  @Test(arguments: [
    "", "POST /to", "POST /token HTTP/1.1\r\nHost: a\r\n",
    "POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbod",
  ])
  func whoeverIsSlowIsCutOff(request: String) throws {
    let bench = try LinkBench()
    let desk = Desk()
    var limits = SocketServer.Limits()
    limits.patienceMilliseconds = 100
    try bench.serve(limits: limits, service: desk.service)
    let peer = try RawPeer(of: bench)
    peer.send(raw: Array(request.utf8))
    try bench.wait { peer.isAtEnd }
    #expect(desk.requests.isEmpty)
    settle(bench) { bench.server.callerCount == 0 }
    #expect(bench.server.callerCount == 0)
  }

  /// A byte now and then must not buy more time, as it would with lws's own limits.
  @Test func aByteNowAndThenBuysNoTime() throws {
    let bench = try LinkBench()
    let desk = Desk()
    var limits = SocketServer.Limits()
    limits.patienceMilliseconds = 200
    try bench.serve(limits: limits, service: desk.service)
    let peer = try RawPeer(of: bench)
    peer.send(raw: Array(post("/token", "Content-Length: 4096").utf8))
    for _ in 0..<600 where !peer.isAtEnd {
      peer.send(raw: [0x20])
      bench.linger(milliseconds: 10)
    }
    #expect(peer.isAtEnd)
    #expect(desk.requests.isEmpty)
  }

  @Test func whoIsLetInMayStayLongerThanTheDoorIsPatient() throws {
    let bench = try LinkBench()
    let desk = Desk()
    var limits = SocketServer.Limits()
    limits.patienceMilliseconds = 100
    try bench.serve(limits: limits, service: desk.service)
    let peer = try RawPeer(of: bench)
    try peer.upgrade()
    bench.linger(milliseconds: 300)
    #expect(!peer.isAtEnd && bench.server.connectionCount == 1)
    let connection = try #require(bench.connection)
    #expect(bench.server.guest(of: connection) === desk)
  }

  @Test func whoIsNotLetInHearsWhy() throws {
    let bench = try LinkBench()
    let desk = Desk()
    desk.refuses = true
    try bench.serve(service: desk.service)
    try bench.open(isSecure: false, host: "127.0.0.1")
    #expect(bench.failures.map(\.kind) == [.upgradeRefused(status: 401)])
    #expect(bench.server.connectionCount == 0)
    let peer = try RawPeer(of: bench)
    peer.send(
      raw: Array(
        ("GET /auricle HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Protocol: auricle.v1\r\nAuthorization: Bearer t\r\n\r\n").utf8))
    try bench.wait { peer.isAtEnd }
    let answer = String(decoding: peer.answer, as: UTF8.self)
    #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
    #expect(answer.hasSuffix("{\"error\":\"no\",\"message\":\"go away\"}"))
    #expect(desk.requests.last?.authorization == Array("Bearer t".utf8))
  }

  @Test func oneAddressMayHaveOnlySoManyConnections() throws {
    let bench = try LinkBench()
    var limits = SocketServer.Limits()
    limits.perAddress = 2
    try bench.serve(limits: limits)
    var troubles = 0
    bench.server.onTrouble = { if case .tooMany = $0 { troubles += 1 } }
    let first = try RawPeer(of: bench)
    try first.upgrade()
    var second: RawPeer? = try RawPeer(of: bench)
    settle(bench) { bench.server.callerCount == 2 }
    let third = try RawPeer(of: bench)
    try bench.wait { third.isAtEnd }
    #expect(troubles == 1)
    second = nil
    _ = second
    settle(bench) { bench.server.callerCount == 1 }
    let fourth = try RawPeer(of: bench)
    try fourth.upgrade()
    #expect(bench.server.connectionCount == 2)
  }

  @Test func manyConnectionsAreEachFoundAndAllForgotten() throws {
    let bench = try LinkBench(mostDescriptors: 700)
    var limits = SocketServer.Limits()
    limits.connections = 150
    try bench.serve(limits: limits)
    var peers: [RawPeer] = []
    for _ in 0..<150 {
      let peer = try RawPeer(of: bench)
      try peer.upgrade()
      peers.append(peer)
    }
    #expect(bench.server.connectionCount == 150)
    for id in 1...150 {
      #expect(bench.server.send([UInt8(id)], isText: false, to: .init(id: id)))
    }
    try bench.wait { peers.allSatisfy { !$0.frames.isEmpty } }
    #expect(peers.map { $0.frames[0].bytes } == (1...150).map { [UInt8($0)] })
    // In no particular order.
    peers = peers.enumerated().filter { $0.offset % 3 == 1 }.map(\.element)
    settle(bench) { bench.server.connectionCount == 50 }
    #expect(bench.server.connectionCount == 50)
    for peer in peers { peer.send(frame: 0x82, "x") }
    try bench.wait { bench.servedMessages.count == 50 }
    peers = []
    settle(bench) { bench.server.callerCount == 0 }
    #expect(bench.server.callerCount == 0)
  }

  @Test(arguments: ["192.0.2.1", "nosuch0", "2001:db8::1"])
  func anInterfaceThatIsNotHereIsAnError(interface: String) throws {
    let bench = try LinkBench()
    let error = #expect(throws: LinkError.self) { try bench.serve(interface: interface) }
    guard case .noSuchInterface(interface, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func anAuthorityFileWithoutCertificateIsNamed() throws {
    let authority = try TestAuthority()
    let good = try authority.certificate()
    for (file, reason) in [
      (try authority.folder.file("rubbish.pem", "rubbish"), "there is no certificate in it"),
      (authority.folder.path + "/missing.pem", "No such file or directory"),
    ] {
      #expect(throws: LinkError.badCertificate(file: file, reason: reason)) {
        _ = try SocketServer(
          on: try EventLoop(), port: 0, certificateFile: good.file, keyFile: good.key,
          interface: "127.0.0.1", callerAuthorityFile: file, subprotocol: "x", path: "/",
          maximumMessage: 100, maximumQueueBytes: 100
        ) { _, _ in }
      }
    }
  }
}
