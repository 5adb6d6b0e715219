internal import ControlProtocol
internal import Linux

/// A conversation with the running daemon over its socket.
struct DaemonClient: ~Copyable {
  /// The daemon answers within milliseconds; after this it hangs.
  static let patience: Int64 = 5_000

  private let socket: FileDescriptor
  /// Milliseconds.
  private let patience: Int64
  private var reader = BlockReader()

  private init(owning socket: consuming FileDescriptor, patience: Int64) {
    self.socket = socket
    self.patience = patience
  }

  /// - Parameter group: who else may, for the advice when we may not.
  static func connect(to path: String, group: String, patience: Int64) throws(Failure)
    -> DaemonClient
  {
    do throws(LinuxError) {
      return DaemonClient(owning: try UnixSocket.connect(path), patience: patience)
    } catch {
      if error.isNotFound || error.isRefused { throw .notRunning(socket: path) }
      if error.isPermission { throw .notPermitted(socket: path, group: group) }
      throw .unreachable(error)
    }
  }

  /// The daemon's answer; its refusal is thrown.
  mutating func ask(_ request: ControlRequest) throws(Failure) -> Fields {
    do throws(LinuxError) { try socket.writeAll(request.encode()) } catch {
      // It may have said why before it hung up; else reading tells.
      guard error.isPeerGone else { throw .unreachable(error) }
    }
    let deadline = MonotonicClock.milliseconds() + patience
    while true {
      let left = deadline - MonotonicClock.milliseconds()
      guard left > 0,
        case .block(let reply) = try next(milliseconds: Int32(truncatingIfNeeded: left), stop: nil)
      else { throw .silent(milliseconds: patience) }
      switch reply.outcome {
      case .done: return reply
      case .refused(let sentence): throw .refused(Words.harmless(sentence))
      case .none: continue
      }
    }
  }

  enum News {
    case block(Fields)
    case nothing
    case stopped
  }

  /// The next block, however it comes in pieces.
  /// - Parameters:
  ///   - milliseconds: -1 waits for ever.
  ///   - stop: a descriptor that becomes readable when the person has seen enough.
  mutating func next(milliseconds: Int32, stop: Int32?) throws(Failure) -> News {
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      do throws(ControlError) {
        if let block = try reader.next() { return .block(block) }
      } catch {
        throw .notOurs(error)
      }
      do throws(LinuxError) {
        var watched = [socket.number]
        if let stop { watched.append(stop) }
        guard let ready = try Waiting.firstReadable(of: watched, milliseconds: milliseconds) else {
          return .nothing
        }
        if ready == 1 { return .stopped }
        guard let count = try socket.read(into: &chunk, limit: chunk.count) else { continue }
        if count == 0 { throw LinuxError("read", "the socket", code: LinuxError.hungUp) }
        reader.append(chunk[..<count])
      } catch {
        throw error.isPeerGone ? .hungUp : .unreachable(error)
      }
    }
  }
}
