import Linux
import TestSupport
import Testing
import VoiceCore
import WebSockets
import WireProtocols

@testable import CloudAgent

/// The agent's broker over real TLS: asked by the openssl program, and by the device's own link.
@Suite(.serialized) struct TokenDoorTests {
  private let refused = LinkFailure.Kind.upgradeRefused(status: 401)

  @Test func aSecretOpensTheDoor() throws {
    let door = try TokenDoor()
    let answer = try door.post(secret: door.secret)
    #expect(answer.status == 200, "\(answer.head) \(answer.errors)")
    #expect(answer.head.contains("Cache-Control: no-store"))
    let grant = try BrokerAnswer.read(Array(answer.body.utf8))
    #expect(grant.url == "wss://localhost:\(door.agent.port)\(Agent.path)")
    #expect(
      grant.expiresInMilliseconds == 600_000 && grant.headers.map(\.name) == ["Authorization"])
    let loop = try EventLoop()
    #expect(try door.knock(on: loop, with: grant.headers) == nil)
    // The same token again: a device may lose its connection.
    #expect(try door.knock(on: loop, with: grant.headers) == nil)
  }

  @Test func theDevicesOwnClientGetsATokenToo() throws {
    let door = try TokenDoor()
    try door.certificate("device", for: "/CN=kiosk-8", of: "authority")
    let loop = try EventLoop()
    for outcome in [
      try door.fetch(on: loop, secret: door.secret), try door.fetch(on: loop, showing: "device"),
    ] {
      guard case .answered(let answer) = outcome, answer.status == 200 else {
        Issue.record("\(outcome)")
        continue
      }
      let grant = try BrokerAnswer.read(answer.body)
      #expect(try door.knock(on: loop, with: grant.headers) == nil)
    }
    guard case .answered(let answer) = try door.fetch(on: loop, secret: "wrong"),
      answer.status == 401
    else {
      Issue.record("a wrong secret is not answered with 401")
      return
    }
    #expect(BrokerAnswer.refusal(answer.body)?.hasPrefix("no device is known") == true)
  }

  @Test func withoutTokenNobodyIsLetIn() throws {
    let door = try TokenDoor()
    let loop = try EventLoop()
    #expect(try door.knock(on: loop)?.kind == refused)
    let bad = [SessionGrant.Header].parsed("Bearer none-of-ours")
    #expect(try door.knock(on: loop, with: bad)?.kind == refused)
    let answer = try door.ask(
      "GET /auricle HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Protocol: auricle.v1\r\n\r\n")
    #expect(answer.status == 401 && answer.body.contains("\"error\":\"token_missing\""))
    #expect(answer.head.contains("WWW-Authenticate: Bearer"))
  }

  @Test func wrongAndUnknownReadTheSame() throws {
    let door = try TokenDoor()
    let wrong = try door.post(secret: "wrong")
    let unknown = try door.post(device: "nobody", secret: door.secret)
    let nameless = try door.post(device: nil, secret: door.secret)
    let missing = try door.post()
    for answer in [wrong, unknown, nameless, missing] {
      #expect(answer.status == 401)
      #expect(answer.body == wrong.body)
    }
    #expect(BrokerAnswer.refusal(Array(wrong.body.utf8))?.hasPrefix("no device is known") == true)
  }

  @Test func aCertificateOfTheRightAuthorityIsAProof() throws {
    let door = try TokenDoor()
    try door.certificate("device", for: "/CN=kiosk-8", of: "authority")
    let answer = try door.post(device: nil, showing: "device")
    #expect(answer.status == 200, "\(answer.head) \(answer.errors)")
    #expect(try door.post(device: "kiosk-8", showing: "device").status == 200)
    #expect(try door.post(device: "kiosk-7", showing: "device").status == 401)
    let grant = try BrokerAnswer.read(Array(answer.body.utf8))
    #expect(try door.knock(on: try EventLoop(), with: grant.headers) == nil)
  }

  @Test func aNameHiddenInAnotherPartOfTheSubjectIsNone() throws {
    let door = try TokenDoor()
    // "/O=x/CN=kiosk-8" as one field would fool who looks for "/CN=" in the text of it.
    try door.certificate("sly", for: "/O=x\\/CN=kiosk-8/CN=sly", of: "authority")
    let answer = try door.post(device: "kiosk-8", showing: "sly")
    #expect(answer.status == 401, "\(answer.body)")
  }

  @Test(arguments: ["stranger", "itself", "expired"])
  func anyOtherCertificateIsRefusedInTheHandshake(which: String) throws {
    let door = try TokenDoor()
    let reason: String
    switch which {
    case "stranger":
      try door.authority("other")
      try door.certificate("device", for: "/CN=kiosk-8", of: "other")
      reason = "unknown ca"
    case "itself":
      try door.authority("device")
      reason = "unknown ca"
    default:
      try door.certificate("device", for: "/CN=kiosk-8", of: "authority", days: -1)
      reason = "certificate expired"
    }
    let answer = try door.post(device: nil, showing: "device")
    #expect(answer.status == 0 && answer.body.isEmpty)
    #expect(answer.errors.contains(reason), "\(answer.errors)")
    // Who shows none is not held up by that.
    #expect(try door.post(secret: door.secret).status == 200)
  }

  @Test func aTokenThatHasExpiredIsOfNoUseAgain() throws {
    let door = try TokenDoor()
    let loop = try EventLoop()
    let headers = try door.grant(secret: door.secret).headers
    door.clock.advance(seconds: 599)
    #expect(try door.knock(on: loop, with: headers) == nil)
    door.clock.advance(seconds: 2)
    #expect(try door.knock(on: loop, with: headers)?.kind == refused)
    #expect(try door.knock(on: loop, with: try door.grant(secret: door.secret).headers) == nil)
  }

  @Test func aTokenOfAnotherProcessIsGoodOnlyWithTheSameKey() throws {
    let door = try TokenDoor()
    let loop = try EventLoop()
    let foreign = try door.grant(secret: door.secret).headers
    let key = door.path("token.key")
    try Files.replace(key, with: Array(String(repeating: "5c", count: 32).utf8), mode: 0o600)
    try door.restart { $0.tokenKey = key }
    #expect(try door.knock(on: loop, with: foreign)?.kind == refused)
    let shared = try door.grant(secret: door.secret).headers
    try door.restart { $0.tokenKey = key }
    #expect(try door.knock(on: loop, with: shared) == nil)
  }

  @Test func whoAsksTooOftenHearsWhenToComeBack() throws {
    let door = try TokenDoor { $0.tokensPerMinute = 2 }
    for _ in 0..<2 { #expect(try door.post(secret: door.secret).status == 200) }
    let answer = try door.post(secret: door.secret)
    #expect(answer.status == 429 && answer.head.contains("Retry-After: 30"))
    door.clock.advance(seconds: 30)
    #expect(try door.post(secret: door.secret).status == 200)
  }

  @Test func aPublicUrlIsGivenInsteadOfTheHost() throws {
    let door = try TokenDoor {
      $0.publicURL = "wss://kiosk.example/auricle"
      $0.tokenLifetime = 60
    }
    let grant = try door.grant(secret: door.secret)
    #expect(grant.url == "wss://kiosk.example/auricle" && grant.expiresInMilliseconds == 60_000)
  }

  @Test func aTooLargeBodyIsRefused() throws {
    let door = try TokenDoor()
    let body = String(repeating: " ", count: 4_097)
    let answer = try door.ask(
      "POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n\(body)")
    #expect(answer.status == 413)
    #expect(try door.ask("GET /token HTTP/1.1\r\nHost: a\r\n\r\n").status == 405)
    #expect(
      try door.ask("POST /tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").status == 404)
  }

  @Test func anAgentWithoutDevicesGivesNoTokens() throws {
    let door = try TokenDoor()
    try door.restart {
      $0.devices = nil
      $0.deviceAuthority = nil
    }
    #expect(try door.post(secret: door.secret).status == 404)
    #expect(try door.knock(on: try EventLoop()) == nil)
  }

  @Test func oneSessionTooManyEndsTheOldest() throws {
    let door = try TokenDoor { $0.sessionsPerDevice = 1 }
    let loop = try EventLoop()
    let headers = try door.grant(secret: door.secret).headers
    let first = try DoorGuest(door, on: loop, headers)
    #expect(first.wait { first.isOpen })
    first.hello()
    #expect(first.wait { first.messages > 0 })
    let second = try DoorGuest(door, on: loop, headers)
    #expect(second.wait { second.isOpen })
    second.hello()
    #expect(first.wait { first.end != nil })
    #expect(second.wait { second.messages > 0 } && second.end == nil)
  }

  @Test func aSessionEndsWhenItsTimeIsOver() throws {
    let door = try TokenDoor { $0.sessionLimit = 300 }
    let loop = try EventLoop()
    let guest = try DoorGuest(door, on: loop, try door.grant(secret: door.secret).headers)
    #expect(guest.wait { guest.isOpen })
    guest.hello()
    #expect(guest.wait { guest.messages > 0 })
    door.clock.advance(seconds: 301)
    #expect(guest.wait { guest.end != nil })
  }
}

extension [SessionGrant.Header] {
  /// As a broker would have sent it.
  fileprivate static func parsed(_ authorization: String) -> Self {
    let text =
      "{\"url\":\"wss://a\",\"expires_in_ms\":1000,\"profile\":\"auricle.v1\","
      + "\"headers\":{\"Authorization\":\"\(authorization)\"}}"
    guard let grant = try? BrokerAnswer.read([UInt8](text.utf8)) else { return [] }
    return grant.headers
  }
}

/// A connection with a token, and what became of it.
private final class DoorGuest {
  private var link: ServerLink?
  private let loop: EventLoop
  private var wire = NativeDevice()
  private(set) var end: LinkFailure?
  private(set) var messages = 0
  var isOpen: Bool { link?.isOpen == true }

  init(_ door: TokenDoor, on loop: EventLoop, _ headers: [SessionGrant.Header]) throws {
    self.loop = loop
    link = ServerLink(
      on: loop, trust: TLSTrust(caFile: door.path("authority.pem")),
      subprotocol: NativeDevice.subprotocol, maximumMessage: 65_536, maximumQueueBytes: 65_536
    ) { [unowned self] event in
      switch event {
      case .opened, .pong: break
      case .received: messages += 1
      case .closed(let failure): end = failure
      }
    }
    link?.connect(
      to: try ServerAddress(url: "wss://localhost:\(door.agent.port)\(Agent.path)"),
      headers: headers.compactMap { RequestHeader($0.name, $0.value) })
  }

  func hello() {
    let hello = Upstream.Hello(
      device: "kiosk-7", model: "test", firmware: "0", packetMilliseconds: 60,
      replyBuffer: .seconds(20))
    if case .text(let bytes) = wire.encode(.hello(hello)) { _ = link?.send(bytes, isText: true) }
  }

  func wait(until isTrue: () -> Bool) -> Bool {
    for _ in 0..<6_000 {
      if isTrue() { return true }
      _ = loop.run(atMostMilliseconds: 5)
    }
    return false
  }
}
