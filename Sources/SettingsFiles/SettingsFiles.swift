internal import Linux
public import Settings

/// Gets the settings from the disk.
public enum SettingsFiles {
  public static let mainFile = "/etc/auricle/auricle.conf"
  public static let folder = "/etc/auricle/conf.d"
  /// Nobody reads more files than this either.
  public static let mostFiles = 100

  /// Later files win. Files named here must exist; without any, the device's own are read, which
  /// may be missing.
  public static func load(_ files: [String] = []) throws(SettingsError) -> LoadedSettings {
    try files.isEmpty ? load(main: mainFile, folder: folder) : load(exactly: files)
  }

  static func load(exactly files: [String]) throws(SettingsError) -> LoadedSettings {
    var reader = SettingsReader()
    for file in files.prefix(mostFiles) { read(file, mustExist: true, into: &reader) }
    if files.count > mostFiles { reader.report(.tooManyFiles(limit: mostFiles), in: "--config") }
    return try reader.finish()
  }

  static func load(main: String, folder: String) throws(SettingsError) -> LoadedSettings {
    var reader = SettingsReader()
    read(main, mustExist: false, into: &reader)
    do throws(LinuxError) {
      let names = try Files.list(folder).filter { isSettingsFile($0) }
      for name in names.prefix(mostFiles) {
        read("\(folder)/\(name)", mustExist: true, into: &reader)
      }
      if names.count > mostFiles { reader.report(.tooManyFiles(limit: mostFiles), in: folder) }
    } catch {
      reader.report(.unreadable(reason: error.reason), in: folder)
    }
    return try reader.finish()
  }

  /// Editors leave others behind: hidden ones, `.conf~`, `.conf.bak`.
  private static func isSettingsFile(_ name: String) -> Bool {
    name.utf8.first != UInt8(ascii: ".") && name.utf8.suffix(5).elementsEqual(".conf".utf8)
  }

  private static func read(_ path: String, mustExist: Bool, into reader: inout SettingsReader) {
    guard !Files.isFolder(path) else {
      return reader.report(.unreadable(reason: "it is a folder"), in: path)
    }
    do throws(LinuxError) {
      reader.read(try Files.read(path, limit: SettingsReader.largestFile), file: path)
    } catch {
      if error.isNotFound && !mustExist { return }
      if error.isTooBig {
        reader.report(.tooBig(limit: SettingsReader.largestFile), in: path)
      } else {
        reader.report(.unreadable(reason: error.reason), in: path)
      }
    }
  }
}
