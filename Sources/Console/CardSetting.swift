internal import ControlProtocol
internal import Linux
internal import Settings
internal import SettingsFiles
internal import SoundCards

/// Writes a choice of cards into a settings file, and leaves what else stands there.
struct CardSetting {
  static let heading = "Written by auricle sound use; other lines stay as they are."

  let file: String
  /// Those of the command line; empty for the device's own.
  let configs: [String]

  init(configs: [String]) {
    self.configs = configs
    file = configs.last ?? SoundTask.file
  }

  /// Lines to tell: what overrules it, if anything does.
  func write(_ selection: CardSelection) throws(Failure) -> [String] {
    let before: [UInt8]
    do throws(LinuxError) {
      before = try Files.read(file, limit: SettingsReader.largestFile)
    } catch {
      guard error.isNotFound else { throw .notWritten(error) }
      return try write(selection, over: [])
    }
    return try write(selection, over: before)
  }

  private func write(_ selection: CardSelection, over before: [UInt8]) throws(Failure) -> [String] {
    let changes = selection.changes.map {
      SettingsEditor.Change("alsa", $0.side.word, $0.wish.text)
    }
    let after = SettingsEditor.apply(changes, to: before, heading: CardSetting.heading)
    // Nothing is written that the daemon would not start with.
    var reader = SettingsReader()
    reader.read(after, file: file)
    do throws(SettingsError) { _ = try reader.finish() } catch { throw .badSettings(error) }
    do throws(LinuxError) {
      if configs.isEmpty { try Files.makeFolder(SettingsFiles.folder) }
      try Files.replace(file, with: after)
    } catch {
      throw .notWritten(error)
    }
    return try overruling(selection)
  }

  /// Files that are read later win.
  private func overruling(_ selection: CardSelection) throws(Failure) -> [String] {
    let loaded: LoadedSettings
    do throws(SettingsError) { loaded = try SettingsFiles.load(configs) } catch {
      throw .badSettings(error)
    }
    var lines: [String] = []
    for (side, wish) in selection.changes {
      guard let row = SettingsTable.find("alsa", side.word),
        !SettingsTable.rows[row].text(in: loaded.settings).isSame(as: wish.text)
      else { continue }
      lines.append(
        "but \(loaded.origins[row].description) sets alsa.\(side.word) too, and is read later: remove that line"
      )
    }
    return lines
  }
}
