import Glibc
import Linux
import Testing

@testable import WebSockets

/// Pins, clocks and IPv6, against a server of ours.
@Suite(.serialized) struct TrustTests {
  private func attempt(
    _ certificate: TestAuthority.Certificate, _ trust: TLSTrust, clock: ClockReading = .now,
    host: String = "localhost", interface: String = "127.0.0.1"
  ) throws -> LinkBench {
    let bench = try LinkBench()
    try bench.serve(certificate, interface: interface)
    try bench.makeLink(to: "wss://\(host):\(bench.server.port)/auricle", trust: trust)
    bench.connect(clock: clock)
    try bench.wait { bench.link.isOpen && bench.connection != nil || !bench.failures.isEmpty }
    #expect(bench.served.isEmpty == (bench.opened == 0), "the server must not see a refused link")
    return bench
  }

  private func sparePin() throws -> String {
    let spare = try TestAuthority("Spare")
    return try pin(of: spare.file)
  }

  @Test func aPinOfTheServersKeyOrOfItsAuthoritysIsEnough() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate()
    let spare = try sparePin()
    for pin in [try pin(of: certificate.file), try pin(of: authority.file)] {
      let trust = TLSTrust(caFile: authority.file, pins: [spare, pin])
      #expect(try attempt(certificate, trust).opened == 1)
    }
  }

  @Test func aServerWithoutThePinnedKeyIsRefusedHoweverGoodItsCertificate() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate()
    let spare = try sparePin()
    let bench = try attempt(certificate, TLSTrust(caFile: authority.file, pins: [spare]))
    #expect(bench.failures.map(\.kind) == [.tls(.wrongPin)])
    #expect(bench.failures.first?.advice.contains("agent.pin") == true)
    // One that is none matches nothing.
    let none = try attempt(certificate, TLSTrust(caFile: authority.file, pins: [""]))
    #expect(none.failures.map(\.kind) == [.tls(.wrongPin)])
  }

  @Test func aPinReplacesNeitherTheAuthorityNorTheName() throws {
    let authority = try TestAuthority()
    let other = try TestAuthority("Somebody else")
    let certificate = try authority.certificate("DNS:agent.example")
    let pins = [try pin(of: certificate.file)]
    let unknown = try attempt(certificate, TLSTrust(caFile: other.file, pins: pins))
    #expect(unknown.failures.map(\.kind) == [.tls(.unknownAuthority)])
    let misnamed = try attempt(certificate, TLSTrust(caFile: authority.file, pins: pins))
    #expect(misnamed.failures.map(\.kind) == [.tls(.wrongName)])
  }

  @Test func datesAreJudgedAtTheFloorWhenTheClockIsBehindIt() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate()
    let trust = TLSTrust(caFile: authority.file)
    let floor = WallClock.seconds()
    #expect(try attempt(certificate, trust, clock: .init(system: 0, floor: floor)).opened == 1)
    let late = try attempt(certificate, trust, clock: .init(system: 0, floor: floor * 2))
    #expect(late.failures.map(\.kind) == [.tls(.expired)])
    let ahead = try attempt(certificate, trust, clock: .init(system: floor * 2, floor: floor))
    #expect(ahead.failures.map(\.kind) == [.tls(.expired)], "a clock that is ahead is believed")
  }

  @Test func aWrongClockHasAFailureOfItsOwn() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate(from: 2048, until: 2049)
    let trust = TLSTrust(caFile: authority.file)
    let wrong = try attempt(certificate, trust, clock: ClockFloor().reading(system: 86_400))
    #expect(wrong.failures.map(\.kind) == [.tls(.clockWrong)])
    let told = try #require(wrong.failures.first)
    #expect(told.advice.contains("1970-01-02") && told.advice.contains("agent.pin"))
    // A clock that may be right is no excuse.
    let right = try attempt(certificate, trust)
    #expect(right.failures.map(\.kind) == [.tls(.notYetValid)])
    #expect(right.failures.first?.advice.contains("clock") == true)
  }

  @Test func aPinForgivesADateOnlyWhileTheClockIsKnownToBeWrong() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate(from: 2048, until: 2049)
    var trust = TLSTrust(caFile: authority.file, pins: [try pin(of: certificate.file)])
    let bootClock = ClockFloor().reading(system: 0)
    let bench = try attempt(certificate, trust, clock: bootClock)
    #expect(bench.opened == 1)
    // Its authority's comes first.
    let days = (try #require(bench.link.certificateEnd) - WallClock.seconds()) / 86_400
    #expect((29...30).contains(days))
    #expect(try attempt(certificate, trust).failures.map(\.kind) == [.tls(.notYetValid)])
    // It is the pin that proves the server then, so it must match.
    trust.pins = [try sparePin()]
    let misfit = try attempt(certificate, trust, clock: bootClock)
    #expect(misfit.failures.map(\.kind) == [.tls(.wrongPin)])
  }

  @Test func aPinDoesNotForgiveWhatHasRunOut() throws {
    let authority = try TestAuthority()
    let certificate = try authority.certificate(from: 2019, until: 2020)
    let trust = TLSTrust(caFile: authority.file, pins: [try pin(of: certificate.file)])
    let bench = try attempt(certificate, trust, clock: ClockFloor().reading(system: 0))
    #expect(bench.failures.map(\.kind) == [.tls(.expired)])
  }

  @Test(.enabled(if: Files.exists("/proc/net/if_inet6")))
  func anIPv6AddressIsFineWhenTheCertificateIsForIt() throws {
    let authority = try TestAuthority()
    let trust = TLSTrust(caFile: authority.file)
    let right = try authority.certificate("IP:::1")
    #expect(try attempt(right, trust, host: "[::1]", interface: "::1").opened == 1)
    let wrong = try authority.certificate("DNS:localhost,IP:127.0.0.1,IP:::2")
    let bench = try attempt(wrong, trust, host: "[::1]", interface: "::1")
    #expect(bench.failures.map(\.kind) == [.tls(.wrongName)])
    #expect(bench.failures.first?.advice.contains("::1") == true)
  }
}
