import Glibc
import Linux
import Testing

@testable import WebSockets

/// Servers whose TLS is not as it should be, and servers that want to know who we are.
@Suite(.serialized) struct HandshakeTests {
  @Test func aServerThatKnowsOnlyOldTLSIsTold() throws {
    let authority = try TestAuthority()
    let server = try OpenSSLServer(
      authority.certificate(), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    let failure = try failure(port: server.port, trust: TLSTrust(caFile: authority.file))
    #expect(failure.kind == .tls(.tooOld), "\(failure)")
    #expect(failure.advice.contains("TLS 1.2"))
  }

  @Test func aKeyThatIsTooSmallIsTold() throws {
    let authority = try TestAuthority()
    let server = try OpenSSLServer(
      authority.certificate(key: ["rsa:1024"]), "-cipher", "ALL:@SECLEVEL=0")
    let failure = try failure(port: server.port, trust: TLSTrust(caFile: authority.file))
    #expect(failure.kind == .tls(.weak), "\(failure)")
  }

  @Test(arguments: ["-tls1_2", "-tls1_3"])
  func ourCertificateIsShownToAServerThatAsks(version: String) throws {
    let authority = try TestAuthority()
    let server = try OpenSSLServer(
      authority.certificate(), version, "-Verify", "3", "-verify_return_error", "-CAfile",
      authority.file)
    var trust = TLSTrust(caFile: authority.file)
    let without = try failure(port: server.port, trust: trust)
    #expect(without.kind == .tls(.clientRefused), "\(without)")
    #expect(without.advice.contains("device.certificate"))

    let ours = try authority.certificate("DNS:kiosk-7")
    (trust.certificateFile, trust.keyFile) = (ours.file, ours.key)
    let right = try failure(port: server.port, trust: trust)
    #expect(right.kind == .upgradeRefused(status: 200), "\(right)")

    let old = try authority.certificate("DNS:kiosk-7", from: 2019, until: 2020)
    (trust.certificateFile, trust.keyFile) = (old.file, old.key)
    let expired = try failure(port: server.port, trust: trust)
    #expect(expired.kind == .tls(.clientExpired), "\(expired)")
    #expect(expired.advice.contains(old.file))

    let stranger = try TestAuthority("Somebody else")
    let foreign = try stranger.certificate("DNS:kiosk-7")
    (trust.certificateFile, trust.keyFile) = (foreign.file, foreign.key)
    let unknown = try failure(port: server.port, trust: trust)
    #expect(unknown.kind == .tls(.clientUnknown), "\(unknown)")
  }

  @Test func aCertificateOfOursThatCannotBeUsedIsNamedAndCanBeRepaired() throws {
    let authority = try TestAuthority()
    let server = try OpenSSLServer(authority.certificate())
    let ours = try authority.certificate("DNS:kiosk-7")
    let other = try authority.certificate("DNS:kiosk-8")
    let locked = try authority.folder.file("locked.key")
    _ = try shell("openssl pkey -in \(ours.key) -aes256 -passout pass:secret -out \(locked)")
    let nonsense = try authority.folder.file("nonsense.pem", "nothing\n")
    let missing = try authority.folder.file("missing.pem")
    for (certificate, key, blamed) in [
      (missing, ours.key, missing), (nonsense, ours.key, nonsense), (ours.file, missing, missing),
      (ours.file, nonsense, nonsense), (ours.file, other.key, other.key),
      (ours.file, locked, locked),
    ] {
      let trust = TLSTrust(caFile: authority.file, certificateFile: certificate, keyFile: key)
      let failure = try failure(port: server.port, trust: trust)
      #expect(failure.kind == .tls(.badClientCertificate), "\(failure)")
      #expect(failure.reason.contains(blamed), "\(failure)")
      #expect(failure.advice.contains(certificate) && failure.advice.contains(key))
    }

    let bench = try LinkBench()
    let trust = TLSTrust(caFile: authority.file, certificateFile: missing, keyFile: ours.key)
    try bench.makeLink(to: "wss://localhost:\(server.port)/", trust: trust)
    bench.connect()
    try bench.wait { bench.failures.count == 1 }
    try Files.replace(missing, with: try Files.read(ours.file))
    bench.connect()
    try bench.wait { bench.failures.count == 2 }
    #expect(
      bench.failures.map(\.kind) == [.tls(.badClientCertificate), .upgradeRefused(status: 200)])
  }

  @Test func aServerThatHangsUpInTheHandshakeIsNoMystery() throws {
    let bench = try LinkBench()
    let server = try RawServer(on: bench.loop) { _ in RawServer.hangUp }
    try bench.makeLink(to: "wss://localhost:\(server.port)/")
    bench.connect()
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.tls(.other)])
  }
}

/// The steps to an open connection, and what is asked on the way.
@Suite(.serialized) struct ConnectStepTests {
  private static let quick = {
    var patience = ConnectPatience()
    patience.connectMilliseconds = 200
    patience.handshakeMilliseconds = 150
    patience.upgradeMilliseconds = 100
    return patience
  }()

  private func stage(_ url: String, _ patience: ConnectPatience, _ bench: LinkBench) throws
    -> LinkFailure
  {
    try bench.makeLink(to: url, patience: patience)
    bench.connect()
    try bench.wait { !bench.failures.isEmpty }
    bench.linger(milliseconds: 300)
    #expect(bench.failures.count == 1)
    return bench.failures[0]
  }

  @Test func aServerThatNeverSpeaksTLSIsGivenUp() throws {
    let bench = try LinkBench()
    let server = try RawServer(on: bench.loop) { _ in nil }
    let failure = try stage("wss://127.0.0.1:\(server.port)/", Self.quick, bench)
    #expect(failure.kind == .timedOut(.handshake))
    #expect(failure.reason.contains("TLS handshake"))
  }

  @Test func aServerThatNeverAnswersIsGivenUp() throws {
    let bench = try LinkBench()
    let server = try RawServer(on: bench.loop) { _ in nil }
    let failure = try stage("ws://127.0.0.1:\(server.port)/", Self.quick, bench)
    #expect(failure.kind == .timedOut(.upgrade))
  }

  @Test func anAddressThatNeverAnswersIsGivenUp() throws {
    let bench = try LinkBench()
    try bench.serve()
    let silent = try FullListener(port: bench.server.port)
    let failure = try stage("ws://127.0.0.2:\(bench.server.port)/", Self.quick, bench)
    #expect(failure.kind == .timedOut(.connect))
    withExtendedLifetime(silent) {}
  }

  @Test func aNameThatIsNotFoundInTimeIsGivenUp() throws {
    let bench = try LinkBench()
    var patience = ConnectPatience()
    // Nobody looks anything up in no time.
    patience.lookupMilliseconds = 0
    let failure = try stage("ws://agent.invalid/", patience, bench)
    #expect(failure.kind == .timedOut(.lookup))
    #expect(failure.advice.contains("DNS"))
  }

  @Test func theLimitsAreSaidInSeconds() {
    let patience = ConnectPatience()
    #expect(patience.limit(of: .lookup) == 5_000 && patience.limit(of: .connect) == 5_000)
    #expect(patience.limit(of: .handshake) == 8_000 && patience.limit(of: .upgrade) == 5_000)
  }

  @Test(arguments: [(503, "is full"), (429, "too often")])
  func aServerThatWantsToBeLeftAloneIsHeard(status: Int, advice: String) throws {
    let bench = try LinkBench()
    let server = try RawServer(on: bench.loop) { request in
      request.contains("\r\n\r\n")
        ? "HTTP/1.1 \(status) No\r\nRetry-After: 40\r\nContent-Length: 0\r\n\r\n" : nil
    }
    try bench.makeLink(to: "ws://127.0.0.1:\(server.port)/auricle")
    bench.connect()
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.upgradeRefused(status: status)])
    #expect(bench.failures.map(\.retryAfterSeconds) == [40])
    #expect(bench.failures.first?.advice.contains(advice) == true)
  }

  @Test(arguments: [
    ("Bearer error=\"invalid_token\", error_description=\"token_expired\"", "token_expired"),
    ("Bearer", ""), ("Bearer error_description=\"\u{1B}[31m\"", ""),
    ("Bearer error_description=\"" + String(repeating: "x", count: 81) + "\"", ""),
    ("Bearer error_description=\"no end", "no end"),
  ])
  func whatTheServerMissesIsTold(header: String, detail: String) throws {
    let bench = try LinkBench()
    let server = try RawServer(on: bench.loop) { request in
      request.contains("\r\n\r\n")
        ? "HTTP/1.1 401 No\r\nWWW-Authenticate: \(header)\r\nContent-Length: 0\r\n\r\n" : nil
    }
    try bench.makeLink(to: "ws://127.0.0.1:\(server.port)/auricle")
    bench.connect()
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.detail) == [detail])
  }

  @Test func ourHeadersAreInTheRequest() throws {
    let bench = try LinkBench()
    let server = try RawServer(on: bench.loop) { request in
      request.contains("\r\n\r\n") ? "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n" : nil
    }
    try bench.makeLink(to: "ws://127.0.0.1:\(server.port)/auricle?x=1")
    let long = String(repeating: "t", count: 4_000)
    let headers = [
      try #require(RequestHeader("Authorization", "Bearer \(long)")),
      try #require(RequestHeader("X-Device", "kiosk-7")),
    ]
    bench.connect(headers: headers)
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.upgradeRefused(status: 401)])
    #expect(server.request.hasPrefix("GET /auricle?x=1 HTTP/1.1\r\n"))
    #expect(server.request.lowercased().contains("\r\nauthorization: bearer \(long)\r\n"))
    #expect(server.request.lowercased().contains("\r\nx-device: kiosk-7\r\n"))
    #expect(!"\(headers)".contains("ttt"), "a secret must not be printed")

    // Another address, and too many headers: an end, and no request without them.
    bench.connect(headers: Array(repeating: headers[0], count: 3))
    try bench.wait { bench.failures.count == 2 }
    #expect(!server.request.contains("\r\n\r\n"))
  }

  @Test func whatIsMoreThanOneHeaderIsNone() {
    for (name, value) in [
      ("", "x"), ("A b", "x"), ("A:", "x"), ("A", "x\r\nB: y"), ("A", "\u{7F}"),
    ] {
      #expect(RequestHeader(name, value) == nil)
    }
    #expect(RequestHeader("A", "") != nil)
  }
}

@Suite(.serialized) struct PingTests {
  @Test func aPingIsAnsweredWithItsRoundTrip() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.open(isSecure: false)
    for round in 1...3 {
      // A second one under way would be one too many.
      bench.link.ping()
      bench.link.ping()
      try bench.wait { bench.roundTrips.count == round }
      bench.linger()
      #expect(bench.roundTrips.count == round)
    }
    #expect(bench.roundTrips.allSatisfy { $0 > 0 && $0 < 5_000_000 })
    #expect(bench.link.silentForMicroseconds < 5_000_000)
    bench.link.close()
    bench.link.ping()
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.link.silentForMicroseconds == 0)
  }

  @Test func aPingOvertakesWhatIsQueued() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.open(isSecure: false)
    for _ in 0..<10 {
      #expect(bench.link.send([UInt8](repeating: 1, count: 60_000), isText: false))
    }
    bench.link.ping()
    var seenAtPong = 0
    try bench.wait {
      if bench.roundTrips.isEmpty { seenAtPong = bench.servedMessages.count }
      return bench.servedMessages.count == 10 && bench.roundTrips.count == 1
    }
    #expect(seenAtPong < 10)
  }

  @Test func aPeerThatStopsIsSilent() throws {
    let bench = try LinkBench()
    let other = try LinkBench()
    try other.serve()
    try bench.makeLink(to: "ws://127.0.0.1:\(other.server.port)/auricle")
    bench.connect()
    for _ in 0..<3_000 where !bench.link.isOpen {
      bench.linger(milliseconds: 5)
      other.linger(milliseconds: 5)
    }
    try #require(bench.link.isOpen)
    bench.link.ping()
    bench.linger(milliseconds: 100)
    #expect(bench.roundTrips.isEmpty && bench.link.silentForMicroseconds >= 100_000)
  }
}
