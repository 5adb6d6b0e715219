import Glibc
import Linux
import Testing

@testable import WebSockets

// GNU extensions, which Swift's Glibc leaves out.
@_silgen_name("unshare") private func unshare(_ flags: CInt) -> CInt
@_silgen_name("setns") private func setns(_ descriptor: CInt, _ flags: CInt) -> CInt

struct NetworkNewsTests {
  /// A message of rtnetlink, with its length in front and padded as the kernel does it.
  private func message(_ type: UInt16, flags: UInt32 = 0, size: Int = 32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (size + 3) & ~3)
    func put<T: FixedWidthInteger>(_ value: T, at place: Int) {
      guard place + MemoryLayout<T>.size <= bytes.count else { return }
      bytes.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: place, as: T.self) }
    }
    put(UInt32(size), at: 0)
    put(type, at: 4)
    put(flags, at: 24)
    return bytes
  }

  @Test func anAddressOrACarrierIsNews() {
    #expect(NetworkNews.mayBeUp(message(20, size: 24)[...]))
    #expect(NetworkNews.mayBeUp(message(16, flags: 0x1 | 0x40)[...]))
    // Up without a carrier, the loopback, a card or an address that goes.
    #expect(!NetworkNews.mayBeUp(message(16, flags: 0x1)[...]))
    #expect(!NetworkNews.mayBeUp(message(16, flags: 0x49)[...]))
    #expect(!NetworkNews.mayBeUp(message(17, flags: 0x41)[...]))
    #expect(!NetworkNews.mayBeUp(message(21)[...]))
    #expect(NetworkNews.mayBeUp((message(17, size: 33) + message(20))[...]))
  }

  @Test func everyShorterMessageIsTakenOrIgnored() {
    let whole = message(16, flags: 0x41) + message(20)
    for length in 0...whole.count { _ = NetworkNews.mayBeUp(whole.prefix(length)) }
    for length: UInt32 in [0, 1, 15, 17, 20, 33, .max] {
      var bytes = whole
      bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, as: UInt32.self) }
      _ = NetworkNews.mayBeUp(bytes[...])
    }
    #expect(!NetworkNews.mayBeUp([]))
  }

  /// The real kernel: an address of the loopback comes and goes, in a network of our own.
  @Test(.enabled(if: getuid() == 0)) func theKernelsNewsIsToldOnce() throws {
    // Only this thread, and only for the test, gets a network of its own.
    let home = open("/proc/thread-self/ns/net", O_RDONLY)
    defer { close(home) }
    guard home >= 0, unshare(0x4000_0000) == 0 else { return }
    defer { setns(home, 0) }
    let loop = try EventLoop()
    var times = 0
    let watch = try NetworkWatch(on: loop) {
      times += 1
      loop.stop()
    }
    _ = try shell(
      "ip link set lo up && ip addr add 127.9.9.9/32 dev lo && ip addr add 127.9.9.8/32 dev lo")
    #expect(loop.run(atMostMilliseconds: LinkBench.limit))
    _ = try? shell("ip addr del 127.9.9.9/32 dev lo; ip addr add 127.9.9.9/32 dev lo")
    #expect(!loop.run(atMostMilliseconds: 500), "not so soon again")
    #expect(times == 1)
    withExtendedLifetime(watch) {}
  }
}
