internal import Linux
internal import Room
internal import Settings
internal import VoiceCore

/// One pair of recordings through the hearing, and what is kept of it.
struct SceneRun {
  let mic: Recording
  /// Nil: the loudspeaker was silent.
  let reference: Recording?
  /// Where things go; nowhere when empty.
  var clean = ""
  var events = ""
  var plot = ""
  let settings: DeviceSettings
  var configs: [String] = []

  init(mic: String, reference: String, settings: DeviceSettings) throws(Trouble) {
    self.mic = try Recording.load(mic)
    self.settings = settings
    guard !reference.isEmpty else {
      self.reference = nil
      return
    }
    let other = try Recording.load(reference)
    guard other.samples == self.mic.samples else {
      throw Trouble(
        sentence:
          "\(mic) has \(self.mic.samples) samples and \(reference) has \(other.samples): they must be equally long"
      )
    }
    self.reference = other
  }

  func process() throws(Trouble) -> Figures {
    let outputs = try openOutputs()
    try outputs.clean?.add(
      WaveFile.header(rate: Frame.sampleRate, channels: 1, frames: mic.samples))
    let gate = SpeechGate.Settings(settings)
    var replay = Replay(
      gate: gate, path: RecogniserPath.Settings(settings),
      interrupter: Interrupter.Settings(settings),
      endpointer: Endpointer.Settings(settings))
    var figures = Figures(samples: mic.samples)
    var lines = EventLines()
    var heard = Frame()
    var played = Frame()
    var trace = outputs.plot == nil ? nil : HearingTrace(samples: mic.samples)
    for number in 0..<mic.frames {
      mic.frame(number, into: &heard)
      reference?.frame(number, into: &played)
      let step = replay.hear(mic: heard, reference: played)
      figures.add(step, mic: heard)
      if let events = outputs.events {
        lines.add(step)
        try events.add(lines.bytes)
        lines.clear()
      }
      if let clean = outputs.clean { try clean.add(bytes(of: step.clean, in: number)) }
      trace?.add(step, mic: heard, reference: played)
    }
    if let plot = outputs.plot, let trace {
      try plot.add(
        HearingPicture(
          mic: mic.path, reference: reference?.path, trace: trace, figures: figures,
          thresholds: (on: gate.on, off: gate.off)
        ).svg())
    }
    try outputs.clean?.flush()
    try outputs.events?.flush()
    try outputs.plot?.flush()
    return figures
  }

  /// As WAV has them: every machine we build for stores the lower byte first, too.
  private func bytes(of clean: Frame, in number: Int) -> [UInt8] {
    let count = min(Frame.sampleCount, mic.samples - number * Frame.sampleCount)
    return withUnsafeBytes(of: clean.samples) { Array($0.prefix(2 * count)) }
  }

  /// Creating a file empties it, so each is first looked at: an output that is also read, or written
  /// under another name, would lose a recording.
  private func openOutputs() throws(Trouble)
    -> (clean: OutputFile?, events: OutputFile?, plot: OutputFile?)
  {
    var taken: [(path: String, identity: Files.Identity)] = []
    func keep(_ path: String) {
      if let identity = Files.identity(of: path) { taken.append((path, identity)) }
    }
    func check(_ path: String) throws(Trouble) {
      guard let identity = Files.identity(of: path) else { return }
      for other in taken where other.identity == identity {
        throw Trouble(
          sentence: "\(path) and \(other.path) are the same file: one would overwrite the other",
          exitCode: 2)
      }
    }
    func open(_ path: String) throws(Trouble) -> OutputFile? {
      try check(path)
      let file = try OutputFile.create(path)
      keep(path)
      return file
    }
    keep(mic.path)
    if let reference { keep(reference.path) }
    for config in configs { keep(config) }
    // All of them before the first is emptied.
    try check(clean)
    try check(events)
    try check(plot)
    return (try open(clean), try open(events), try open(plot))
  }
}
