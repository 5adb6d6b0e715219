internal import CLinux

/// What the kernel tells about network cards and addresses (rtnetlink). Everything it says is small
/// and only a hint: a message that is missed costs one later attempt to connect.
public struct NetworkNews: ~Copyable {
  private let socket: FileDescriptor
  public var number: Int32 { socket.number }

  private init(owning socket: consuming FileDescriptor) { self.socket = socket }

  /// The kernel's numbers, of linux/rtnetlink.h.
  private enum Kernel {
    /// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR.
    static let groups: UInt32 = 0x1 | 0x10 | 0x100
    static let newLink: UInt16 = 16
    static let newAddress: UInt16 = 20
    /// IFF_RUNNING: it has a carrier.
    static let running: UInt32 = 0x40
    /// IFF_LOOPBACK.
    static let loopback: UInt32 = 0x8
    static let headerSize = 16
  }

  public static func open() throws(LinuxError) -> NetworkNews {
    let number = clinux_network_news(Kernel.groups)
    guard number >= 0 else { throw .last("listen to", "news of the network") }
    return NetworkNews(owning: FileDescriptor(owning: number))
  }

  /// Takes all news so far: whether the network may have come up.
  public func takeMayBeUp() -> Bool {
    var isUp = false
    var bytes = [UInt8](repeating: 0, count: 8_192)
    // Bounded, although nobody can send us this many: what is left keeps the descriptor readable.
    for _ in 0..<64 {
      do throws(LinuxError) {
        guard let count = try socket.read(into: &bytes, limit: bytes.count), count > 0 else {
          break
        }
        isUp = NetworkNews.mayBeUp(bytes[..<count]) || isUp
      } catch {
        // ENOBUFS: there were more than fit, so something happened.
        return true
      }
    }
    return isUp
  }

  /// Whether one of these messages is about an address that came, or a card that has a carrier now.
  public static func mayBeUp(_ messages: ArraySlice<UInt8>) -> Bool {
    var rest = messages
    while rest.count >= Kernel.headerSize {
      let length = Int(word(rest, at: 0))
      guard length >= Kernel.headerSize, length <= rest.count else { return false }
      let type = UInt16(truncatingIfNeeded: word(rest, at: 4))
      if type == Kernel.newAddress { return true }
      // struct ifinfomsg: its flags are at 8.
      if type == Kernel.newLink, length >= Kernel.headerSize + 16 {
        let flags = word(rest, at: Kernel.headerSize + 8)
        if flags & Kernel.running != 0, flags & Kernel.loopback == 0 { return true }
      }
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return false
  }

  private static func word(_ bytes: ArraySlice<UInt8>, at place: Int) -> UInt32 {
    bytes.withUnsafeBytes { UInt32($0.loadUnaligned(fromByteOffset: place, as: UInt32.self)) }
  }
}
