internal import Linux
internal import Settings

/// Every scene of a folder through the hearing: `--batch FOLDER`. A scene is a folder in it with a
/// `mic.wav`, and a `ref.wav` where there was a loudspeaker.
struct Batch {
  private let folder: String
  /// One folder a scene is made here; without it results lie beside the recordings.
  private let out: String
  private let wantsPlots: Bool
  private let settings: DeviceSettings
  private let configs: [String]

  init(_ options: ProcessOptions, _ settings: DeviceSettings) {
    folder = options.batch
    out = options.clean
    wantsPlots = options.wantsPlots
    self.settings = settings
    configs = options.configs
  }

  /// A scene that cannot be processed is told, and the rest goes on.
  func run() throws(Trouble) {
    let names = try scenes()
    let table = FiguresTable(names: names)
    Output.print(table.heading)
    var total = Figures()
    var failed = 0
    for name in names {
      do throws(Trouble) {
        let figures = try process(name)
        Output.print(table.row(name, figures))
        total.add(figures)
      } catch {
        failed += 1
        Output.complain("auricle process: \(error.sentence)")
      }
    }
    if names.count > 1 { Output.print(table.row("all together", total)) }
    guard failed == 0 else {
      throw Trouble(sentence: "\(failed) of \(names.count) scenes could not be processed")
    }
  }

  private func scenes() throws(Trouble) -> [String] {
    guard Files.isFolder(folder) else { throw Trouble(sentence: "\(folder) is no folder") }
    var scenes: [String] = []
    do throws(LinuxError) {
      for name in try Files.list(folder) where Files.exists("\(folder)/\(name)/mic.wav") {
        scenes.append(name)
      }
    } catch {
      throw Trouble(sentence: error.description)
    }
    guard !scenes.isEmpty else {
      throw Trouble(
        sentence: Files.exists("\(folder)/mic.wav")
          ? "\(folder) is a scene itself; name the folder above it, or use --mic and --ref"
          : "no folder in \(folder) has a mic.wav")
    }
    return scenes
  }

  private func process(_ name: String) throws(Trouble) -> Figures {
    let input = "\(folder)/\(name)"
    let reference = "\(input)/ref.wav"
    var scene = try SceneRun(
      mic: "\(input)/mic.wav", reference: Files.exists(reference) ? reference : "",
      settings: settings)
    let results = out.isEmpty ? input : "\(out)/\(name)"
    do throws(LinuxError) { try Files.makeFolder(results) } catch {
      throw Trouble(sentence: error.description)
    }
    scene.clean = "\(results)/clean.wav"
    scene.events = "\(results)/events.jsonl"
    if wantsPlots { scene.plot = "\(results)/plot.svg" }
    scene.configs = configs
    return try scene.process()
  }
}
