import ControlProtocol
import Testing
import WireProtocols

@testable import Console

@Suite struct StatusTests {
  private let talking = fields([
    "state": "listening", "state_for_ms": "12400", "reason": "person speaks",
    "agent": "wss://agent.example/auricle", "agent_name": "kiosk", "session": "s-17",
    "connected_for_ms": "185000", "turns": "14", "replies": "13", "interrupts": "3",
    "false_interrupts": "1", "muted": "no", "volume": "70", "sound": "alsa default",
    "realtime": "yes", "frames": "100", "underruns": "0", "overruns": "0", "dropped_frames": "0",
    "bytes_up": "31400", "bytes_down": "210000", "bytes_up_continuous": "5920000",
    "reconnects": "0", "version": "0.1.0", "pid": "412", "uptime_ms": "11100000",
    "resident_kib": "9728", "fault": "", "device": "lobby", "error": "0",
  ])

  @Test func oneLookTellsWhatTheDeviceDoes() throws {
    let daemon = try ScriptedDaemon(talking)
    defer { daemon.end() }
    let run = Run(["--socket", daemon.socket])
    #expect(run.code == 0)
    #expect(run.complaints.isEmpty)
    #expect(
      run.lines == [
        "listening for 12 s   (person speaks)",
        "",
        "agent       kiosk at wss://agent.example/auricle   connected 3 min 5 s, session s-17",
        "microphone  on, alsa default",
        "speaker     volume 70",
        "so far      14 turns, 13 answers, 3 interruptions (1 taken back)",
        "link        31 KB up, 210 KB down   (0.5 % of streaming everything up)",
        "daemon      auricled 0.1.0 on lobby, pid 412, up 3 h 5 min, 9.5 MiB",
      ])
    #expect(daemon.requests == [ControlRequest.status.fields])
  }

  @Test func eachSideNamesItsCardItsShapeAndWhyItIsThisOne() throws {
    var answer = talking
    answer.add("microphone", "hw:CARD=Device,DEV=0 (160/640)")
    answer.add("microphone_card", "Speak 510")
    answer.add("microphone_why", "USB speakerphone: hears and speaks over one clock")
    answer.add("loudspeaker", "default (160/640)")
    answer.add("loudspeaker_why", "as it is set")
    let daemon = try ScriptedDaemon(answer)
    defer { daemon.end() }
    let lines = Run(["--socket", daemon.socket]).lines
    #expect(
      lines[3]
        == "microphone  on, Speak 510, hw:CARD=Device,DEV=0 (160/640)   (USB speakerphone: hears and speaks over one clock)"
    )
    #expect(lines[4] == "speaker     volume 70, default (160/640)   (as it is set)")
  }

  @Test func theWayToTheAirAndTheClocksAreShownAsFarAsTheyAreKnown() throws {
    for (facts, line) in [
      (["latency_ms": "12"], "clocks      12 ms to the loudspeaker"),
      (
        ["latency_ms": "12", "drift_ppm": "-37"],
        "clocks      12 ms to the loudspeaker, whose clock is 37 ppm slow"
      ),
      (
        ["latency_ms": "9", "drift_ppm": "100"],
        "clocks      9 ms to the loudspeaker, whose clock is 100 ppm fast"
      ),
      (
        ["latency_ms": "9", "drift_ppm": "0"],
        "clocks      9 ms to the loudspeaker, one clock with the microphone"
      ),
    ] {
      var answer = talking
      for (key, value) in facts { answer.add(key, value) }
      let daemon = try ScriptedDaemon(answer)
      defer { daemon.end() }
      #expect(Run(["--socket", daemon.socket]).lines.contains(line))
    }
  }

  @Test func troubleIsShownWhereItIs() throws {
    let daemon = try ScriptedDaemon(
      fields([
        "state": "fault", "state_for_ms": "800", "reason": "sound failed",
        "agent": "wss://agent.example/auricle", "session": "", "connected_for_ms": "",
        "turns": "1", "replies": "0", "interrupts": "0", "muted": "yes", "volume": "0",
        "realtime": "no", "underruns": "2", "dropped_frames": "1", "fault": "no such card",
        "error": "0",
      ]))
    defer { daemon.end() }
    let run = Run(["status", "--socket", daemon.socket])
    #expect(
      run.lines == [
        "fault for 800 ms   (sound failed)",
        "fault       no such card",
        "",
        "agent       wss://agent.example/auricle   not connected",
        "microphone  closed (muted); auricle mute off opens it",
        "speaker     volume 0",
        "so far      1 turn, 0 answers, 0 interruptions",
        "sound       2 underruns, 1 dropped frame, not real time",
      ])
  }

  @Test(arguments: [
    ("command", "closed (muted by command); auricle mute off opens it"),
    ("switch", "closed (muted by the switch); only the switch opens it"),
  ])
  func aMuteSaysByWhomAndWhatOpensIt(hand: String, line: String) throws {
    let daemon = try ScriptedDaemon(
      fields([
        "state": "muted", "muted": "yes", "muted_by": hand, "volume": "55", "cues": "80",
        "volume_by": "Speaker of hw:1", "buttons": "gpio-keys", "error": "0",
      ]))
    defer { daemon.end() }
    let run = Run(["status", "--socket", daemon.socket])
    #expect(
      run.lines.suffix(3) == [
        "microphone  \(line)", "speaker     volume 55, cues 80   (Speaker of hw:1)",
        "buttons     gpio-keys",
      ])
  }

  @Test func colourIsForTerminalsOnly() throws {
    let daemon = try ScriptedDaemon(talking)
    defer { daemon.end() }
    let colourful = Run(
      ["--socket", daemon.socket],
      on: Screen.Abilities(isTerminal: true, hasColour: true, columns: 80))
    #expect(colourful.lines[0].hasPrefix("\u{1B}[1m\u{1B}[32mlistening"))
    #expect(!Run(["--socket", daemon.socket]).output.contains(0x1B))
  }

  @Test func factsAreJSONWithTheirTypes() throws {
    let daemon = try ScriptedDaemon(talking)
    defer { daemon.end() }
    let run = Run(["status", "--json", "--socket", daemon.socket])
    #expect(run.code == 0)
    let object = try #require(run.object)
    #expect(object.member("state") == .text("listening"))
    #expect(object.member("turns") == .integer(14))
    #expect(object.member("bytes_up_continuous") == .integer(5_920_000))
    #expect(object.member("reconnects") == .integer(0))
    #expect(object.member("frames") == .integer(100))
    #expect(object.member("muted") == .bool(false))
    #expect(object.member("realtime") == .bool(true))
    #expect(object.member("session") == .text("s-17"))
    #expect(object.member("error") == nil)
  }

  @Test func aFigureTheDaemonDoesNotKnowIsLeftOut() throws {
    let daemon = try ScriptedDaemon(
      fields(["state": "offline", "connected_for_ms": "", "session": "12", "error": "0"]))
    defer { daemon.end() }
    let object = try #require(Run(["--json", "--socket", daemon.socket]).object)
    #expect(object.member("connected_for_ms") == nil)
    #expect(object.member("session") == .text("12"))
  }

  @Test func whatAnAgentSendsCannotSteerTheTerminal() throws {
    let daemon = try ScriptedDaemon(
      fields(["state": "idle", "reason": "a\u{1B}[2Jb\nc\u{9B}31m", "error": "0"]))
    defer { daemon.end() }
    let run = Run(["--socket", daemon.socket])
    #expect(run.lines[0].hasPrefix("idle   (a [2Jb c"))
    #expect(!run.output.contains(0x1B) && !run.output.contains(0x9B))
  }
}
