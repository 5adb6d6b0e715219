import Glibc
import Linux
import Testing
import WebSockets

/// An eventfd that closures can share.
private final class Event: Sendable {
  let wakeup: Wakeup
  init() throws { wakeup = try Wakeup.open() }
}

@Suite(.serialized) struct EventLoopTests {
  @Test func aSignalledEventWakesTheLoop() throws {
    let loop = try EventLoop()
    let event = try Event()
    var calls = 0
    let watch = try loop.watch(event.wakeup.number) {
      calls += 1
      // Level triggered: the loop calls again until somebody has read.
      guard calls == 3 else { return }
      event.wakeup.clear()
      loop.stop()
    }
    event.wakeup.signal()
    #expect(loop.run(atMostMilliseconds: LinkBench.limit))
    #expect(calls == 3)
    _ = loop.run(atMostMilliseconds: 20)
    #expect(calls == 3)

    loop.unwatch(watch)
    event.wakeup.signal()
    _ = loop.run(atMostMilliseconds: 20)
    #expect(calls == 3)
  }

  @Test func anotherThreadWakesTheLoopThroughItsDescriptor() throws {
    let loop = try EventLoop()
    let event = try Event()
    let watch = try loop.watch(event.wakeup.number) { loop.stop() }
    let thread = try RealtimeThread.start(name: "waker", priority: nil) { event.wakeup.signal() }
    #expect(loop.run(atMostMilliseconds: LinkBench.limit))
    thread.join()
    loop.unwatch(watch)
  }

  @Test func theEndOfAPipeIsReadable() throws {
    let loop = try EventLoop()
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    var isAtEnd = false
    let watch = try loop.watch(ends[0]) {
      var byte: UInt8 = 0
      isAtEnd = read(ends[0], &byte, 1) == 0
      loop.stop()
    }
    close(ends[1])
    #expect(loop.run(atMostMilliseconds: LinkBench.limit))
    #expect(isAtEnd)
    loop.unwatch(watch)
    close(ends[0])
  }

  @Test func watchingAndForgettingLeavesNothingOpen() throws {
    let loop = try EventLoop()
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    // Other tests open and close their own beside this one.
    func openOnes() throws -> Int {
      func target(_ number: String) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: 64)
        let length = readlink("/proc/self/fd/\(number)", &text, text.count)
        return Array(text.prefix(max(0, length)))
      }
      let ours = target("\(ends[0])")
      return try Files.list("/proc/self/fd").count { target($0) == ours }
    }
    let before = try openOnes()
    for _ in 0..<100 {
      let watch = try loop.watch(ends[0]) {}
      loop.unwatch(watch)
      _ = loop.run(atMostMilliseconds: 1)
    }
    #expect(try openOnes() == before)
    for end in ends { close(end) }
  }

  @Test func aDescriptorThatDoesNotExistIsRefused() throws {
    let loop = try EventLoop()
    #expect(throws: LinkError.cannotWatch(descriptor: 9_999)) { try loop.watch(9_999) {} }
  }

  @Test func alarmsComeInTheirOrderAndNotWhenCancelled() throws {
    let loop = try EventLoop()
    var rung: [Int] = []
    let second = Alarm(on: loop, afterMilliseconds: 40) {
      rung.append(2)
      loop.stop()
    }
    let first = Alarm(on: loop, afterMilliseconds: 10) { rung.append(1) }
    let cancelled = Alarm(on: loop, afterMilliseconds: 20) { rung.append(3) }
    cancelled.cancel()
    #expect(loop.run(atMostMilliseconds: LinkBench.limit))
    #expect(rung == [1, 2])
    withExtendedLifetime((first, second)) {}
  }

  @Test func runningEndsInTimeWhenNothingHappens() throws {
    let loop = try EventLoop()
    #expect(!loop.run(atMostMilliseconds: 5))
  }
}

struct ServerAddressTests {
  @Test func addressesAreTakenApart() throws {
    let full = try ServerAddress(url: "wss://agent.example:8443/auricle?shop=7")
    #expect(full.isSecure && full.host == "agent.example" && full.port == 8443)
    #expect(full.path == "/auricle?shop=7")
    #expect(full.hostAndPort == "agent.example:8443")
    let short = try ServerAddress(url: "ws://10.0.0.7")
    #expect(!short.isSecure && short.host == "10.0.0.7" && short.port == 80 && short.path == "/")
    #expect(try ServerAddress(url: "wss://a").port == 443)
    #expect(try ServerAddress(url: "wss://a?b").path == "/?b")
    #expect(try ServerAddress(url: "ws://[::1]:81/x").host == "::1")
    #expect(try ServerAddress(url: "ws://[::1]:81/x").description == "ws://[::1]:81/x")
    #expect(try ServerAddress(url: "wss://[::1]/").hostAndPort == "[::1]:443")
    #expect(
      try ServerAddress(https: "https://broker/token").description == "https://broker:443/token")
    #expect(throws: LinkError.self) { try ServerAddress(https: "http://broker/token") }
  }

  @Test(arguments: [
    "", "wss", "wss://", "http://a", "wss:///path", "wss://a:", "wss://a:0", "wss://a:65536",
    "wss://a:1x", "wss://a b", "wss://a#b", "wss://ü", "wss://u:p@host/", "ws://[::1",
    "https://a",
    "ws://[]", "ws://[::1]x", "wss://" + String(repeating: "a", count: 121),
    "wss://a/" + String(repeating: "a", count: 1_024),
  ])
  func badAddressesAreRefused(url: String) {
    let error = #expect(throws: LinkError.self) { try ServerAddress(url: url) }
    #expect(error?.description.contains("p@") != true, "a password must not be shown")
  }

  @Test func everyShorterAddressIsTakenOrRefused() {
    for url in ["wss://agent.example:8443/auricle?x", "ws://[fe80::1]:8080/x"] {
      for length in 0...url.utf8.count {
        _ = try? ServerAddress(url: String(url.prefix(length)))
      }
    }
  }
}
