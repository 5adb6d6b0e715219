import Testing
import VoiceCore
import WireProtocols

/// The example in `docs/PROTOCOL.md` is read by the same code that reads the wire.
struct SpecificationTests {
  @Test func theExampleIsUnderstoodByBothSides() throws {
    var (device, agent) = (NativeDevice(), NativeAgent())
    var (heard, dropped, cuts) = (0, 0, 0)
    for line in try example() {
      if line.hasPrefix("--") {
        if let place = line.lastIndex(of: ":") {
          let counts = line[place...].dropFirst().split(separator: ",").map {
            Int($0.drop { $0 == " " })
          }
          #expect(counts == [agent.receivedCount, device.receivedCount], "\(line)")
          device.reconnect()
          cuts += 1
        }
        continue
      }
      let isLost = line.hasPrefix("x")
      let text = line.drop { $0 == "x" }
      let message = try #require(Self.message(String(text.dropFirst(2))))
      heard += 1
      if isLost {
        // Only the device has what was lost in the way of sound and words.
        if text.hasPrefix(">") {
          var scratch = agent
          let said = try #require(try scratch.taken(message))
          #expect(device.encode(said) == message, "\(line)")
        }
      } else if text.hasPrefix("<") {
        if try device.decode(message) == .nothing { dropped += 1 }
      } else if text.contains(#""type":"hello""#) {
        var stranger = NativeAgent()
        let said = try #require(try stranger.taken(message))
        #expect(device.encode(said) == message)
        if cuts == 0 { agent = stranger }
      } else {
        let isNew = agent.receivedCount == device.sentCount
        let received = try agent.decode(message)
        if isNew, let said = received.message { #expect(device.encode(said) == message, "\(line)") }
        if case .notice(let notice) = received { #expect(NativeDevice.encode(notice) == message) }
      }
    }
    #expect(heard == 46)
    #expect(dropped == 1)
    #expect(cuts == 2)
  }

  private func example() throws -> [String] {
    let lines = try Documents.lines("PROTOCOL.md")
    let heading = try #require(lines.firstIndex(of: "## Example"))
    let fence = try #require(lines[heading...].firstIndex(of: "```"))
    return lines[(fence + 1)...].prefix { $0 != "```" }.filter { !$0.isEmpty }
  }

  private static func message(_ text: String) -> WireMessage? {
    guard text.hasPrefix("[") else { return .text(Array(text.utf8)) }
    guard let end = text.firstIndex(of: "]") else { return nil }
    let words = text[text.index(after: text.startIndex)..<end].split(separator: " ")
    return .binary(words.compactMap { UInt8($0, radix: 16) })
  }
}
