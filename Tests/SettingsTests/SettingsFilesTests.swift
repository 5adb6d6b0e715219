import Linux
import Settings
import Testing

@testable import SettingsFiles

@Suite struct SettingsFilesTests {
  @Test func theMainFileThenTheFolderInOrderOfNames() throws {
    let disk = try Disk()
    try disk.write("auricle.conf", "[speaker]\nvolume = 1\n[device]\nname = main\nmodel = main\n")
    try disk.write("conf.d/20-shop.conf", "[speaker]\nvolume = 20\n")
    try disk.write("conf.d/10-site.conf", "[speaker]\nvolume = 10\n[device]\nname = site\n")
    let loaded = try disk.load()
    #expect(loaded.settings.speaker.volume == 20)
    #expect(loaded.settings.device.name == "site")
    #expect(loaded.settings.device.model == "main")
    #expect(loaded.origins.contains(.file(disk.path("conf.d/20-shop.conf"), line: 2)))
  }

  @Test func whatIsNotThereIsNoError() throws {
    let disk = try Disk()
    #expect(try disk.load().settings == DeviceSettings())
  }

  @Test func leftoversOfEditorsAreNotRead() throws {
    let disk = try Disk()
    for name in [".10-site.conf", "10-site.conf~", "10-site.conf.bak", "README", ".conf"] {
      try disk.write("conf.d/\(name)", "nonsense")
    }
    #expect(try disk.load().settings == DeviceSettings())
  }

  @Test func faultsOfAllFilesAreToldAtOnce() throws {
    let disk = try Disk()
    try disk.write("auricle.conf", "[speaker]\nvolume = x\n")
    try disk.write("conf.d/10-site.conf", "[spaeker]\n")
    let error = #expect(throws: SettingsError.self) { try disk.load() }
    #expect(
      error?.problems.map { $0.file }
        == [disk.path("auricle.conf"), disk.path("conf.d/10-site.conf")])
  }

  @Test func aNamedFileMustBeThere() throws {
    let disk = try Disk()
    let missing = disk.path("missing.conf")
    let error = #expect(throws: SettingsError.self) { try SettingsFiles.load([missing]) }
    #expect(error?.lines == ["\(missing): cannot be read: No such file or directory"])
  }

  @Test func namedFilesReplaceTheDevicesOwnAndTheLastWins() throws {
    let disk = try Disk()
    try disk.write("a.conf", "[speaker]\nvolume = 1\n")
    try disk.write("b.conf", "[speaker]\nvolume = 2\n")
    let loaded = try SettingsFiles.load([disk.path("a.conf"), disk.path("b.conf")])
    #expect(loaded.settings.speaker.volume == 2)
  }

  @Test func aFolderInPlaceOfAFileIsSaid() throws {
    let disk = try Disk()
    try disk.write("auricle.conf/inside", "")
    let error = #expect(throws: SettingsError.self) { try disk.load() }
    #expect(error?.lines == ["\(disk.path("auricle.conf")): cannot be read: it is a folder"])
  }

  @Test func aFileThatIsTooBigIsNotRead() throws {
    let disk = try Disk()
    try disk.write("auricle.conf", String(repeating: "#\n", count: 40_000))
    let error = #expect(throws: SettingsError.self) { try disk.load() }
    #expect(
      error?.lines == [
        "\(disk.path("auricle.conf")): is larger than 64 KiB: this is no settings file"
      ])
  }

  @Test func moreFilesThanAnybodyHasAreRefused() throws {
    let disk = try Disk()
    for number in 0...SettingsFiles.mostFiles { try disk.write("conf.d/\(number).conf", "") }
    let error = #expect(throws: SettingsError.self) { try disk.load() }
    #expect(
      error?.lines == ["\(disk.path("conf.d")): holds more than 100 settings files: join some"])
  }
}

/// A folder of its own, gone with the test.
private final class Disk {
  private let root: String

  init() throws {
    let parent = Process.environment("TMPDIR") ?? "/tmp"
    root = "\(parent)/auricle-settings-\(UInt64.random(in: 0 ... .max))"
    try Files.makeFolder(root)
  }

  deinit {
    do {
      var remover = try ChildProcess.start("rm", ["-r", root])
      _ = remover.wait()
    } catch {
      Issue.record("\(root) is left behind: \(error)")
    }
  }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  func write(_ name: String, _ text: String) throws {
    let parts = path(name).split(separator: "/", omittingEmptySubsequences: false)
    try Files.makeFolder(parts.dropLast().joined(separator: "/"))
    try Files.replace(path(name), with: Array(text.utf8))
  }

  func load() throws -> LoadedSettings {
    try SettingsFiles.load(main: path("auricle.conf"), folder: path("conf.d"))
  }
}
