import Linux
import Testing

@testable import Settings

/// The table, the fields and the pages made from them must say the same.
@Suite struct SettingsTableTests {
  @Test(arguments: SettingsTable.rows.indices)
  func everyDefaultReadsBackAsItself(row: Int) throws {
    let setting = SettingsTable.rows[row]
    let value = setting.value(in: DeviceSettings())
    #expect(try setting.kind.parse(bytes(setting.kind.text(value))) == value)
    var settings = DeviceSettings()
    setting.store(value, in: &settings)
    #expect(settings == DeviceSettings())
  }

  @Test(arguments: SettingsTable.rows.indices)
  func everyRowReachesAFieldOfItsOwn(row: Int) throws {
    let setting = SettingsTable.rows[row]
    var settings = DeviceSettings()
    setting.store(otherValue(for: setting), in: &settings)
    for other in SettingsTable.rows.indices {
      let isChanged =
        SettingsTable.rows[other].value(in: settings)
        != SettingsTable.rows[other].value(in: DeviceSettings())
      #expect(isChanged == (other == row))
    }
  }

  @Test(arguments: SettingsTable.rows.indices)
  func bothEndsOfEveryRangeAreKeptAndWhatLiesBeyondIsRefused(row: Int) throws {
    let setting = SettingsTable.rows[row]
    guard case .number(let range, let unit) = setting.kind else { return }
    for end in [range.lowerBound, range.upperBound] {
      var settings = DeviceSettings()
      setting.store(try setting.kind.parse(bytes(unit.text(end))), in: &settings)
      #expect(setting.value(in: settings) == .number(end))
    }
    for beyond in [range.lowerBound - 1, range.upperBound + 1] {
      #expect(throws: ValueFault.outOfRange) { try setting.kind.parse(bytes(unit.text(beyond))) }
    }
  }

  @Test func everyKeyStandsOnceInAKnownSection() {
    let names = SettingsTable.rows.map { $0.name }
    #expect(Set(names).count == names.count)
    for row in SettingsTable.rows {
      #expect(SettingsTable.sections.contains { $0.name == row.section })
      #expect(!row.help.isEmpty && row.help.hasSuffix("."))
    }
    for section in SettingsTable.sections { #expect(!SettingsTable.keys(of: section.name).isEmpty) }
  }

  @Test func everyOrderNamesTwoTimes() {
    for order in SettingsTable.orders {
      for key in [order.shorter, order.longer] {
        #expect(SettingsTable.find(order.section, key) != nil)
      }
    }
  }

  @Test func theSampleFileChangesNothing() throws {
    let loaded = try read(SampleFile.text)
    #expect(loaded.settings == DeviceSettings())
    #expect(loaded.origins.allSatisfy { $0 == .builtIn })
  }

  @Test func theSampleFileWithEveryLineUncommentedIsTheDefaults() throws {
    var lines: [Substring] = []
    for line in SampleFile.text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isSetting = line.hasPrefix("#") && line.dropFirst().first?.isLetter == true
      lines.append(isSetting ? line.dropFirst() : line)
    }
    let loaded = try read(lines.joined(separator: "\n"))
    #expect(loaded.settings == DeviceSettings())
    #expect(!loaded.origins.contains(.builtIn))
  }

  @Test func theSampleFileFitsAConsole() {
    for line in SampleFile.text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test func linesAreBrokenAtBlanks() {
    #expect(Lines.wrapped("one two three", width: 7) == ["one two", "three"])
    #expect(Lines.wrapped("", width: 7) == [])
    #expect(Lines.wrapped("longerthanthat x", width: 3) == ["longerthanthat", "x"])
  }

  /// `auricle settings --reference > docs/SETTINGS.md` mends it.
  @Test func theReferenceInTheRepositoryIsTheTablesOwn() throws {
    #expect(try repositoryFile("docs/SETTINGS.md") == ReferencePage.markdown)
  }

  /// `auricle settings --sample > board/auricle.conf.sample` mends it.
  @Test func theSampleInTheRepositoryIsTheTablesOwn() throws {
    #expect(try repositoryFile("board/auricle.conf.sample") == SampleFile.text)
  }

  private func repositoryFile(_ path: String) throws -> String {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return String(decoding: try Files.read("\(root.joined(separator: "/"))/\(path)"), as: UTF8.self)
  }

  /// Fit, and not the default.
  private func otherValue(for setting: Setting) -> SettingValue {
    switch (setting.kind, setting.value(in: DeviceSettings())) {
    case (.number(let range, _), let value):
      value == .number(range.lowerBound) ? .number(range.upperBound) : .number(range.lowerBound)
    case (.numbers(let numbers, _), let value):
      value == .number(numbers[0]) ? .number(numbers[1]) : .number(numbers[0])
    case (_, .flag(let isOn)): .flag(!isOn)
    case (_, .word(let place)): .word(place == 0 ? 1 : 0)
    case (_, .text(let text)): .text(text + "x")
    case (_, .number): .number(0)
    }
  }
}

func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

/// What a device whose only file holds this runs with.
func read(_ text: String) throws -> LoadedSettings {
  var reader = SettingsReader()
  reader.read(Array(text.utf8), file: "a.conf")
  return try reader.finish()
}
