import Linux
import Testing
import WireProtocols

/// What `docs` holds about the protocol, for the tests that keep it true.
enum Documents {
  static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/docs"

  static func lines(_ name: String) throws -> [String] {
    String(decoding: try Files.read(folder + "/" + name), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  static func files(_ name: String) throws -> [String] {
    try Files.list(folder + "/" + name).sorted()
  }
}

/// One line of `docs/protocol/transcripts`: a message, or what became of the connection.
struct TranscriptLine {
  enum Side { case device, agent }
  enum Content {
    case message(from: Side, WireMessage)
    case event(String)
  }

  let content: Content
  /// It did not arrive, or there was no connection to send it on.
  let isLost: Bool
  /// It was made before, and is sent once more.
  let isAgain: Bool
  /// The receiver lets it fall: sound from before an interrupt.
  let isDropped: Bool
  /// Of a later version.
  let isUnknown: Bool
  /// On a connection that another took the place of.
  let isOlder: Bool
  /// The code of the error that the receiver must find in it.
  let refused: String?

  init(_ line: String) throws {
    let object = try JSONReader.read(Array(line.utf8))
    func flag(_ name: String) -> Bool { object.member(name) == .bool(true) }
    (isLost, isAgain, isDropped) = (flag("lost"), flag("again"), flag("dropped"))
    (isUnknown, isOlder) = (flag("unknown"), flag("older"))
    if case .text(let code) = object.member("refused") { refused = code } else { refused = nil }
    if case .text(let event) = object.member("event") {
      content = .event(event)
      return
    }
    let side: Side = object.member("from") == .text("device") ? .device : .agent
    if case .text(let hex) = object.member("binary") {
      let digits = Array(hex.utf8)
      let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
      }
      content = .message(from: side, .binary(bytes))
      return
    }
    // The bytes as they stand there, not as we would write them: that is what is compared.
    let bytes = Array(line.utf8)
    let start = try #require(bytes.firstRange(of: Array(#""text":"#.utf8)))
    content = .message(from: side, .text(Array(bytes[start.upperBound..<bytes.count - 1])))
  }
}
