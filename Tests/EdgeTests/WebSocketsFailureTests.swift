import Glibc
import Linux
import Testing
import WebSockets

@Suite(.serialized) struct LinkFailureTests {
  /// What becomes of a link to a server with this certificate.
  private func failure(
    _ certificate: TestAuthority.Certificate?, caFile: String?, host: String = "localhost"
  ) throws -> LinkFailure? {
    let bench = try LinkBench()
    try bench.serve(certificate)
    try bench.open(caFile: caFile, host: host)
    #expect(bench.opened + bench.failures.count == 1)
    #expect(bench.served.isEmpty == (bench.opened == 0), "the server must not see a refused link")
    return bench.failures.first
  }

  @Test func aCertificateOfTheGivenAuthorityForTheHostIsAccepted() throws {
    let authority = try TestAuthority()
    #expect(try failure(authority.certificate(), caFile: authority.file) == nil)
    #expect(try failure(authority.certificate(), caFile: authority.file, host: "127.0.0.1") == nil)
  }

  @Test func aCertificateOfAnotherAuthorityIsRefused() throws {
    let authority = try TestAuthority()
    let other = try TestAuthority("Somebody else")
    let failure = try failure(authority.certificate(), caFile: other.file)
    #expect(failure?.kind == .tls(.unknownAuthority))
    #expect(failure?.advice.contains(other.file) == true)
    // Of the same name, but not the same.
    let twin = try TestAuthority()
    #expect(
      try self.failure(authority.certificate(), caFile: twin.file)?.kind == .tls(.unknownAuthority))
  }

  @Test func aCertificateForAnotherNameIsRefused() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate("DNS:agent.example,IP:127.0.0.2")
    let byName = try failure(certificate, caFile: authority.file)
    #expect(byName?.kind == .tls(.wrongName))
    #expect(byName?.advice.contains("localhost") == true)
    let byAddress = try failure(certificate, caFile: authority.file, host: "127.0.0.1")
    #expect(byAddress?.kind == .tls(.wrongName))
  }

  @Test func aCommonNameIsNoName() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate("", common: "localhost")
    #expect(try failure(certificate, caFile: authority.file)?.kind == .tls(.wrongName))
  }

  @Test func aCertificateForAnotherPurposeIsNamedAndTLSIsNotGivenUp() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate(purpose: "clientAuth")
    let unfit = try failure(certificate, caFile: authority.file)
    #expect(unfit?.kind == .tls(.unfit))
    #expect(unfit?.reason.contains("purpose") == true)
    #expect(
      unfit?.advice.contains("serverAuth") == true && unfit?.advice.contains("ws://") == false)
  }

  @Test func aCertificateOfThePastOrTheFutureIsRefused() throws {
    let authority = try TestAuthority()
    let past = try failure(authority.certificate(from: 2019, until: 2020), caFile: authority.file)
    #expect(past?.kind == .tls(.expired))
    let future = try failure(authority.certificate(from: 2048), caFile: authority.file)
    #expect(future?.kind == .tls(.notYetValid))
    #expect(future?.advice.contains("clock") == true)
  }

  @Test func aCertificateThatSignedItselfIsRefusedUnlessItIsTheGivenOne() throws {
    let authority = try TestAuthority()
    let certificate = try authority.selfSigned()
    #expect(try failure(certificate, caFile: authority.file)?.kind == .tls(.selfSigned))
    #expect(try failure(certificate, caFile: certificate.file) == nil)
  }

  @Test func theSystemsAuthoritiesCountOnlyWithoutAFileOfOurOwn() throws {
    let system = try TestAuthority("The system's")
    let ours = try TestAuthority("Ours")
    let certificate = try system.certificate()
    // Where OpenSSL looks for the system's authorities.
    setenv("SSL_CERT_FILE", system.file, 1)
    defer { unsetenv("SSL_CERT_FILE") }
    #expect(try failure(certificate, caFile: nil) == nil)
    #expect(try failure(certificate, caFile: ours.file)?.kind == .tls(.unknownAuthority))
    unsetenv("SSL_CERT_FILE")
    let untrusted = try failure(certificate, caFile: nil)
    #expect(untrusted?.kind == .tls(.unknownAuthority))
    #expect(untrusted?.advice.contains("ca_file") == true)
  }

  @Test func anUnusableFileOfAuthoritiesIsNamedAndCanBeRepaired() throws {
    let authority = try TestAuthority()
    let bench = try LinkBench()
    try bench.serve(try authority.certificate())
    let file = try authority.folder.file("mine.pem")
    try bench.makeLink(to: "wss://localhost:\(bench.server.port)/auricle", caFile: file)
    bench.connect()
    try bench.wait { bench.failures.count == 1 }
    #expect(bench.failures.last?.kind == .tls(.badAuthorityFile))
    #expect(bench.failures.last?.description.contains("mine.pem") == true)

    try Files.replace(file, with: Array("no certificate".utf8))
    bench.connect()
    try bench.wait { bench.failures.count == 2 }
    #expect(bench.failures.last?.kind == .tls(.badAuthorityFile))

    try Files.replace(file, with: try Files.read(authority.file))
    bench.connect()
    try bench.wait { bench.link.isOpen || bench.failures.count == 3 }
    #expect(bench.link.isOpen)
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func aPortWhereNobodyListensIsRefused(host: String) throws {
    let bench = try LinkBench()
    // tcpmux: of all ports the least likely one to be served.
    try bench.makeLink(to: "wss://\(host):1/auricle")
    bench.connect()
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.refused])
    #expect(bench.failures.first?.advice.contains("agent running") == true)
  }

  @Test func aNameThatDoesNotExistIsTold() throws {
    let bench = try LinkBench()
    // An empty label is refused by the resolver itself: no network needed.
    try bench.makeLink(to: "wss://agent..invalid/auricle")
    bench.connect()
    try bench.wait { !bench.failures.isEmpty }
    #expect(bench.failures.map(\.kind) == [.nameNotFound])
  }

  @Test func aServerWithoutTLSIsTold() throws {
    #expect(try failure(nil, caFile: nil)?.kind == .tls(.other))
  }

  @Test func aLinkWithoutTLSToAServerWithItFails() throws {
    let authority = try TestAuthority()
    let bench = try LinkBench()
    try bench.serve(try authority.certificate())
    try bench.open(isSecure: false)
    #expect(bench.opened == 0)
    #expect(bench.failures.count == 1)
  }

  @Test func anotherPathOrSubprotocolIsRefusedAtTheDoor() throws {
    let bench = try LinkBench()
    try bench.serve()
    try bench.makeLink(to: "ws://127.0.0.1:\(bench.server.port)/elsewhere")
    bench.connect()
    try bench.wait { bench.failures.count == 1 }
    #expect(bench.failures.last?.kind == .upgradeRefused(status: 404))
    #expect(bench.failures.last?.advice.contains("/elsewhere") == true)

    try bench.makeLink(to: "ws://127.0.0.1:\(bench.server.port)/auricle", subprotocol: "auricle.v9")
    bench.connect()
    try bench.wait { bench.failures.count == 2 }
    #expect(bench.failures.last?.kind == .upgradeRefused(status: 400))
    #expect(bench.opened == 0 && bench.served.isEmpty)
  }
}
