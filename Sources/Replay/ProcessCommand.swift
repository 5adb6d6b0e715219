internal import Linux
internal import Settings
internal import SettingsFiles

/// `auricle process`: recordings in, the recogniser's sound and what was found in it out.
public enum ProcessCommand {
  public static func run(_ arguments: [String]) -> Int32 {
    do throws(Trouble) {
      try attempt(arguments)
      return 0
    } catch {
      Output.complain("auricle process: \(error.sentence)")
      return error.exitCode
    }
  }

  static func attempt(_ arguments: [String]) throws(Trouble) {
    let options = try ProcessOptions.parse(arguments)
    let settings = try settings(options.configs)
    guard options.batch.isEmpty else {
      return try Batch(options, settings).run()
    }
    var scene = try SceneRun(
      mic: options.mic, reference: options.reference, settings: settings)
    scene.clean = options.clean
    scene.events = options.events
    scene.plot = options.plot
    scene.configs = options.configs
    let figures = try scene.process()
    guard options.wantsFigures else { return }
    let table = FiguresTable(names: [options.mic])
    Output.print(table.heading)
    Output.print(table.row(options.mic, figures))
  }

  private static func settings(_ files: [String]) throws(Trouble) -> DeviceSettings {
    // Without --config these are the defaults as shipped: a score must not depend on the machine.
    guard !files.isEmpty else { return DeviceSettings() }
    do throws(SettingsError) { return try SettingsFiles.load(files).settings } catch {
      throw Trouble(sentence: error.description, exitCode: 4)
    }
  }
}
