internal import Linux
internal import Room
internal import Settings
internal import SettingsFiles
internal import VoiceCore

/// `auricle process`: two recordings in, the recogniser's sound and what was found in it out.
public enum ProcessCommand {
  /// Ten hours of one channel.
  static let largestFile = 1_200 << 20
  static let pieceSize = 1 << 16

  struct Trouble: Error {
    let sentence: String
    var exitCode: Int32 = 1
  }

  private struct Arguments {
    var mic = ""
    var reference = ""
    var clean = ""
    var events = ""
    var configs: [String] = []
  }

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
    try process(try parse(arguments))
  }

  private static func parse(_ words: [String]) throws(Trouble) -> Arguments {
    var arguments = Arguments()
    var rest = words[...]
    while let option = rest.popFirst() {
      guard ["--mic", "--ref", "--out", "--events", "--config"].contains(option) else {
        throw Trouble(
          sentence: "unknown option '\(option)'; see auricle help process", exitCode: 2)
      }
      guard let value = rest.popFirst() else {
        throw Trouble(sentence: "\(option) needs a file", exitCode: 2)
      }
      switch option {
      case "--mic": arguments.mic = value
      case "--ref": arguments.reference = value
      case "--out": arguments.clean = value
      case "--events": arguments.events = value
      default: arguments.configs.append(value)
      }
    }
    for (name, value) in [
      ("--mic", arguments.mic), ("--ref", arguments.reference), ("--out", arguments.clean),
      ("--events", arguments.events),
    ] where value.isEmpty {
      throw Trouble(sentence: "\(name) FILE is missing; see auricle help process", exitCode: 2)
    }
    return arguments
  }

  private static func process(_ arguments: Arguments) throws(Trouble) {
    let settings = try settings(arguments.configs)
    let mic = try load(arguments.mic)
    let reference = try load(arguments.reference)
    guard mic.count == reference.count else {
      throw Trouble(
        sentence:
          "\(arguments.mic) has \(mic.count) samples and \(arguments.reference) has \(reference.count): they must be equally long"
      )
    }
    var replay = Replay(
      gate: SpeechGate.Settings(settings), interrupter: Interrupter.Settings(settings),
      endpointer: Endpointer.Settings(settings))
    do throws(LinuxError) {
      let sound = try Files.create(arguments.clean)
      let events = try Files.create(arguments.events)
      try sound.writeAll(
        WaveFile.header(rate: Frame.sampleRate, channels: 1, frames: mic.count))
      var lines = EventLines()
      var bytes: [UInt8] = []
      var start = 0
      while start < mic.count {
        let count = min(Frame.sampleCount, mic.count - start)
        let step = replay.hear(
          mic: frame(mic, start, count), reference: frame(reference, start, count))
        lines.add(step)
        for index in 0..<count {
          let bits = UInt16(bitPattern: step.clean[index])
          bytes.append(UInt8(truncatingIfNeeded: bits))
          bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
        }
        start += count
        if bytes.count >= pieceSize || start == mic.count {
          try sound.writeAll(bytes, name: arguments.clean)
          try events.writeAll(lines.bytes, name: arguments.events)
          bytes.removeAll(keepingCapacity: true)
          lines.clear()
        }
      }
    } catch {
      throw Trouble(sentence: "\(error.description): is the folder there, and the disk not full?")
    }
  }

  private static func settings(_ files: [String]) throws(Trouble) -> DeviceSettings {
    // Without --config these are the defaults as shipped: a score must not depend on the machine.
    guard !files.isEmpty else { return DeviceSettings() }
    do throws(SettingsError) { return try SettingsFiles.load(files).settings } catch {
      throw Trouble(sentence: error.description, exitCode: 4)
    }
  }

  private static func load(_ path: String) throws(Trouble) -> [Int16] {
    let bytes: [UInt8]
    do throws(LinuxError) { bytes = try Files.read(path, limit: largestFile) } catch {
      throw Trouble(sentence: error.description)
    }
    do throws(WaveError) { return try WaveFile.decode(bytes).mono16kHz() } catch {
      throw Trouble(sentence: "\(path): \(error.description)")
    }
  }

  /// The last frame is filled up with silence.
  private static func frame(_ sound: [Int16], _ start: Int, _ count: Int) -> Frame {
    var frame = Frame()
    for index in 0..<count { frame[index] = sound[start + index] }
    return frame
  }
}
