internal import ControlProtocol
internal import Demo
internal import Linux

/// One demo from the first certificate to the summary.
struct Show: ~Copyable {
  /// Bounds of what the demo waits for, in microseconds. The programs may run under an emulator.
  private static let startPatience: Int64 = 60_000_000
  /// After the script has ended: for the last figures.
  private static let afterEnd: Int64 = 1_500_000
  private static let usualSeconds = 180

  private let options: DemoOptions
  private let stage: Stage
  private let signals: StopSignals
  private let isAtTheCard: Bool
  private let conversation = ScriptedConversation.kiosk
  private var timeline = Timeline()
  private var view: LiveView
  private var wasStopped = false

  /// True when all went well.
  static func run(_ options: DemoOptions) throws(DemoError) -> Bool {
    // Before any child is started, so that from here on Ctrl-C is ours to handle.
    let signals = try tried { () throws(LinuxError) in try StopSignals.open() }
    Process.ignoreBrokenPipes()
    var show = try Show(options, signals: signals)
    return try show.run()
  }

  private init(_ options: DemoOptions, signals: consuming StopSignals) throws(DemoError) {
    // Before minutes are spent on getting ready for them.
    try Program.check(options.daemon, as: "the daemon")
    try Program.check(options.agent, as: "the agent")
    let stage = try Stage(options.out)
    if let report = options.report {
      // Until there is a better one; and a place where none can be written is named at once.
      let none = Report(Figures(of: Timeline()), problems: ["the conversation did not take place"])
      try stage.write(none.json, to: report)
    }
    // A kernel without sound has no such file: no card, then.
    let cards = (try? Files.read("/proc/asound/cards")) ?? []
    let isLive = Output.isTerminal && !options.isOnce
    let hasColour = Process.environment("NO_COLOR") == nil
    self.options = options
    self.stage = stage
    self.signals = signals
    isAtTheCard = options.isAtTheCard(cards: String(decoding: cards, as: UTF8.self))
    view = LiveView(isLive ? .lanes(columns: Output.columns, hasColour: hasColour) : .plain)
  }

  private mutating func run() throws(DemoError) -> Bool {
    let certificates = try Certificates(folder: stage.folder)
    var room: (script: String, recording: String)?
    if !isAtTheCard {
      let script = try stage.prepare(conversation, agent: options.agent)
      room = (script, stage.folder)
    }
    let agent = try Program(
      "the agent",
      [
        options.agent, "--port", "0", "--certificate", certificates.certificate,
        "--key", certificates.key,
      ], log: stage.agentLog)
    let url = try address(of: agent)
    let settings = DemoSettings(
      agentURL: url, authority: certificates.authority, controlSocket: stage.controlSocket,
      room: room)
    try stage.write(settings.text, to: stage.file("auricle.conf"))
    let daemon = try Program(
      "the daemon", options.wrapper + [options.daemon, "--config", stage.file("auricle.conf")],
      log: stage.daemonLog)
    // However it goes: what happened until then is shown and kept.
    var failure: DemoError?
    do throws(DemoError) { try watch(daemon, agent) } catch { failure = error }
    daemon.end()
    agent.end()
    let isGood = try conclude(failure)
    if let failure { throw failure }
    return isGood
  }

  /// Waits until the agent listens, and gives the address at which its certificate is valid.
  private func address(of agent: Program) throws(DemoError) -> String {
    let promise = "listening on "
    let deadline = MonotonicClock.microseconds() + Show.startPatience
    while MonotonicClock.microseconds() < deadline {
      try stopIfAsked()
      if let line = try agent.nextLine(milliseconds: 50) {
        guard line.hasPrefix(promise) else { continue }
        let rest = line.dropFirst(promise.count)
        let port = rest.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
        guard let number = UInt16(port) else {
          throw DemoError("the agent listens at an address without a port: \(rest)")
        }
        return "wss://localhost:\(number)/auricle"
      }
      guard agent.isRunning else {
        throw DemoError("the agent ended with code \(agent.exitCode ?? -1)", log: agent.log)
      }
    }
    throw DemoError("the agent did not say within 60 s that it listens", log: agent.log)
  }

  private mutating func watch(_ daemon: Program, _ agent: Program) throws(DemoError) {
    guard var link = try connect(to: daemon) else { return }
    var isLive = false
    if case .lanes = view.style { isLive = true }
    try link.ask(.watch(levels: isLive, words: true))
    for line in view.heading { Output.print(line) }
    if isAtTheCard { for line in Show.invitation { Output.print(line) } }

    let seconds = options.seconds ?? (isAtTheCard ? 86_400 : Show.usualSeconds)
    let deadline = MonotonicClock.microseconds() + Int64(seconds) * 1_000_000
    var end: Int64?
    while MonotonicClock.microseconds() < min(deadline, end ?? deadline) {
      if signals.next() != nil {
        wasStopped = true
        break
      }
      for block in try link.read(milliseconds: 50) { try take(block) }
      try daemon.drain()
      try agent.drain()
      if let loss = loss(of: [daemon, agent], link.isClosed) {
        // Ctrl-C on a terminal ends the children too, sometimes before we have looked.
        wasStopped = signals.next() != nil
        if wasStopped { break }
        throw loss
      }
      if end == nil, timeline.scriptEnd != nil {
        end = MonotonicClock.microseconds() + Show.afterEnd
      }
    }
    // Events give the figures once a second only. A daemon that Ctrl-C ended too gave its last ones.
    do throws(DemoError) { try takeStatus() } catch { if !wasStopped { throw error } }
  }

  private mutating func takeStatus() throws(DemoError) {
    let status = try ControlLink.ask(.status, at: stage.controlSocket)
    guard let up = status.number("bytes_up"),
      let continuous = status.number("bytes_up_continuous")
    else { return }
    let bytes = Happening.What.bytes(up: Int(clamping: up), continuous: Int(clamping: continuous))
    timeline.add(Happening(at: timeline.end, bytes))
  }

  private func loss(of programs: [Program], _ isLinkClosed: Bool) -> DemoError? {
    for program in programs where !program.isRunning {
      return DemoError(
        "\(program.name) ended with code \(program.exitCode ?? -1) in the middle",
        log: program.log)
    }
    return isLinkClosed ? DemoError("the daemon closed its control socket") : nil
  }

  private mutating func take(_ block: Fields) throws(DemoError) {
    if case .refused(let sentence) = block.outcome {
      throw DemoError("the daemon does not let the demo watch: \(sentence)")
    }
    guard let happening = Happening(block) else { return }
    timeline.add(happening)
    for row in view.rows(for: happening, in: timeline) { Output.print(row) }
  }

  /// The control socket is there a moment after the daemon started. Nil when asked to stop.
  private mutating func connect(to daemon: Program) throws(DemoError) -> ControlLink? {
    let deadline = MonotonicClock.microseconds() + Show.startPatience
    var last = ""
    while MonotonicClock.microseconds() < deadline {
      if signals.next() != nil {
        wasStopped = true
        return nil
      }
      do throws(LinuxError) { return try ControlLink(stage.controlSocket) } catch {
        last = error.description
      }
      try daemon.drain()
      guard daemon.isRunning else {
        throw DemoError("the daemon ended with code \(daemon.exitCode ?? -1)", log: daemon.log)
      }
      MonotonicClock.sleep(untilMicroseconds: MonotonicClock.microseconds() + 5_000)
    }
    throw DemoError(
      "the daemon's control socket did not open within 60 s: \(last)", log: daemon.log)
  }

  private func stopIfAsked() throws(DemoError) {
    if let signal = signals.next() { throw DemoError("stopped by \(signal)") }
  }

  private static let invitation = [
    "Speak when you like: ask for the opening hours, the way to the café, the history of the house.",
    "Speak over an answer to interrupt it. Ctrl-C ends the conversation.", "",
  ]

  /// Writes what the conversation leaves and says how it went. True when it went as scripted.
  private func conclude(_ failure: DemoError?) throws(DemoError) -> Bool {
    let figures = Figures(of: timeline)
    let isScripted = !isAtTheCard && !wasStopped
    var problems = isScripted ? conversation.problems(in: timeline) : []
    if let failure { problems.append(failure.description) }
    let sound = isAtTheCard ? nil : try stage.takeRecording()
    if sound == nil, isScripted, failure == nil {
      problems.append("the daemon left no recording in \(stage.folder)")
    }
    try stage.write(TimelinePicture(timeline, figures, sound: sound).svg, to: stage.picture)
    if let report = options.report {
      try stage.write(Report(figures, problems: problems).json, to: report)
    }

    Output.print("")
    for line in Summary.lines(figures) { Output.print(line) }
    Output.print("")
    if sound != nil {
      Output.print("  \(stage.recording)  left the microphone, right the loudspeaker")
    }
    Output.print("  \(stage.picture)")
    Output.print("  \(stage.daemonLog), \(stage.agentLog)")
    if failure == nil {
      for problem in problems { Output.complain("not as scripted: \(problem)") }
    }
    return problems.isEmpty
  }
}
