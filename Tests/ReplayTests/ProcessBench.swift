import Linux
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Replay

/// A folder with recordings, and `auricle process` over them.
struct ProcessBench {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @discardableResult
  func wave(_ name: String, _ samples: [Int16], rate: Int = 16_000, channels: Int = 1)
    throws -> String
  {
    try folder.file(
      name, WaveFile.encode(WaveSound(rate: rate, channels: channels, samples: samples)))
  }

  var outputs: [String] {
    ["--out", folder.path + "/clean.wav", "--events", folder.path + "/events.jsonl"]
  }

  func arguments(mic: String, reference: String, _ more: [String] = []) -> [String] {
    ["--mic", mic, "--ref", reference] + outputs + more
  }

  func run(mic: String, reference: String, _ more: [String] = []) -> Int32 {
    ProcessCommand.run(arguments(mic: mic, reference: reference, more))
  }

  func clean() throws -> [Int16] {
    try WaveFile.decode(Files.read(folder.path + "/clean.wav")).mono16kHz()
  }

  func lines() throws -> [Substring] {
    String(decoding: try Files.read(folder.path + "/events.jsonl"), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
  }

  /// What a refused run says, and the code it ends with.
  func refusal(of arguments: [String]) -> (code: Int32, words: String) {
    let code = ProcessCommand.run(arguments)
    do throws(Trouble) { try ProcessCommand.attempt(arguments) } catch {
      #expect(error.exitCode == code)
      return (code, error.sentence)
    }
    return (code, "")
  }
}

/// A number of a line of JSON.
func number(_ name: String, in line: some StringProtocol) -> Int? {
  guard let place = line.firstRange(of: "\"\(name)\":") else { return nil }
  return Int(line[place.upperBound...].prefix { $0.isNumber })
}
