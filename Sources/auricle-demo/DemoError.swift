internal import Linux

/// Why the demo could not go on: what failed, where its log is, what to do.
struct DemoError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  init(_ error: LinuxError) { description = error.description }

  /// With the last lines of a log, which mostly hold the reason.
  init(_ sentence: String, log: String) {
    var text = sentence
    // A log that cannot be read only leaves the sentence shorter.
    let lines = ((try? Files.read(log)) ?? []).split(separator: 0x0A).suffix(6)
    if !lines.isEmpty {
      text += "; its log \(log) ends with:"
      for line in lines { text += "\n    " + String(decoding: line.prefix(300), as: UTF8.self) }
    }
    description = text
  }
}

/// Runs what may fail in the system and says it in the demo's words.
func tried<Value: ~Copyable>(_ body: () throws(LinuxError) -> Value) throws(DemoError) -> Value {
  do throws(LinuxError) { return try body() } catch { throw DemoError(error) }
}
