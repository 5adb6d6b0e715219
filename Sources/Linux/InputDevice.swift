internal import CLinux

/// A key or a switch, by its number in linux/input-event-codes.h.
public struct InputCode: Equatable, Sendable {
  public enum Kind: Equatable, Sendable { case key, toggle }
  public let kind: Kind
  public let number: UInt16

  public init(_ kind: Kind, _ number: UInt16) {
    self.kind = kind
    self.number = number
  }
}

/// An input device's buttons (evdev): of all its keys it reads those that it was told to, and no others
/// leave the kernel, if that can filter.
public struct InputDevice: ~Copyable {
  public struct Event: Equatable, Sendable {
    public let code: InputCode
    public let isOn: Bool
  }

  public let path: String
  /// What it calls itself.
  public let name: String
  private let descriptor: FileDescriptor
  private let wanted: [InputCode]
  private var bytes = [UInt8](repeating: 0, count: 64 * Kernel.eventSize)
  private var unread = 0..<0
  /// There were more events than the kernel keeps: what is down and up is to be asked anew.
  private var hasMissedSome = false

  public var number: Int32 { descriptor.number }

  /// The kernel's numbers, of linux/input.h.
  enum Kernel {
    /// struct input_event: a time of two words, then 16, 16 and 32 bits. With 64-bit times 32-bit
    /// programs still get two words.
    static let eventSize = 2 * MemoryLayout<Int>.size + 8
    static let synchronisation: UInt16 = 0
    static let key: UInt16 = 1
    static let toggle: UInt16 = 5
    /// SYN_DROPPED.
    static let dropped: UInt16 = 3
    static let keyBytes = 96
    static let toggleBytes = 8
    /// EV_MAX; each kind is filtered by itself.
    static let lastKind: UInt16 = 0x1F

    /// _IOC(direction, 'E', number, size).
    static func request(reads: Bool, _ number: UInt16, _ size: Int) -> CUnsignedLong {
      (reads ? 2 : 1) << 30 | CUnsignedLong(size) << 16 | 0x45 << 8 | CUnsignedLong(number)
    }
  }

  /// EVIOCSMASK's argument: 32, 32 and 64 bits on every machine.
  private struct Mask {
    var kind: UInt32
    var size: UInt32
    var codes: UInt64
  }

  private init(
    owning descriptor: consuming FileDescriptor, path: String, name: String, wanted: [InputCode]
  ) {
    self.descriptor = descriptor
    self.path = path
    self.name = name
    self.wanted = wanted
  }

  /// - Returns: nil when it has none of the wanted.
  public static func open(_ path: String, wanted: [InputCode]) throws(LinuxError) -> InputDevice? {
    let number = clinux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard number >= 0 else { throw .last("open", path) }
    let descriptor = FileDescriptor(owning: number)
    let keys = bits(of: number, 0x20 + Kernel.key, Kernel.keyBytes)
    let toggles = bits(of: number, 0x20 + Kernel.toggle, Kernel.toggleBytes)
    let there = wanted.filter { has($0.kind == .key ? keys : toggles, $0.number) }
    guard !there.isEmpty else { return nil }
    listenOnly(to: there, on: number)
    return InputDevice(
      owning: descriptor, path: path, name: name(of: number) ?? path, wanted: there)
  }

  private static func bits(of number: Int32, _ request: UInt16, _ size: Int) -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: size)
    bits.withUnsafeMutableBytes {
      // What cannot be asked has none.
      _ = clinux_ioctl(number, Kernel.request(reads: true, request, size), $0.baseAddress)
    }
    return bits
  }

  private static func has(_ bits: [UInt8], _ number: UInt16) -> Bool {
    let place = Int(number / 8)
    return place < bits.count && bits[place] >> (number % 8) & 1 == 1
  }

  private static func name(of number: Int32) -> String? {
    var text = [UInt8](repeating: 0, count: 128)
    let count = text.withUnsafeMutableBytes {
      clinux_ioctl(number, Kernel.request(reads: true, 0x06, 127), $0.baseAddress)
    }
    let name = text.prefix { $0 != 0 }
    return count > 0 && !name.isEmpty ? String(decoding: name, as: UTF8.self) : nil
  }

  /// Since Linux 4.4; an older one sends us everything, and we drop it.
  private static func listenOnly(to wanted: [InputCode], on number: Int32) {
    for kind in 1...Kernel.lastKind {
      var codes = [UInt8](repeating: 0, count: Kernel.keyBytes)
      for code in wanted where (code.kind == .key ? Kernel.key : Kernel.toggle) == kind {
        codes[Int(code.number / 8)] |= 1 << (code.number % 8)
      }
      codes.withUnsafeMutableBytes {
        var mask = Mask(
          kind: UInt32(kind), size: UInt32($0.count),
          codes: UInt64(UInt(bitPattern: $0.baseAddress)))
        _ = clinux_ioctl(
          number, Kernel.request(reads: false, 0x93, MemoryLayout<Mask>.size), &mask)
      }
    }
  }

  /// How each of the wanted stands now.
  public func standing() -> [Event] {
    let keys = InputDevice.bits(of: number, 0x18, Kernel.keyBytes)
    let toggles = InputDevice.bits(of: number, 0x1B, Kernel.toggleBytes)
    return wanted.map {
      Event(
        code: $0, isOn: InputDevice.has($0.kind == .key ? keys : toggles, $0.number))
    }
  }

  public enum News {
    case event(Event)
    /// Some were lost: `standing()` tells how it is.
    case missed
  }

  /// What was pressed or let go, one at a time; nil when there is no more. Fails when the device is gone.
  public mutating func next() throws(LinuxError) -> News? {
    while true {
      while unread.count >= Kernel.eventSize {
        let event = take()
        if event.kind == Kernel.synchronisation {
          if event.code == Kernel.dropped {
            hasMissedSome = true
          } else if hasMissedSome {
            hasMissedSome = false
            return .missed
          }
        } else if !hasMissedSome, let known = known(event) {
          return .event(known)
        }
      }
      let count: Int?
      do throws(LinuxError) { count = try descriptor.read(into: &bytes, limit: bytes.count) } catch
      {
        throw LinuxError("read", path, code: error.code)
      }
      guard let count else { return nil }
      guard count > 0 else { throw LinuxError("read", path, code: ENODEV) }
      unread = 0..<count
    }
  }

  private mutating func take() -> (kind: UInt16, code: UInt16, value: Int32) {
    let place = unread.lowerBound + Kernel.eventSize - 8
    unread = unread.lowerBound + Kernel.eventSize..<unread.upperBound
    return bytes.withUnsafeBytes {
      (
        $0.loadUnaligned(fromByteOffset: place, as: UInt16.self),
        $0.loadUnaligned(fromByteOffset: place + 2, as: UInt16.self),
        $0.loadUnaligned(fromByteOffset: place + 4, as: Int32.self)
      )
    }
  }

  private func known(_ event: (kind: UInt16, code: UInt16, value: Int32)) -> Event? {
    // 2 is the kernel's repetition of a key that is held: we have a pace of our own.
    guard event.kind == Kernel.key || event.kind == Kernel.toggle, event.value != 2 else {
      return nil
    }
    let code = InputCode(event.kind == Kernel.key ? .key : .toggle, event.code)
    return wanted.contains(code) ? Event(code: code, isOn: event.value != 0) : nil
  }
}
