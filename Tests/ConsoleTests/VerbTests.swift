import ControlProtocol
import Linux
import Testing
import WireProtocols

@testable import Console

@Suite struct VerbTests {
  @Test(
    arguments: [
      (["listen"], ControlRequest.listen, [:], "listening"),
      (["stop"], .stop, [:], "stopped"),
      (["mute", "on"], .mute(true), ["muted": "yes"], "muted: nothing is heard"),
      (["mute", "off"], .mute(false), ["muted": "no"], "the microphone is on"),
      (["mute"], .mute(nil), ["muted": "yes"], "muted: nothing is heard"),
      (
        ["mute"], .mute(nil), ["muted": "yes", "muted_by": "switch"],
        "muted (by switch): nothing is heard"
      ),
      (["volume", "40"], .volume(VolumeWish(volume: 40)), ["volume": "40"], "volume 40"),
      (
        ["volume"], .volume(VolumeWish()),
        ["volume": "70", "cues": "80", "volume_by": "Speaker of hw:1"],
        "volume 70, cues 80   (Speaker of hw:1)"
      ),
      (["cue", "no-network"], .cue("no-network"), [:], "cue no-network"),
    ] as [([String], ControlRequest, KeyValuePairs<String, String>, String)])
  func aVerbAsksForWhatItSaysAndTellsTheOutcome(
    arguments: [String], request: ControlRequest, reply: KeyValuePairs<String, String>,
    line: String
  ) throws {
    var answer = fields(reply)
    answer.succeed()
    let daemon = try ScriptedDaemon(answer)
    defer { daemon.end() }
    let run = Run(arguments + ["--socket", daemon.socket])
    #expect(run.code == 0)
    #expect(run.lines == [line])
    #expect(daemon.requests == [request.fields])
    #expect(Run(arguments + ["--json", "--socket", daemon.socket]).object != nil)
  }

  @Test func aRefusalIsPassedOn() throws {
    let daemon = try ScriptedDaemon(Fields.failure("the microphone is muted"))
    defer { daemon.end() }
    let run = Run(["listen", "--socket", daemon.socket])
    #expect(run.code == 1)
    #expect(run.output.isEmpty)
    #expect(run.complaints == ["auricle: the microphone is muted"])
    let object = Run(["listen", "--json", "--socket", daemon.socket]).object
    #expect(object == .object([JSONField("error", .text("the microphone is muted"))]))
  }

  @Test func withoutADaemonItSaysHowToStartOne() {
    let run = Run(["listen", "--socket", "@auricle-nobody"])
    #expect(run.code == 3)
    #expect(
      run.complaints == [
        "auricle: auricled is not running: nobody listens at @auricle-nobody",
        "  start it          systemctl start auricled",
        "  why it stopped    journalctl -u auricled -n 30",
        "  check settings    auricle settings --files",
      ])
  }

  @Test func aSocketThatIsNotOursToUseNamesWhoMay() {
    let closed = Failure.notPermitted(socket: "s", group: "")
    #expect(closed.exitCode == .unreachable)
    #expect(closed.sentence == "you may not use s")
    #expect(closed.advice[0] == "root may: sudo auricle ...")
    #expect(
      Failure.notPermitted(socket: "s", group: "staff").advice
        == ["root may (sudo auricle ...), and members of the group staff"])
  }

  @Test func aDaemonThatHangsUpIsNoAnswer() throws {
    let daemon = try ScriptedDaemon(answer: { _ in nil })
    defer { daemon.end() }
    let run = Run(["--socket", daemon.socket])
    #expect(run.code == 3)
    #expect(run.complaints.first == "auricle: auricled closed the connection")
  }

  @Test func aDaemonThatIsSilentIsNotWaitedForForEver() throws {
    let daemon = try ScriptedDaemon(answer: { _ in [] })
    defer { daemon.end() }
    let run = Run(["--socket", daemon.socket], patience: 50)
    #expect(run.code == 3)
    #expect(run.complaints.first == "auricle: auricled does not answer: waited 50 ms")
  }

  @Test(arguments: [
    "HTTP/1.1 400 Bad Request\r\n\r\n\n\n", "a=1\na=2\n\n",
    String(repeating: "x", count: 70_000),
  ])
  func whatIsNoAnswerIsRefused(bytes: String) throws {
    let daemon = try ScriptedDaemon(answer: { _ in Array(bytes.utf8) })
    defer { daemon.end() }
    let run = Run(["--socket", daemon.socket])
    #expect(run.code == 3)
    #expect(
      run.complaints.first?.hasPrefix("auricle: auricled answered what is no answer: ") == true)
  }

  @Test func versionsOfBothAreTold() throws {
    let daemon = try ScriptedDaemon(fields(["version": "9.9", "error": "0"]))
    defer { daemon.end() }
    #expect(
      Run(["version", "--socket", daemon.socket]).lines
        == ["auricle \(Version.current)", "auricled 9.9"])
    #expect(
      Run(["version", "--json", "--socket", daemon.socket]).object
        == .object([
          JSONField("auricle", .text(Version.current)), JSONField("auricled", .text("9.9")),
        ]))
    let alone = Run(["version", "--socket", "@auricle-nobody"])
    #expect(alone.code == 0)
    #expect(alone.lines[1] == "auricled is not running: nobody listens at @auricle-nobody")
  }

  @Test func processGetsItsOwnArgumentsAndItsOwnExitCode() {
    #expect(Run(["process", "--mic", "a", "--ref", "b"]).code == 44)
  }

  @Test func aFullDiskIsNoSuccess() throws {
    let run = Run(["help"], diskHolds: 100)
    #expect(run.code == 1)
    #expect(
      run.complaints == ["auricle: the output could not be written: No space left on device"])
  }

  @Test func helpCoversEveryVerbAndFitsAConsole() {
    let overview = Run(["help"])
    for verb in Verb.allCases { #expect(overview.text.contains("\n  \(verb.name)")) }
    for verb in Verb.allCases {
      let page = Run(["help", verb.name])
      #expect(page.code == 0)
      for option in verb.options { #expect(page.text.contains("\n  \(option.usage)")) }
      for line in page.lines + overview.lines { #expect(line.utf8.count <= 100, "\(line)") }
    }
  }

  @Test func manualPagesAreThereAndEscaped() {
    for page in ManualPage.allCases {
      let run = Run(["help", "--man", page.name])
      #expect(run.code == 0)
      #expect(run.lines.first?.hasPrefix(".TH \(page.name) ") == true)
      let requests = [".TH", ".SH", ".PP", ".TP", ".B ", ".IP", ".br", ".nh", ".ad"]
      for line in run.lines where line.hasPrefix(".") || line.hasPrefix("'") {
        #expect(requests.contains { line.hasPrefix($0) }, "\(line)")
      }
    }
    let unknown = Run(["help", "--man", "ls"])
    #expect(unknown.code == 2)
    #expect(
      unknown.complaints[0]
        == "auricle: there is no manual page \"ls\": there are auricle, auricled or auricle.conf")
  }
}
