import ControlProtocol
import Foundation
import Settings
import Testing

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
    #expect(object["source"] as? String == "daemon")
    let settings = try #require(object["settings"] as? NSDictionary)
    #expect(
      settings["turn.end_silence"] as? NSDictionary
        == ["value": 900, "unit": "ms", "from": "/etc/auricle/auricle.conf:12"])
    #expect(
      settings["turn.longest"] as? NSDictionary == [
        "value": 30_000, "unit": "ms", "from": "default",
      ])
    #expect(settings["interrupt.enabled"] as? NSDictionary == ["value": false, "from": "default"])
    #expect(settings["future.key"] as? NSDictionary == ["value": "blue", "from": "default"])
  }

  @Test func withoutADaemonTheFilesAreRead() throws {
    let disk = try SettingsFile("[speaker]\nvolume = 33\n[control]\nsocket = @auricle-nobody\n")
    let run = Run(["settings", "--config", disk.path])
    #expect(run.code == 0)
    #expect(run.lines[0] == "no daemon runs (nobody listens at @auricle-nobody):")
    #expect(run.lines[1] == "in the files, for the next start of the daemon")
    #expect(run.lines.contains { $0.hasPrefix("volume") && $0.hasSuffix("\(disk.path):2") })
    let object = Run(["settings", "--json", "--config", disk.path]).object
    #expect(object?["source"] as? String == "files")
    #expect((object?["settings"] as? NSDictionary)?.count == SettingsTable.rows.count)
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
          "  \(disk.path):3: [speaker] has no key \"bass\": it has volume",
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
    let file = FileManager.default.temporaryDirectory.appending(
      path: "auricle-\(UUID().uuidString).conf")
    path = file.path()
    try text.write(to: file, atomically: false, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
