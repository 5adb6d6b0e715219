internal import ControlProtocol
internal import Linux

/// The daemon's control socket, as one who watches sees it.
struct ControlLink: ~Copyable {
  private let socket: FileDescriptor
  private var reader = BlockReader()
  /// The daemon has hung up.
  private(set) var isClosed = false

  init(_ path: String) throws(LinuxError) { socket = try UnixSocket.connect(path) }

  func ask(_ request: ControlRequest) throws(DemoError) {
    let bytes = request.encode()
    try tried { () throws(LinuxError) in try socket.writeAll(bytes) }
  }

  /// The blocks that came within a while, which may be none.
  mutating func read(milliseconds: Int32) throws(DemoError) -> [Fields] {
    var blocks: [Fields] = []
    do throws(LinuxError) {
      guard try socket.waitUntilReadable(milliseconds: milliseconds) else { return [] }
      var chunk = [UInt8](repeating: 0, count: 16_384)
      let count = try socket.read(into: &chunk, limit: chunk.count) ?? 0
      isClosed = count == 0
      reader.append(chunk[..<count])
    } catch {
      // A daemon that ended without ceremony looks the same to us as one that hung up.
      isClosed = true
    }
    do throws(ControlError) {
      while let block = try reader.next() { blocks.append(block) }
    } catch {
      throw DemoError("the daemon's control socket said something wrong: \(error)")
    }
    return blocks
  }

  /// One request and its answer, within a bounded time.
  static func ask(_ request: ControlRequest, at path: String) throws(DemoError) -> Fields {
    var link = try tried { () throws(LinuxError) in try ControlLink(path) }
    try link.ask(request)
    let deadline = MonotonicClock.microseconds() + 5_000_000
    while !link.isClosed, MonotonicClock.microseconds() < deadline {
      if let answer = try link.read(milliseconds: 100).first { return answer }
    }
    throw DemoError("the daemon did not answer \(request.name) within 5 s")
  }
}
