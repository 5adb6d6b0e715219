import ControlProtocol
import Linux
import TestSupport
import Testing
import VoiceCore
import WebSockets

@testable import Appliance

/// A control server and its callers on one loop.
private final class ControlBench {
  let folder: ScratchFolder
  let loop: EventLoop
  private let listener: FileDescriptor
  private(set) var server: ControlServer!
  private(set) var requests: [ControlRequest] = []
  var path: String { folder.path + "/control" }

  init() throws {
    folder = try ScratchFolder()
    loop = try EventLoop()
    listener = try UnixSocket.listen(folder.path + "/control", mode: 0o600)
    server = try ControlServer(
      on: loop, listener: listener, greeting: { Happening("state", at: .start) },
      answer: { [unowned self] request in
        requests.append(request)
        var fields = Fields()
        fields.add("request", request.name)
        fields.succeed()
        return fields
      })
  }

  func caller() throws -> Caller { Caller(try UnixSocket.connect(path), loop) }
}

private final class Caller {
  private let socket: FileDescriptor
  private let loop: EventLoop
  private var reader = BlockReader()

  init(_ socket: consuming FileDescriptor, _ loop: EventLoop) {
    self.socket = socket
    self.loop = loop
  }

  func say(_ bytes: [UInt8]) throws { try socket.writeAll(bytes) }
  func say(_ text: String) throws { try say(Array(text.utf8)) }

  /// Runs the loop until a block comes; nil when the server hung up.
  func next() throws -> Fields? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    for _ in 0..<3_000 {
      if let block = try reader.next() { return block }
      if try socket.waitUntilReadable(milliseconds: 0) {
        let count = try socket.read(into: &buffer, limit: buffer.count) ?? 0
        if count == 0 { return nil }
        reader.append(buffer[..<count])
      } else {
        _ = loop.run(atMostMilliseconds: 10)
      }
    }
    Issue.record("waited too long")
    return nil
  }
}

@Suite struct ControlServerTests {
  @Test func aRequestIsAnsweredHoweverItIsCutIntoPieces() throws {
    let bench = try ControlBench()
    let caller = try bench.caller()
    for byte in ControlRequest.volume(VolumeWish(volume: 40)).encode() {
      try caller.say([byte])
      _ = bench.loop.run(atMostMilliseconds: 1)
    }
    #expect(try caller.next()?.outcome == .done)
    try caller.say(ControlRequest.status.encode() + ControlRequest.version.encode())
    #expect(try caller.next()?["request"] == "status")
    #expect(try caller.next()?["request"] == "version")
    #expect(bench.requests == [.volume(VolumeWish(volume: 40)), .status, .version])
  }

  @Test func aRequestNobodyKnowsIsRefusedAndTheNextIsAnswered() throws {
    let bench = try ControlBench()
    let caller = try bench.caller()
    try caller.say("request=dance\n\n")
    guard case .refused? = try caller.next()?.outcome else {
      Issue.record("not refused")
      return
    }
    try caller.say(ControlRequest.stop.encode())
    #expect(try caller.next()?.outcome == .done)
    #expect(bench.requests == [.stop])
  }

  @Test func whatIsNoRequestEndsTheConversationWithAReason() throws {
    let bench = try ControlBench()
    let caller = try bench.caller()
    try caller.say("GET / HTTP/1.1\r\n\r\n\n\n")
    guard case .refused? = try caller.next()?.outcome else {
      Issue.record("not refused")
      return
    }
    #expect(try caller.next() == nil)
    #expect(bench.requests.isEmpty)
  }

  @Test func aWatcherGetsEventsAndWordsOnlyWhenItAsked() throws {
    let bench = try ControlBench()
    let curious = try bench.caller()
    let discreet = try bench.caller()
    #expect(!bench.server.hasWatchers)
    try curious.say(ControlRequest.watch(levels: true, words: true).encode())
    #expect(try curious.next()?.outcome == .done)
    #expect(try curious.next()?.event == "state")
    try discreet.say(ControlRequest.watch(levels: false, words: false).encode())
    #expect(try discreet.next()?.outcome == .done)
    #expect(try discreet.next()?.event == "state")
    #expect(bench.server.hasWatchers)

    bench.server.publish(Happening(levelsOf: HeardFrame(time: .start)))
    let said = Note.transcript(TurnID(1), Spoken("open sesame"), isFinal: true)
    bench.server.publish(Happening(said, at: .start))
    #expect(try curious.next()?.event == "level")
    #expect(try curious.next()?["text"] == "open sesame")
    let told = try discreet.next()
    #expect(told?.event == "transcript" && told?["text"] == nil)
  }

  @Test func aWatcherThatDoesNotReadIsLetGoAndTheOthersStay() throws {
    let bench = try ControlBench()
    let deaf = try bench.caller()
    try deaf.say(ControlRequest.watch(levels: false, words: true).encode())
    while !bench.server.hasWatchers { _ = bench.loop.run(atMostMilliseconds: 10) }
    let text = Spoken(String(repeating: "a", count: 4_000))
    var published = 0
    while bench.server.hasWatchers, published < 10_000 {
      bench.server.publish(Happening(.replyText(ReplyID(1), text), at: .start))
      published += 1
    }
    #expect(!bench.server.hasWatchers)
    let other = try bench.caller()
    try other.say(ControlRequest.version.encode())
    #expect(try other.next()?.outcome == .done)
  }

  @Test func aCallerWhoOnlyHoldsTheLineMakesRoom() throws {
    let bench = try ControlBench()
    var idle: [Caller] = []
    for _ in 0..<ControlServer.mostClients {
      let caller = try bench.caller()
      idle.append(caller)
      try caller.say(ControlRequest.status.encode())
      #expect(try caller.next()?.outcome == .done)
    }
    let technician = try bench.caller()
    try technician.say(ControlRequest.status.encode())
    #expect(try technician.next()?.outcome == .done)
    #expect(try idle[0].next() == nil)
  }

  @Test func oneCallerTooManyIsToldAndHasAPlaceWhenAnotherLeaves() throws {
    let bench = try ControlBench()
    var callers: [Caller] = []
    for _ in 0..<ControlServer.mostClients {
      let caller = try bench.caller()
      callers.append(caller)
      try caller.say(ControlRequest.watch(levels: false, words: false).encode())
      #expect(try caller.next()?.outcome == .done)
    }
    let tooMany = try bench.caller()
    #expect(
      try tooMany.next()?.outcome == .refused("too many callers: 16 are served at once"))
    #expect(try tooMany.next() == nil)
    callers.removeLast()
    // The server sees the hang-up on its own turn.
    var isServed = false
    for _ in 0..<1_000 where !isServed {
      _ = bench.loop.run(atMostMilliseconds: 1)
      let late = try bench.caller()
      try late.say(ControlRequest.status.encode())
      isServed = try late.next()?.outcome == .done
    }
    #expect(isServed)
  }

  @Test func noiseNeverHarmsTheServer() throws {
    let seed: UInt64 = 31_337
    print("seed \(seed)")
    var dice = SeededRandom(seed: seed)
    let bench = try ControlBench()
    for _ in 0..<50 {
      let caller = try bench.caller()
      try caller.say(dice.bytes(Int.random(in: 1...2_000, using: &dice)))
      _ = bench.loop.run(atMostMilliseconds: 1)
    }
    let caller = try bench.caller()
    try caller.say(ControlRequest.status.encode())
    #expect(try caller.next()?.outcome == .done)
  }
}
