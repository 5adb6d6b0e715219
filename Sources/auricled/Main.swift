internal import Appliance
internal import ControlProtocol
internal import Linux
internal import Settings
internal import SettingsFiles

@main struct Main {
  // Closures written here would belong to the main actor: everything happens in `Daemon`.
  static func main() { Process.exit(Daemon.run(Array(Process.arguments.dropFirst()))) }
}

/// Arguments and settings in, exit code out.
enum Daemon {
  static let usage = """
    usage: auricled [--config FILE]... [--check | --cards | --mixers]

      --config FILE  read this file instead of /etc/auricle/auricle.conf and conf.d;
                     may be given several times, later files win
      --check        read the settings, say what is wrong with them, and end
      --cards        print the sound cards and which would be used, for auricle sound list
      --mixers       print levels and switches of all cards, for auricle support
      --version      print the version
      --help         print this

    exit codes: 0 ended as asked, 1 could not start, 2 wrong use or wrong settings
    """

  static func run(_ arguments: [String]) -> Int32 {
    Process.fillStandardDescriptors()
    var files: [String] = []
    var onlyChecks = false
    var onlyLooks = false
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument.isSame(as: "--config") {
        guard let file = rest.popFirst() else { return wrongUse("--config needs a file") }
        files.append(file)
      } else if argument.isSame(as: "--check") {
        onlyChecks = true
      } else if argument.isSame(as: "--cards") {
        onlyLooks = true
      } else if argument.isSame(as: "--mixers") {
        for line in Appliance.mixers { Output.print(line) }
        return 0
      } else if argument.isSame(as: "--version") {
        Output.print("auricled \(Version.current)")
        return 0
      } else if argument.isSame(as: "--help") || argument.isSame(as: "-h") {
        Output.print(usage)
        return 0
      } else {
        return wrongUse("unknown argument '\(argument)'")
      }
    }
    let loaded: LoadedSettings
    do throws(SettingsError) { loaded = try SettingsFiles.load(files) } catch {
      for line in error.lines { Log.error(line) }
      return 2
    }
    do throws(StartProblem) {
      if onlyLooks {
        Output.print(String(decoding: Appliance.cards(loaded.settings).encode(), as: UTF8.self))
      } else if onlyChecks {
        try Appliance.check(loaded.settings)
        Output.print("settings are good")
      } else {
        try Appliance.run(loaded)
      }
      return 0
    } catch {
      Log.error("auricled: \(error.reason)")
      Log.error("  \(error.advice)")
      return error.isSetting ? 2 : 1
    }
  }

  private static func wrongUse(_ sentence: String) -> Int32 {
    Output.complain("auricled: \(sentence)\n\n\(usage)")
    return 2
  }
}
