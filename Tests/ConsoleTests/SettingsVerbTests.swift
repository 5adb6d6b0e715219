import ControlProtocol
import Linux
import Settings
import Testing
import WireProtocols

@testable import Console

@Suite struct SettingsVerbTests {
  private let inForce = fields([
    "turn.end_silence": "900 ms", "turn.end_silence.from": "/etc/auricle/auricle.conf:12",
    "turn.longest": "30 s", "turn.longest.from": "default",
    "interrupt.enabled": "no", "interrupt.enabled.from": "default",
    "future.key": "blue", "future.key.from": "default",
    "error": "0",
  ])

  @Test func theDaemonSaysWhatHoldsAndWhy() throws {
    let daemon = try ScriptedDaemon(inForce)
    defer { daemon.end() }
    let run = Run(["settings", "--socket", daemon.socket])
    #expect(run.code == 0)
    #expect(
      run.lines == [
        "in force in the running daemon",
        "",
        "[turn]",
        "end_silence = 900 ms   /etc/auricle/auricle.conf:12",
        "longest     = 30 s     default",
        "",
        "[interrupt]",
        "enabled     = no       default",
        "",
        "[future]",
        "key         = blue     default",
      ])
  }

  @Test func settingsAreJSONWithTheirTypesAndUnits() throws {
    let daemon = try ScriptedDaemon(inForce)
    defer { daemon.end() }
    let object = try #require(Run(["settings", "--json", "--socket", daemon.socket]).object)
    #expect(object.member("source") == .text("daemon"))
    let settings = try #require(object.member("settings"))
    let from = JSONField("from", .text("default"))
    #expect(
      settings.member("turn.end_silence")
        == .object([
          JSONField("value", .integer(900)), JSONField("unit", .text("ms")),
          JSONField("from", .text("/etc/auricle/auricle.conf:12")),
        ]))
    #expect(
      settings.member("turn.longest")
        == .object([JSONField("value", .integer(30_000)), JSONField("unit", .text("ms")), from]))
    #expect(
      settings.member("interrupt.enabled") == .object([JSONField("value", .bool(false)), from]))
    #expect(settings.member("future.key") == .object([JSONField("value", .text("blue")), from]))
  }

  @Test func withoutADaemonTheFilesAreRead() throws {
    let disk = try SettingsFile("[speaker]\nvolume = 33\n[control]\nsocket = @auricle-nobody\n")
    let run = Run(["settings", "--config", disk.path])
    #expect(run.code == 0)
    #expect(run.lines[0] == "no daemon runs (nobody listens at @auricle-nobody):")
    #expect(run.lines[1] == "in the files, for the next start of the daemon")
    #expect(run.lines.contains { $0.hasPrefix("volume") && $0.hasSuffix("\(disk.path):2") })
    let object = Run(["settings", "--json", "--config", disk.path]).object
    #expect(object?.member("source") == .text("files"))
    guard case .object(let settings) = object?.member("settings") else {
      Issue.record("no settings")
      return
    }
    #expect(settings.map { $0.name } == SettingsTable.rows.map { $0.name })
  }

  @Test func theSocketOfTheSettingsIsAsked() throws {
    let daemon = try ScriptedDaemon(fields(["volume": "70", "error": "0"]))
    defer { daemon.end() }
    let disk = try SettingsFile("[control]\nsocket = \(daemon.socket)\n")
    #expect(Run(["volume", "--config", disk.path]).lines == ["volume 70"])
  }

  @Test func badFilesAreToldWithAllTheirFaults() throws {
    let disk = try SettingsFile("[speaker]\nvolume = 130\nbass = 3\n")
    for arguments in [["settings", "--files"], ["settings"], ["status"]] {
      let run = Run(arguments + ["--config", disk.path])
      #expect(run.code == 4)
      #expect(
        run.complaints == [
          "auricle: the settings files have errors",
          "  \(disk.path):2: speaker.volume = 130 is out of range: allowed is 0 to 100",
          "  \(disk.path):3: [speaker] has no key \"bass\": it has volume, remember, mixer, cues or cue_level",
        ])
    }
  }

  @Test func sampleAndReferenceAreTheTables() {
    #expect(Run(["settings", "--sample"]).text == SampleFile.text)
    #expect(Run(["settings", "--reference"]).text == ReferencePage.markdown)
  }
}

/// One settings file, gone with the test.
private final class SettingsFile {
  let path: String

  init(_ text: String) throws {
    let folder = Process.environment("TMPDIR") ?? "/tmp"
    path = "\(folder)/auricle-\(UInt64.random(in: 0 ... .max)).conf"
    try Files.replace(path, with: Array(text.utf8))
  }

  deinit {
    do { try Files.remove(path) } catch { Issue.record("\(error)") }
  }
}
