import Testing
import WireProtocols

/// The files in `docs/protocol` that others test their side with.
struct TranscriptTests {
  @Test(arguments: try Documents.files("protocol/transcripts"))
  func aTranscriptIsWhatBothSidesSay(file: String) throws {
    let lines = try Documents.lines("protocol/transcripts/" + file).filter { !$0.isEmpty }
    var walk = TranscriptWalk()
    for (index, line) in lines.enumerated().dropFirst() {
      do {
        try walk.take(try TranscriptLine(line))
      } catch {
        Issue.record("line \(index + 1): \(error): \(line)")
        return
      }
    }
    walk.finish()
    #expect(lines.count > 10)
  }

  /// Each line: who sends it, and the code under which the other side refuses it.
  @Test func whatIsBrokenIsRefused() throws {
    let lines = try Documents.lines("protocol/broken.jsonl").filter { !$0.isEmpty }
    for line in lines.dropFirst() {
      let object = try JSONReader.read(Array(line.utf8))
      guard case .text(let text) = object.member("text"),
        case .text(let code) = object.member("code")
      else {
        Issue.record("no text or code: \(line)")
        continue
      }
      let error = #expect(throws: WireError.self, "\(line)") {
        if object.member("from") == .text("device") {
          var agent = text.contains(#""hello""#) ? NativeAgent() : try talking().agent
          for earlier in earlier(object) { _ = try #require(try? agent.decode(.json(earlier))) }
          _ = try agent.decode(.json(text))
        } else {
          var device = text.contains(#""welcome""#) ? NativeDevice() : try talking().device
          _ = try device.decode(.json(text))
        }
      }
      #expect(error?.code == code, "\(line)")
    }
    #expect(lines.count > 50)
  }

  /// What came before it, and was right.
  private func earlier(_ object: JSONValue) -> [String] {
    guard case .array(let values)? = object.member("after") else { return [] }
    return values.compactMap { if case .text(let text) = $0 { text } else { nil } }
  }
}
