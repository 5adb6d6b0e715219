import Linux
import WireProtocols

/// The messages of `docs/protocol`, for seeds.
struct Recorded: Sendable {
  let isFromDevice: Bool
  let message: WireMessage

  /// One conversation after the other, and each broken message by itself.
  static let conversations: [[Recorded]] = {
    let folder = Recorded.folder + "/protocol"
    do {
      let transcripts = try Files.list(folder + "/transcripts").sorted().map {
        try lines(folder + "/transcripts/" + $0)
      }
      return transcripts + (try lines(folder + "/broken.jsonl").map { [$0] })
    } catch {
      fatalError("docs/protocol is not there: \(error)")
    }
  }()

  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/") + "/docs"

  private static func lines(_ file: String) throws -> [Recorded] {
    try Files.read(file).split(separator: 0x0A).compactMap { read(Array($0)) }
  }

  private static func read(_ line: [UInt8]) -> Recorded? {
    var limits = JSONReader.Limits()
    limits.bytes = 1 << 20
    limits.values = 10_000
    // A line of our own that is no JSON is found by the tests of the documents.
    guard let object = try? JSONReader.read(line, limits: limits),
      case .text(let side)? = object.member("from")
    else { return nil }
    if case .text(let hex)? = object.member("binary") {
      return Recorded(isFromDevice: side == "device", message: .binary(Hex.bytes(hex)))
    }
    if case .text(let text)? = object.member("text") {
      return Recorded(isFromDevice: side == "device", message: .text(Array(text.utf8)))
    }
    guard let start = line.firstRange(of: Array(#""text":"#.utf8)) else { return nil }
    return Recorded(
      isFromDevice: side == "device",
      message: .text(Array(line[start.upperBound..<line.count - 1])))
  }
}

package enum Hex {
  package static func bytes(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  package static func text(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// What an input of a session is made of; both sides' parsers read the same.
enum SessionStep: UInt8, CaseIterable {
  case form0, form1, form2, form3, form4, form5, sound0, sound1, rawText, rawSound
  case own0, own1, own2, own3, own4, own5

  static func next(_ choices: inout Choices) -> SessionStep {
    allCases[Int(choices.byte() & 15)]
  }

  /// Inputs that hold, word for word, what one side says in the recorded conversations.
  static func seeds(fromDevice: Bool) -> [[UInt8]] {
    Recorded.conversations.compactMap { conversation in
      var script = Script()
      for recorded in conversation where recorded.isFromDevice == fromDevice {
        switch recorded.message {
        case .text(let bytes):
          script.add(rawText.rawValue)
          script.add(bytes: bytes)
        case .binary(let bytes):
          script.add(rawSound.rawValue)
          script.add(bytes: bytes)
        }
      }
      return script.bytes.isEmpty ? nil : script.bytes
    }
  }
}
