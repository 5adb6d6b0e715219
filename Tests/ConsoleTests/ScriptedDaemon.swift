import ControlProtocol
import Linux
import Synchronization
import WireProtocols

@testable import Console

/// A daemon that answers as the test says, on a socket of its own that is in no folder.
final class ScriptedDaemon: @unchecked Sendable {
  let socket: String
  private let answer: @Sendable (Fields) -> [UInt8]?
  /// Ends each conversation after its first answer.
  private let hangsUp: Bool
  private let listener: FileDescriptor
  private let asked = Mutex<[Fields]>([])
  private let isOver = Atomic(false)
  /// Touched by the test's own thread only.
  private var thread: RealtimeThread?

  /// - Parameter answer: the bytes for a request; nil hangs up.
  init(hangsUp: Bool = false, answer: @escaping @Sendable (Fields) -> [UInt8]?) throws {
    socket = "@auricle-test-\(UInt64.random(in: 0 ... .max))"
    self.hangsUp = hangsUp
    self.answer = answer
    listener = try UnixSocket.listen(socket, mode: 0o600)
    thread = try RealtimeThread.start(name: "daemon", priority: nil) { [self] in
      while !isOver.load(ordering: .acquiring) { serve() }
    }
  }

  /// Answers everything with these fields and, in the same breath, the events.
  convenience init(_ reply: Fields, events: [Fields] = [], hangsUp: Bool = false) throws {
    let bytes = events.reduce(reply.encode()) { $0 + $1.encode() }
    try self.init(hangsUp: hangsUp) { _ in bytes }
  }

  func end() {
    isOver.store(true, ordering: .releasing)
    thread.take()?.join()
  }

  /// What it was asked so far.
  var requests: [Fields] { asked.withLock { $0 } }

  private func serve() {
    do throws(any Error) {
      guard try listener.waitUntilReadable(milliseconds: 20),
        let caller = try UnixSocket.accept(on: listener.number)
      else { return }
      var reader = BlockReader()
      var chunk = [UInt8](repeating: 0, count: 1_024)
      while !isOver.load(ordering: .acquiring) {
        guard try caller.waitUntilReadable(milliseconds: 20) else { continue }
        guard let count = try caller.read(into: &chunk, limit: chunk.count), count > 0 else {
          return
        }
        reader.append(chunk[..<count])
        while let request = try reader.next() {
          asked.withLock { $0.append(request) }
          guard let bytes = answer(request) else { return }
          try caller.writeAll(bytes)
          if hangsUp { return }
        }
      }
    } catch {
      // The command went away in the middle: the next one calls again.
    }
  }
}

/// What the command printed.
final class Run {
  private(set) var code: Int32 = -1
  private(set) var output: [UInt8] = []
  private(set) var complaints: [String] = []

  /// - Parameters:
  ///   - stop: becomes readable when the person presses Ctrl-C.
  ///   - diskHolds: writing fails after so many bytes, as on a full disk.
  init(
    _ arguments: [String], on abilities: Screen.Abilities = Screen.Abilities(), stop: Int32? = nil,
    diskHolds: Int = .max, patience: Int64 = 30_000, program: String = "/nonexistent/auricled"
  ) {
    let screen = Screen(
      abilities,
      write: { [unowned self] bytes throws(LinuxError) in
        guard output.count + bytes.count <= diskHolds else {
          throw LinuxError("write to", "a full disk", code: 28)
        }
        output += bytes
      },
      complain: { [unowned self] in complaints.append($0) })
    var console = Console(
      screen: screen, stop: { () throws(Failure) in stop },
      process: { Int32($0.count) + 40 })
    console.patience = patience
    console.daemon = program
    code = console.run(arguments)
  }

  var text: String { String(decoding: output, as: UTF8.self) }
  var lines: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
  }
  /// The one JSON object it printed.
  var object: JSONValue? { lines.count == 1 ? json(lines[0]) : nil }
}

/// Nil when it is not JSON.
func json(_ text: String) -> JSONValue? {
  // All settings are more values than any message on the wire has.
  var limits = JSONReader.Limits()
  limits.values = 1_024
  return try? JSONReader.read(Array(text.utf8), limits: limits)
}

func fields(_ pairs: KeyValuePairs<String, String>) -> Fields {
  var fields = Fields()
  for (key, value) in pairs { fields.add(key, value) }
  return fields
}
