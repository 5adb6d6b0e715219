import Glibc
import Testing
import VoiceCore
import WireProtocols

/// The example in `docs/PROTOCOL.md` is read by the same code that reads the wire.
struct SpecificationTests {
  @Test func theExampleIsUnderstoodByBothSides() throws {
    var device = NativeDevice()
    var agent = NativeAgent()
    var heard = 0
    var dropped = 0
    for line in try example() {
      let message = try #require(Self.message(String(line.dropFirst(2))))
      if line.hasPrefix(">") {
        let said = try #require(try agent.taken(message))
        // The device's own count of interrupts follows the example.
        if case .interrupt = said { #expect(device.encode(said) == message) }
      } else if try device.taken(message) == nil {
        dropped += 1
      }
      heard += 1
    }
    #expect(heard == 27)
    #expect(dropped == 1)
  }

  private func example() throws -> [String] {
    let folders = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let path = folders.joined(separator: "/") + "/docs/PROTOCOL.md"
    let file = try #require(fopen(path, "r"))
    defer { fclose(file) }
    var text: [UInt8] = []
    while true {
      let byte = getc(file)
      if byte == EOF { break }
      text.append(UInt8(byte))
    }
    let lines = String(decoding: text, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    let fence = try #require(lines.firstIndex(of: "```"))
    return lines[(fence + 1)...].prefix { $0 != "```" }.filter { !$0.isEmpty }.map(String.init)
  }

  private static func message(_ text: String) -> WireMessage? {
    guard text.hasPrefix("[") else { return .text(Array(text.utf8)) }
    guard let end = text.firstIndex(of: "]") else { return nil }
    let words = text[text.index(after: text.startIndex)..<end].split(separator: " ")
    return .binary(words.compactMap { UInt8($0, radix: 16) })
  }
}
