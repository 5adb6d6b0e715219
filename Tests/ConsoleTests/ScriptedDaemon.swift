import ControlProtocol
import Foundation
import Linux

@testable import Console

/// A daemon that answers as the test says, on a socket of its own that is in no folder.
final class ScriptedDaemon: @unchecked Sendable {
  let socket: String
  private let lock = NSLock()
  private var isOver = false
  private var shallHangUp = false
  private var asked: [Fields] = []
  private let finished = DispatchSemaphore(value: 0)

  /// - Parameter answer: the bytes for a request; nil hangs up.
  init(answer: @escaping @Sendable (Fields) -> [UInt8]?) throws {
    socket = "@auricle-test-\(UUID().uuidString)"
    let listener = try Listener(socket)
    Thread.detachNewThread { [self] in
      while !shallEnd { serve(listener, answer) }
      finished.signal()
    }
  }

  /// Answers everything with these fields and, in the same breath, the events.
  convenience init(_ reply: Fields, events: [Fields] = []) throws {
    let bytes = events.reduce(reply.encode()) { $0 + $1.encode() }
    try self.init { _ in bytes }
  }

  /// Ends each conversation after its first answer.
  var hangsUp: Bool {
    get { lock.withLock { shallHangUp } }
    set { lock.withLock { shallHangUp = newValue } }
  }

  func end() {
    lock.withLock { isOver = true }
    finished.wait()
  }

  /// What it was asked so far.
  var requests: [Fields] { lock.withLock { asked } }

  private var shallEnd: Bool { lock.withLock { isOver } }

  private final class Listener: @unchecked Sendable {
    let descriptor: FileDescriptor
    init(_ path: String) throws { descriptor = try UnixSocket.listen(path, mode: 0o600) }
  }

  private func serve(_ listener: Listener, _ answer: (Fields) -> [UInt8]?) {
    do {
      guard try listener.descriptor.waitUntilReadable(milliseconds: 20),
        let caller = try UnixSocket.accept(on: listener.descriptor)
      else { return }
      var reader = BlockReader()
      var chunk = [UInt8](repeating: 0, count: 1_024)
      while !shallEnd {
        guard try caller.waitUntilReadable(milliseconds: 20) else { continue }
        guard let count = try caller.read(into: &chunk, limit: chunk.count), count > 0 else {
          return
        }
        reader.append(chunk[..<count])
        while let request = try reader.next() {
          lock.withLock { asked.append(request) }
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
    diskHolds: Int = .max, patience: Int64 = 30_000
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
    code = console.run(arguments)
  }

  var text: String { String(decoding: output, as: UTF8.self) }
  var lines: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
  }
  /// The one JSON object it printed.
  var object: NSDictionary? {
    (try? JSONSerialization.jsonObject(with: Data(output))) as? NSDictionary
  }
}

func fields(_ pairs: KeyValuePairs<String, String>) -> Fields {
  var fields = Fields()
  for (key, value) in pairs { fields.add(key, value) }
  return fields
}
