import ControlProtocol
import Linux
import Testing
import WireProtocols

@testable import Console

@Suite struct WatchTests {
  private static let conversation: [Fields] = [
    fields([
      "event": "level", "at_ms": "10000", "mic_db": "-32", "speaker_db": "-70", "speech": "80",
      "far": "no",
    ]),
    fields([
      "event": "state", "at_ms": "10250", "state": "listening", "before": "idle",
      "reason": "speech",
    ]),
    fields(["event": "turn", "at_ms": "10250", "turn": "3", "phase": "started", "cause": "speech"]),
    fields([
      "event": "turn", "at_ms": "12500", "turn": "3", "phase": "committed", "reason": "endpoint",
      "audio_ms": "1520",
    ]),
    fields([
      "event": "stats", "at_ms": "13000", "bytes_up": "3100", "bytes_up_continuous": "320000",
    ]),
    fields(["event": "reply", "at_ms": "13010", "reply": "5", "turn": "3", "phase": "first_sound"]),
    fields(["event": "mute", "at_ms": "14000", "reply": "5", "phase": "held", "played_ms": "900"]),
    fields([
      "event": "mute", "at_ms": "14200", "reply": "5", "phase": "confirmed", "played_ms": "900",
    ]),
    fields([
      "event": "link", "at_ms": "15000", "phase": "closed", "reason": "timed out",
      "retry_ms": "2000",
    ]),
    fields(["event": "cue", "at_ms": "15050", "cue": "no-network"]),
    fields(["event": "novelty", "at_ms": "15100", "colour": "blue"]),
  ]

  private static let told = [
    "    0.25  idle -> listening (speech)",
    "    0.25  turn 3: a person speaks (speech)",
    "    2.50  turn 3: complete after 1.5 s (endpoint)",
    "    3.01  answer 5: can be heard",
    "    4.00  answer 5: held, the loudspeaker is silent",
    "    4.20  answer 5: interrupted after 0.9 s",
    "    5.00  link: closed (timed out), next try in 2.0 s",
    "    5.05  cue: no-network",
    "    5.10  novelty colour=blue",
  ]

  /// The daemon says all of it, then Ctrl-C is pressed.
  private func watch(_ arguments: [String], on abilities: Screen.Abilities = Screen.Abilities())
    throws -> (Run, ScriptedDaemon)
  {
    let pressed = try Pressed()
    let daemon = try ScriptedDaemon(
      answer: { _ in
        // Everything is in the socket before the key is, and the socket is looked at first.
        WatchTests.conversation.reduce(fields(["error": "0"]).encode()) { $0 + $1.encode() }
      })
    pressed.wakeup.signal()
    let run = Run(
      ["watch", "--socket", daemon.socket] + arguments, on: abilities, stop: pressed.wakeup.number)
    daemon.end()
    return (run, daemon)
  }

  private final class Pressed {
    let wakeup: Wakeup
    init() throws { wakeup = try Wakeup.open() }
  }

  @Test func elsewhereThanOnATerminalItPrintsPlainLines() throws {
    let (run, daemon) = try watch([])
    #expect(run.code == 0)
    #expect(run.lines == WatchTests.told)
    #expect(daemon.requests == [ControlRequest.watch(levels: false, words: false).fields])
  }

  @Test func levelsAreLinesWhenAskedFor() throws {
    let (run, daemon) = try watch(["--levels", "--words"])
    #expect(
      run.lines.first
        == "    0.00  mic [#####.....] -32 dB  speech  80 %  speaker [..........] -70 dB")
    #expect(daemon.requests == [ControlRequest.watch(levels: true, words: true).fields])
  }

  @Test func onATerminalTheBottomLineIsRedrawnUnderTheEvents() throws {
    let (run, daemon) = try watch([], on: Screen.Abilities(isTerminal: true, columns: 40))
    let erase = "\r\u{1B}[K"
    let meter = "mic [#####.....] -32 dB  speech  80 %  "
    #expect(run.text.hasPrefix("watching auricled; Ctrl-C ends\n\(erase)\(meter)"))
    #expect(run.text.contains("\(erase)\(WatchTests.told[0])\n\(meter)"))
    // Nothing is left of it at the end.
    #expect(run.text.hasSuffix(erase))
    #expect(daemon.requests == [ControlRequest.watch(levels: true, words: false).fields])
  }

  @Test func inJSONEachEventIsALine() throws {
    let (run, _) = try watch(["--json"])
    #expect(run.lines.count == WatchTests.conversation.count)
    for (line, event) in zip(run.lines, WatchTests.conversation) {
      let object = try #require(json(line))
      #expect(object.member("event") == event["event"].map { .text($0) })
      #expect(object.member("at_ms") == event.number("at_ms").map { .integer($0) })
    }
  }

  @Test func theEndOfTheDaemonIsTold() throws {
    let daemon = try ScriptedDaemon(
      fields(["error": "0"]), events: [WatchTests.conversation[1]], hangsUp: true)
    defer { daemon.end() }
    let run = Run(["watch", "--socket", daemon.socket])
    #expect(run.code == 3)
    #expect(run.lines == ["    0.00  idle -> listening (speech)"])
    #expect(run.complaints.first == "auricle: auricled closed the connection")
  }

  @Test(arguments: [
    (fields(["event": "state", "state": "idle", "before": "muted"]), "muted -> idle"),
    (
      fields(["event": "turn", "turn": "1", "phase": "cancelled", "reason": "too short"]),
      "turn 1: dropped (too short)"
    ),
    (fields(["event": "turn", "turn": "1", "phase": "x"]), "turn turn=1 phase=x"),
    (
      fields(["event": "transcript", "turn": "1", "final": "no", "text": "where"]),
      "turn 1: so far \"where\""
    ),
    (
      fields(["event": "transcript", "turn": "1", "final": "yes", "text": "where is"]),
      "turn 1: understood \"where is\""
    ),
    (
      fields(["event": "reply", "reply": "2", "turn": "1", "phase": "started"]),
      "answer 2: begins, to turn 1"
    ),
    (
      fields(["event": "reply", "reply": "2", "turn": "1", "phase": "drained", "played_ms": "3240"]
      ), "answer 2: heard to its end, 3.2 s"
    ),
    (
      fields(["event": "reply", "reply": "2", "turn": "1", "phase": "dropped", "played_ms": "900"]),
      "answer 2: dropped after 0.9 s"
    ),
    (
      fields(["event": "reply", "reply": "2", "phase": "failed", "reason": "agent gone"]),
      "answer 2: failed (agent gone)"
    ),
    (
      fields(["event": "mute", "reply": "2", "phase": "ducked"]),
      "answer 2: quieter, is somebody speaking?"
    ),
    (
      fields(["event": "mute", "reply": "2", "phase": "resumed"]),
      "answer 2: goes on, it was not speech"
    ),
    (fields(["event": "link", "phase": "open"]), "link: connected"),
    (
      fields(["event": "sound", "phase": "failed", "reason": "no card"]), "sound: failed (no card)"
    ),
    (fields(["event": "volume", "volume": "40"]), "volume 40"),
    (
      fields(["event": "microphone", "muted": "yes", "muted_by": "button"]),
      "microphone: muted (button)"
    ),
    (fields(["event": "microphone", "muted": "no", "muted_by": ""]), "microphone: on"),
    (
      fields(["event": "room", "phase": "talker_started", "line": "3", "text": "hello"]),
      "room: the talker speaks \"hello\""
    ),
    (fields(["event": "room", "phase": "script_ended"]), "room: the script is over"),
    (fields(["event": "state", "state": "a\u{1B}[2J", "before": ""]), "a [2J"),
    (fields(["event": "state", "state": "idle", "before": "idle", "reason": "stopped"]), "idle"),
    (fields(["event": "reply", "reply": "2", "phase": "text", "text": "we"]), "answer 2: \"we\""),
    (fields(["event": "link", "phase": "open", "agent": "kiosk"]), "link: connected to kiosk"),
    (
      fields(["event": "link", "phase": "closed", "reason": "tls", "advice": "see ca_file"]),
      "link: closed (tls): see ca_file"
    ),
    (
      fields(["event": "agent", "phase": "refused", "code": "auth", "reason": "who?"]),
      "agent: refused auth (who?)"
    ),
    (fields(["event": "sound", "phase": "opened", "card": "default"]), "sound: opened (default)"),
    (
      fields(["event": "sound", "phase": "opened", "half": "both", "card": "room"]),
      "sound: opened (room)"
    ),
    (
      fields(["event": "sound", "phase": "failed", "half": "loudspeaker", "reason": "gone"]),
      "loudspeaker: failed (gone)"
    ),
    (fields(["event": "sound", "phase": "closed", "half": "microphone"]), "microphone: closed"),
  ])
  func everyEventIsASentence(event: Fields, sentence: String) {
    var output: [UInt8] = []
    let screen = Screen(
      Screen.Abilities(), write: { (bytes) throws(LinuxError) in output += bytes },
      complain: { _ in })
    var page = WatchPage(screen: screen, showsLevels: false)
    page.show(event)
    #expect(String(decoding: output, as: UTF8.self) == "    0.00  \(sentence)\n")
  }

  @Test func wordsNobodyAskedForAreNoNews() {
    var output: [UInt8] = []
    let screen = Screen(
      Screen.Abilities(), write: { (bytes) throws(LinuxError) in output += bytes },
      complain: { _ in })
    var page = WatchPage(screen: screen, showsLevels: false)
    page.show(fields(["event": "reply", "reply": "2", "phase": "text"]))
    #expect(output.isEmpty)
  }

  @Test func anUnknownLevelIsSilenceAndAnAbsurdOneStaysInItsPlace() {
    var meter = Meter()
    meter.show(fields(["event": "level"]))
    #expect(meter.line.hasPrefix("mic [..........] -70 dB  speech   0 %"))
    let absurd = fields([
      "event": "level", "mic_db": "9223372036854775807", "speaker_db": "-9223372036854775808",
      "speech": "900",
    ])
    meter.show(absurd)
    #expect(meter.line.hasPrefix("mic [##########]  99 dB  speech 100 %"))
    let bytes = fields([
      "event": "stats", "bytes_up": "9223372036854775807", "bytes_up_continuous": "1",
    ])
    meter.show(bytes)
    #expect(meter.line.contains("  up 9223372036.8 GB"))
  }
}

extension Meter {
  fileprivate mutating func show(_ event: Fields) { _ = take(event, named: event.event ?? "") }
}
