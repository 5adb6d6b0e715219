import Crypto
import Synchronization
import Testing
import WebSockets

@testable import CloudAgent

/// A clock that stands still until told otherwise.
final class TestClock: Sendable {
  /// Milliseconds; some day in 2026.
  private let moment = Mutex<Int64>(1_795_000_000_000)
  var now: Int64 { moment.withLock { $0 } }
  func advance(seconds: Int64) { moment.withLock { $0 += seconds * 1_000 } }
  var clock: BrokerClock {
    BrokerClock(unix: { self.now }, monotonic: { (self.now - 1_000_000_000_000) * 1_000 })
  }
}

/// What the broker decides, without sockets.
struct BrokerTests {
  private let clock = TestClock()
  private let key = TokenKey([UInt8](repeating: 7, count: 32))
  private let secret = "a-secret-that-is-long-enough"

  private func devices(_ more: String = "") throws -> DeviceList {
    let hash = Hexadecimal.encode(DeviceSecret.hash(of: secret.utf8))
    return try DeviceList(
      Array("kiosk-7 \(hash) max_turn_ms=20000\nkiosk-8 -\nstolen refused\n\(more)".utf8),
      file: "devices", usual: DeviceLimits())
  }

  private func broker(remembering most: Int = 100) throws -> Broker {
    var rules = Broker.Rules()
    rules.longestSession = 3_600_000
    return Broker(
      key: key, devices: try devices(), rules: rules, clock: clock.clock, remembering: most)
  }

  private func inquiry(
    _ device: String? = "kiosk-7", secret: String? = nil, certificate: String? = nil,
    host: String = "agent.example:8443", neighbour: UInt64 = 1
  ) -> Broker.Inquiry {
    var inquiry = Broker.Inquiry(neighbour: neighbour)
    inquiry.host = Array(host.utf8)
    inquiry.authorization = secret.map { Array("Bearer \($0)".utf8) }
    inquiry.certificate = certificate
    inquiry.body = device.map { Array("{\"device\":\"\($0)\"}".utf8) } ?? []
    return inquiry
  }

  private func refusal(_ broker: inout Broker, _ inquiry: Broker.Inquiry) -> Broker.Refusal? {
    do throws(Broker.Refusal) {
      _ = try broker.grant(inquiry)
      return nil
    } catch { return error }
  }

  private func refusal(_ broker: Broker, _ header: String?) -> Broker.Refusal? {
    var broker = broker
    return refusal(&broker, token: header, neighbour: 1)
  }

  private func refusal(
    _ broker: inout Broker, token header: String?, neighbour: UInt64
  ) -> Broker.Refusal? {
    do throws(Broker.Refusal) {
      _ = try broker.admit(header.map { Array($0.utf8) }, from: neighbour)
      return nil
    } catch { return error }
  }

  // MARK: Proofs

  @Test func aSecretIsGoodForATokenThatLetsIn() throws {
    var broker = try broker()
    let grant = try broker.grant(inquiry(secret: secret))
    #expect(grant.url == "wss://agent.example:8443/auricle" && grant.token.longestTurn == 20_000)
    #expect(!grant.isByCertificate)
    let token = try broker.admit(Array("bearer \(grant.text)".utf8), from: 1)
    #expect(token == grant.token)
    #expect(token.device == "kiosk-7" && token.longestSession == 3_600_000 && token.sessions == 2)
    #expect(token.issued == clock.now && token.expires == clock.now + 600_000)
  }

  @Test func aCertificateOfAnotherNameIsToldWhoseDeviceIsKnownOrNot() throws {
    var broker = try broker()
    for (name, device) in [("kiosk-9", "kiosk-8"), ("kiosk-8", "nobody"), ("stolen", "kiosk-8")] {
      let answer = BrokerReply.refused(
        try #require(refusal(&broker, inquiry(device, certificate: name))))
      #expect(answer.status == 401)
      #expect(
        String(decoding: answer.body, as: UTF8.self).contains(
          "the certificate is for \(name), the request for \(device)"))
    }
  }

  @Test func whateverIsWrongTheAnswerIsTheSame() throws {
    var broker = try broker()
    var answers: Set<[UInt8]> = []
    var wrong = [
      inquiry(secret: "wrong"), inquiry("nobody", secret: secret), inquiry(nil, secret: secret),
      inquiry("kiosk-8", secret: secret), inquiry("stolen", secret: secret), inquiry(),
      inquiry(nil, certificate: "a b"),
      inquiry(nil, certificate: "stolen"), inquiry("kiosk-8", secret: "x", certificate: "kiosk-8"),
    ]
    var nameless = inquiry(nil)
    nameless.hasNamelessCertificate = true
    var basic = inquiry()
    basic.authorization = Array("Basic \(secret)".utf8)
    wrong += [nameless, basic]
    for inquiry in wrong {
      let refusal = try #require(refusal(&broker, inquiry))
      let answer = BrokerReply.refused(refusal)
      #expect(answer.status == 401)
      answers.insert(answer.body)
    }
    #expect(answers.count == 1)
  }

  @Test func aCertificatesNameIsTheDevice() throws {
    var broker = try broker()
    let grant = try broker.grant(inquiry(nil, certificate: "not-in-the-file"))
    #expect(grant.token.device == "not-in-the-file" && grant.isByCertificate)
    #expect(try broker.grant(inquiry("kiosk-8", certificate: "kiosk-8")).isByCertificate)
  }

  @Test(arguments: [
    "{", "[]", "7", #"{"device":7}"#, #"{"device":""}"#, #"{"device":"a b"}"#,
    #"{"device":"a\nb"}"#, #"{"device":"a","device":"b"}"#,
    "{\"device\":\"" + String(repeating: "a", count: 65) + "\"}", "[[[[[[]]]]]]",
  ])
  func aBodyThatIsWrongIsTold(body: String) throws {
    var broker = try broker()
    var inquiry = inquiry(secret: secret)
    inquiry.body = Array(body.utf8)
    guard case .badRequest = refusal(&broker, inquiry) else {
      Issue.record("taken: \(body)")
      return
    }
  }

  @Test(arguments: [
    "agent.example", "agent.example:443", "10.0.0.7:8443", "A-1.example:1", "[::1]",
    "[::1]:8443", "[2001:DB8::7]:443", "[::ffff:10.0.0.7]:1",
  ])
  func aPlainHostIsSentBack(host: String) throws {
    var broker = try broker()
    #expect(
      try broker.grant(inquiry(secret: secret, host: host)).url == "wss://\(host)/auricle")
  }

  @Test(arguments: [
    "", ":443", "a:", "a:0", "a:65536", "a:x", "a:1:2", "a/b", "a@b", "a b", "a\r\nb", "[]",
    "[::1", "[::1]8443", "[::1]:", "[::1]:0", "[::1]@a", "[a]", "[::%25eth0]", "[:::1/]", "::1",
    "ä", "a?b", String(repeating: "a", count: 254),
  ])
  func anyOtherHostIsNot(host: String) throws {
    var broker = try broker()
    guard case .badRequest = refusal(&broker, inquiry(secret: secret, host: host)) else {
      Issue.record("taken: \(host)")
      return
    }
  }

  // MARK: Tokens

  @Test func aTokenIsGoodUntilItExpiresAndNotAgain() throws {
    var broker = try broker()
    let header = "Bearer \(try broker.grant(inquiry(secret: secret)).text)"
    clock.advance(seconds: 599)
    #expect(refusal(broker, header) == nil)
    clock.advance(seconds: 1)
    #expect(refusal(broker, header) == .expiredToken)
    clock.advance(seconds: 100_000)
    #expect(refusal(broker, header) == .expiredToken)
  }

  @Test func everyLetterOfATokenCounts() throws {
    var broker = try broker()
    let text = Array(try broker.grant(inquiry(secret: secret)).text.utf8)
    for index in text.indices {
      var changed = text
      changed[index] = text[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let header = "Bearer " + String(decoding: changed, as: UTF8.self)
      #expect(refusal(broker, header) == .badToken, "letter \(index)")
    }
    for length in 0..<text.count {
      let header = "Bearer " + String(decoding: text[..<length], as: UTF8.self)
      #expect(refusal(broker, header) == .badToken, "\(length) letters")
    }
    #expect(refusal(broker, "Bearer " + String(decoding: text, as: UTF8.self) + "A") == .badToken)
  }

  @Test(arguments: ["", "Bearer", "Bearer ", "Bearer x", "Basic abc", "Bearer \u{7f}"])
  func whatIsNoTokenIsBad(header: String) throws {
    #expect(refusal(try broker(), header) == .badToken)
    #expect(refusal(try broker(), nil) == .noToken)
  }

  @Test func onlyTheSameKeyTakesAToken() throws {
    var broker = try broker()
    let header = Array("Bearer \(try broker.grant(inquiry(secret: secret)).text)".utf8)
    var stranger = Broker(
      key: TokenKey([UInt8](repeating: 8, count: 32)), devices: try devices(), rules: .init(),
      clock: clock.clock)
    #expect(throws: Broker.Refusal.badToken) { try stranger.admit(header, from: 1) }
    var colleague = Broker(
      key: key, devices: DeviceList(usual: DeviceLimits()), rules: .init(), clock: clock.clock)
    #expect(try colleague.admit(header, from: 1).device == "kiosk-7")
  }

  @Test func aSignatureOfTheKeyForSomethingElseIsNoToken() throws {
    let token = SessionToken(
      device: "kiosk-7", number: 1, issued: clock.now, expires: clock.now + 1_000,
      longestSession: nil, sessions: 1)
    let bytes = try #require(Base64URL.decode(token.signed(with: key).utf8))
    let content = Array(bytes.dropLast(32))
    let forged = Base64URL.encode(
      content + SHA256.authentication(content, key: [UInt8](repeating: 7, count: 32)))
    #expect(throws: SessionToken.Problem.bad) {
      _ = try SessionToken(forged.utf8, signedWith: key, at: clock.now)
    }
  }

  @Test func aDeviceThatIsLockedOutComesInWithNoTokenEither() throws {
    var before = Broker(
      key: key, devices: DeviceList(usual: DeviceLimits()), rules: .init(), clock: clock.clock)
    let text = try before.grant(inquiry(nil, certificate: "stolen")).text
    #expect(refusal(try broker(), "Bearer \(text)") == .lockedOut(device: "stolen"))
  }

  @Test func onlyOfATokenThatWasOursTheLogShowsTheEnd() throws {
    var broker = try broker()
    let ours = Array("Bearer \(try broker.grant(inquiry(secret: secret)).text)".utf8)
    let end = try #require(String(validating: ours.suffix(4), as: UTF8.self))
    #expect(Reception.end(of: ours, refused: .expiredToken) == "…\(end)")
    #expect(Reception.end(of: ours, refused: .lockedOut(device: "d")) == "…\(end)")
    let secret = Array("Bearer UznvflHdRsy0N5oIIbHotEISiFYu2VLPdD4_rpajllY".utf8)
    let tooMany = Broker.Refusal.tooMany(waitMilliseconds: 1, device: nil)
    for refusal in [Broker.Refusal.badToken, .noToken, tooMany] {
      #expect(Reception.end(of: secret, refused: refusal) == nil)
    }
  }

  // MARK: Pace

  @Test func whoShowsTooManyBadTokensWaitsButNotWhoShowsAGoodOne() throws {
    var broker = try broker()
    let good = "Bearer \(try broker.grant(inquiry(secret: secret)).text)"
    for _ in 0..<Broker.Rules().refusalsPerMinute {
      #expect(refusal(&broker, token: "Bearer guess", neighbour: 1) == .badToken)
    }
    let tooMany = Broker.Refusal.tooMany(waitMilliseconds: 500, device: nil)
    #expect(refusal(&broker, token: "Bearer guess", neighbour: 1) == tooMany)
    #expect(refusal(&broker, token: nil, neighbour: 1) == tooMany)
    #expect(BrokerReply.refused(tooMany).status == 429)
    #expect(refusal(&broker, token: good, neighbour: 1) == nil)
    #expect(refusal(&broker, token: nil, neighbour: 2) == .noToken)
    clock.advance(seconds: 1)
    #expect(refusal(&broker, token: nil, neighbour: 1) == .noToken)
  }

  @Test func howManyAnAddressMayAskForIsAnOption() throws {
    var rules = Broker.Rules()
    (rules.requestsPerMinute, rules.refusalsPerMinute) = (2, 1)
    var broker = Broker(
      key: TokenKey([UInt8](repeating: 7, count: TokenKey.size)),
      devices: DeviceList(usual: DeviceLimits()), rules: rules, clock: clock.clock)
    let asked = inquiry(nil, certificate: "kiosk-9")
    for _ in 0..<2 { #expect(refusal(&broker, asked) == nil) }
    #expect(refusal(&broker, asked) == .tooMany(waitMilliseconds: 30_000, device: nil))
    #expect(refusal(&broker, token: nil, neighbour: 1) == .noToken)
    #expect(
      refusal(&broker, token: nil, neighbour: 1)
        == .tooMany(waitMilliseconds: 60_000, device: nil))
  }

  @Test func anotherListOfDevicesCountsAtOnce() throws {
    var broker = try broker()
    let token = "Bearer \(try broker.grant(inquiry(secret: secret)).text)"
    #expect(refusal(&broker, token: token, neighbour: 1) == nil)
    let list = try DeviceList(
      Array("kiosk-7 refused\nkiosk-8 -\n".utf8), file: "f", usual: DeviceLimits())
    #expect(broker.replace(list) == ["kiosk-7"])
    #expect(refusal(&broker, token: token, neighbour: 1) == .lockedOut(device: "kiosk-7"))
    guard case .unauthorized? = refusal(&broker, inquiry(secret: secret)) else {
      Issue.record("still given a token")
      return
    }
  }

  @Test func aDeviceThatAsksTooOftenWaits() throws {
    var broker = try broker()
    for _ in 0..<6 { #expect(refusal(&broker, inquiry(secret: secret)) == nil) }
    let refused = try #require(refusal(&broker, inquiry(secret: secret)))
    #expect(refused == .tooMany(waitMilliseconds: 10_000, device: "kiosk-7"))
    let answer = BrokerReply.refused(refused)
    #expect(answer.status == 429 && answer.headers == ["Retry-After: 10"])
    // Others are not held up by it, nor is it by somebody who only knows its name.
    #expect(refusal(&broker, inquiry(nil, certificate: "kiosk-9")) == nil)
    clock.advance(seconds: 9)
    #expect(refusal(&broker, inquiry(secret: secret)) != nil)
    clock.advance(seconds: 1)
    #expect(refusal(&broker, inquiry(secret: secret)) == nil)
    #expect(refusal(&broker, inquiry(secret: secret)) != nil)
  }

  @Test func guessingDoesNotUseUpTheDevicesOwnPace() throws {
    var broker = try broker()
    for _ in 0..<50 { #expect(refusal(&broker, inquiry(secret: "guess")) != nil) }
    #expect(refusal(&broker, inquiry(secret: secret)) == nil)
  }

  @Test func anAddressThatAsksTooOftenWaits() throws {
    var broker = try broker()
    for _ in 0..<Broker.Rules().requestsPerMinute { _ = refusal(&broker, inquiry(secret: "guess")) }
    #expect(
      refusal(&broker, inquiry(secret: secret)) == .tooMany(waitMilliseconds: 500, device: nil))
    #expect(refusal(&broker, inquiry(secret: secret, neighbour: 2)) == nil)
  }

  @Test func onlySoManyAreRememberedTheOldestAreForgotten() {
    var table = RecentTable<Int, Int>(limit: 3)
    func touch(_ key: Int) -> Int {
      table.update(key, or: 0) {
        $0 += 1
        return $0
      }
    }
    #expect([1, 2, 3, 1].map(touch) == [1, 1, 1, 2])
    // 2 was not seen for longest, then 3.
    #expect([4, 1, 2, 3].map(touch) == [1, 3, 1, 1])
    #expect(table.count == 3)
    for key in 10..<10_000 { _ = touch(key) }
    #expect(table.count == 3 && [9_997, 9_998, 9_999].map(touch) == [2, 2, 2])
  }

  @Test func paceIsABurstAndThenEvenly() {
    var pace = Pace(perMinute: 60)
    for _ in 0..<60 { #expect(pace.take(atMicroseconds: 5) == nil) }
    #expect(pace.take(atMicroseconds: 5) == 1_000)
    #expect(pace.take(atMicroseconds: 999_000) == 2)
    #expect(pace.take(atMicroseconds: 1_000_005) == nil)
    #expect(pace.take(atMicroseconds: 1_000_005) == 1_000)
    for _ in 0..<60 { #expect(pace.take(atMicroseconds: 500_000_000) == nil) }
    #expect(pace.take(atMicroseconds: 500_000_000) != nil)
    var single = Pace(perMinute: 1)
    #expect(single.take(atMicroseconds: 0) == nil && single.take(atMicroseconds: 0) == 60_000)
  }
}
