import Testing
import VoiceCore

@testable import Room

@Suite struct TalkerScriptTests {
  private func error(_ text: String) -> ScriptError? {
    do throws(ScriptError) {
      _ = try TalkerScript.parse(text)
      return nil
    } catch {
      return error
    }
  }

  @Test func aScriptIsReadAsItIsWritten() throws {
    let script = try TalkerScript.parse(
      """
      # a visitor
      wait 800 ms
      say hours.wav "when are you # open?"  \u{20}
      await reply            # and listens

      say story.wav
      await sound within 5 s
      wait 2s
      say hours.wav
      await silence within 500ms
      end
      whatever follows is not read
      """)
    #expect(
      script.steps == [
        .wait(.milliseconds(800)), .say(0), .await(.reply, within: .seconds(20)), .say(1),
        .await(.sound, within: .seconds(5)), .wait(.seconds(2)), .say(0),
        .await(.silence, within: .milliseconds(500)),
      ])
    #expect(script.sounds == ["hours.wav", "story.wav"])
    #expect(script.lines == [2, 3, 4, 6, 7, 8, 9, 10])
    #expect(script.words(line: 3) == "when are you # open?")
    #expect(script.words(line: 6) == nil)
  }

  @Test func linesMayEndAsOnOtherSystemsAndTheLastNeedsNoEnd() throws {
    #expect(
      try TalkerScript.parse("wait 10 ms\r\nsay a.wav").steps == [
        .wait(.milliseconds(10)), .say(0),
      ])
    #expect(try TalkerScript.parse("").steps == [])
  }

  @Test func errorsNameTheLineWhatWasGivenAndWhatWouldBeRight() {
    #expect(
      error("wait 1 s\n\njump high\n")
        == ScriptError(
          line: 3, given: "jump high", wanted: "a step is `wait`, `say`, `await`, `again` or `end`")
    )
    #expect(
      error("wait 800")?.description == "line 1: 'wait 800': `wait 800 ms` or `wait 2 s`")
  }

  @Test(
    arguments: [
      "wait", "wait ms", "wait -5 ms", "wait 5 hours", "wait 601 s", "wait 9999999 ms",
      "wait 5 ms 5", "wait 5 ms \"x\"", "say", "say a b", "say \"only words\"", "await",
      "await godot", "await reply 5 s", "await reply within", "await reply within soon",
      "await reply \"words\"", "end now", "say a.wav \"no end",
    ])
  func whatCannotBeDoneIsRefused(_ line: String) {
    #expect(error("wait 1 ms\n" + line)?.line == 2)
  }

  @Test func aScriptHasBounds() {
    let many = String(repeating: "wait 1 ms\n", count: TalkerScript.mostSteps)
    #expect(error(many) == nil)
    #expect(error(many + "wait 1 ms")?.line == TalkerScript.mostSteps + 1)
    let files = (0...TalkerScript.mostSounds).map { "say \($0).wav\n" }.joined()
    #expect(error(files)?.line == TalkerScript.mostSounds + 1)
    #expect(error(String(repeating: "x", count: 401))?.given.utf8.count == 60)
  }

  @Test func everyShorterLengthIsAnsweredAndBytesMayBeAnything() {
    let script = "wait 800 ms\nsay hours.wav \"when?\"\nawait reply within 5 s\nend\n"
    for length in 0...script.utf8.count { _ = error(String(script.prefix(length))) }
    for byte in UInt8.min...UInt8.max {
      _ = error(String(decoding: Array("say ".utf8) + [byte, 0x22, byte, 0x22], as: UTF8.self))
    }
  }
}
