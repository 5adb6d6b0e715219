internal import Demo
internal import Linux
internal import Room

/// The folder in which a demo happens: everything it needs is there before it begins, everything it
/// leaves is there afterwards.
struct Stage {
  let folder: String
  let controlSocket: String

  /// The system's limit is 108 bytes with the zero that ends the path.
  private static let longestSocketPath = 100

  init(_ folder: String) throws(DemoError) {
    self.folder = folder
    let socket = folder + "/control.sock"
    controlSocket =
      socket.utf8.count <= Stage.longestSocketPath
      ? socket : "/run/auricle-demo-\(Process.identifier).sock"
    try tried { () throws(LinuxError) in try Files.makeFolder(folder) }
    guard !UnixSocket.isAnswered(controlSocket) else {
      throw DemoError(
        "another demo is running in \(folder) (\(controlSocket) answers): "
          + "end it, or choose another folder with --out")
    }
    // What an earlier demo left must not be taken for this one's.
    for old in [controlSocket, file("room.wav"), recording, picture] {
      try tried { () throws(LinuxError) in try Files.remove(old) }
    }
  }

  var agentLog: String { file("agent.log") }
  var daemonLog: String { file("daemon.log") }
  var recording: String { file("conversation.wav") }
  var picture: String { file("timeline.svg") }

  func file(_ name: String) -> String { folder + "/" + name }

  func write(_ text: String, to path: String) throws(DemoError) {
    try tried { () throws(LinuxError) in try Files.replace(path, with: Array(text.utf8)) }
  }

  /// The visitor's sentences as sound, and the script that says them. Returns the script's path.
  func prepare(_ conversation: ScriptedConversation, agent: String) throws(DemoError) -> String {
    for line in conversation.lines {
      let sound = file(line.file)
      try tried { () throws(LinuxError) in try Files.remove(sound) }
      try Program.run(
        "auricle-agent --say", [agent, "--say", line.words, "--out", sound],
        log: file("say.log"), seconds: 60)
      try check(sound)
    }
    let path = file("visitor.txt")
    try write(conversation.script, to: path)
    return path
  }

  private func check(_ path: String) throws(DemoError) {
    let bytes = try tried { () throws(LinuxError) in try Files.read(path) }
    do throws(WaveError) { _ = try WaveFile.decode(bytes).mono16kHz() } catch {
      throw DemoError("what auricle-agent --say wrote to \(path) cannot be used: \(error)")
    }
  }

  /// What the daemon recorded, under the name that people look for; nil when there is none.
  func takeRecording() throws(DemoError) -> WaveSound? {
    let recorded = file("room.wav")
    guard Files.exists(recorded) else { return nil }
    let bytes = try tried { () throws(LinuxError) in
      // A day of it: more than any script takes.
      let bytes = try Files.read(recorded, limit: 1 << 30)
      try Files.replace(recording, with: bytes)
      try Files.remove(recorded)
      return bytes
    }
    do throws(WaveError) { return try WaveFile.decode(bytes) } catch {
      throw DemoError("the daemon's recording \(recording) cannot be read: \(error)")
    }
  }
}
