import Linux
@testable import Replay
import Room
import TestSupport
import Testing
import VoiceCore

/// `auricle process` on real files.
@Suite struct ProcessCommandTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @discardableResult
  private func wave(_ name: String, _ samples: [Int16], rate: Int = 16_000, channels: Int = 1)
    throws -> String
  {
    try folder.file(
      name, WaveFile.encode(WaveSound(rate: rate, channels: channels, samples: samples)))
  }

  private var outputs: [String] {
    ["--out", folder.path + "/clean.wav", "--events", folder.path + "/events.jsonl"]
  }

  private func arguments(mic: String, reference: String, _ more: [String] = []) -> [String] {
    ["--mic", mic, "--ref", reference] + outputs + more
  }

  private func run(mic: String, reference: String, _ more: [String] = []) -> Int32 {
    ProcessCommand.run(arguments(mic: mic, reference: reference, more))
  }

  private func clean() throws -> [Int16] {
    try WaveFile.decode(Files.read(folder.path + "/clean.wav")).mono16kHz()
  }

  private func lines() throws -> [Substring] {
    String(decoding: try Files.read(folder.path + "/events.jsonl"), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
  }

  private func number(_ name: String, in line: some StringProtocol) -> Int? {
    guard let place = line.firstRange(of: "\"\(name)\":") else { return nil }
    return Int(line[place.upperBound...].prefix { $0.isNumber })
  }

  @Test func theSettingsOfTheRecognisersPathAreInForce() throws {
    var dice = SeededRandom(seed: 91)
    var sound = (0..<128_000).map { _ in Int16.random(in: -300...300, using: &dice) }
    let voice = Voice(seed: 92).speak(seconds: 4, decibels: -36)
    for index in voice.indices { sound[64_000 + index] += voice[index] }
    let mic = try wave("mic.wav", sound)
    let silent = try wave("ref.wav", [Int16](repeating: 0, count: sound.count))
    func levels(_ settings: String) throws -> (noise: Double, voice: Double) {
      let file = try folder.file("my.conf", Array("[hearing]\n\(settings)\n".utf8))
      #expect(run(mic: mic, reference: silent, ["--config", file]) == 0)
      let clean = try clean()
      return (level(of: clean[40_000..<60_000]), level(of: clean[100_000...]))
    }
    let plain = try levels("noise_suppression = off")
    let quieter = try levels("noise_suppression = mild")
    let louder = try levels("level = auto")
    #expect(plain.noise - quieter.noise > 6 && abs(plain.voice - quieter.voice) < 2)
    #expect(louder.voice - plain.voice > 6 && abs(plain.noise - louder.noise) < 0.1)
  }

  @Test func aConversationGivesItsSoundAndItsEvents() throws {
    let scene = try Scene(seconds: 4, talker: (Voice(seed: 81).speak(seconds: 1.5), at: 1_000))
    let mic = scene.mic.flatMap(\.all)
    #expect(
      run(
        mic: try wave("mic.wav", mic),
        reference: try wave("ref.wav", scene.reference.flatMap(\.all))) == 0)
    #expect(try clean() == mic)
    let lines = try lines()
    #expect(lines.last == "")
    var last = 0
    var names: [String] = []
    for line in lines.dropLast() {
      #expect(line.hasPrefix("{\"type\":\"") && line.hasSuffix("}"))
      let moment = try #require(number("t_ms", in: line))
      if line.hasPrefix("{\"type\":\"frame\"") {
        #expect(moment == last + 10)
        last = moment
        let shape =
          /\{"type":"frame","t_ms":\d+,"vad":[01]\.\d\d,"state":"(speech|silence)","far":false\}/
        #expect(line.wholeMatch(of: shape) != nil, "\(line)")
      } else {
        // An event belongs to the frame above it.
        #expect(moment == last)
        let shape =
          /\{"type":"event","t_ms":\d+,"event":"([a-z_]+)"(,"(start|end)_ms":\d+)?\}/
        names.append(String(try #require(line.wholeMatch(of: shape), "\(line)").1))
      }
    }
    #expect(last == 4_000)
    #expect(names.first == "speech_start" && names.last == "endpoint")
  }

  @Test(arguments: [1, 2, 159, 160, 161, 1_601, 8_191, 8_192])
  func theSoundThatComesOutIsAsLongAsWhatWentIn(count: Int) throws {
    let sound = Array(Voice(seed: 82).speak(seconds: 1).prefix(count))
    let mic = try wave("mic.wav", sound)
    #expect(run(mic: mic, reference: try wave("ref.wav", sound.map { -$0 })) == 0)
    #expect(try clean().count == count)
    let frames = try lines().filter { $0.hasPrefix("{\"type\":\"frame\"") }
    #expect(frames.count == (count + 159) / 160)
    #expect(number("t_ms", in: try #require(frames.last)) == frames.count * 10)
  }

  @Test func nothingInIsNothingOut() throws {
    let empty = try wave("empty.wav", [])
    #expect(run(mic: empty, reference: empty) == 0)
    #expect(try clean().isEmpty)
    #expect(try Files.read(folder.path + "/events.jsonl").isEmpty)
  }

  @Test func twoRunsWriteTheSameBytes() throws {
    let mic = try wave("mic.wav", Voice(seed: 83).speak(seconds: 1))
    let reference = try wave("ref.wav", Voice(seed: 84).speak(seconds: 1))
    #expect(run(mic: mic, reference: reference) == 0)
    let first = try [Files.read(outputs[1]), Files.read(outputs[3])]
    #expect(run(mic: mic, reference: reference) == 0)
    #expect(try [Files.read(outputs[1]), Files.read(outputs[3])] == first)
  }

  @Test func aSettingsFileIsHeededAndABadOneIsRefused() throws {
    let mic = try wave("mic.wav", [Int16](repeating: 0, count: 1_600))
    let good = try folder.file("good.conf", Array("[turn]\nend_silence = 300 ms\n".utf8))
    #expect(run(mic: mic, reference: mic, ["--config", good]) == 0)
    let bad = try folder.file("bad.conf", Array("[turn]\nend_silence = never\n".utf8))
    let refused = refusal(of: arguments(mic: mic, reference: mic, ["--config", bad]))
    #expect(refused.code == 4)
    #expect(refused.words.contains("end_silence"))
  }

  // MARK: What is wrong is told in a sentence

  @Test func recordingsOfDifferentLengthAreRefused() throws {
    let mic = try wave("mic.wav", [1, 2, 3])
    let reference = try wave("ref.wav", [1, 2])
    let refused = refusal(of: arguments(mic: mic, reference: reference))
    #expect(refused.code == 1)
    #expect(refused.words.contains("has 3 samples and \(reference) has 2"))
    #expect(!Files.exists(outputs[1]))
  }

  @Test func whatIsNot16kHzMonoIsRefused() throws {
    let good = try wave("good.wav", [1, 2])
    for (name, rate, channels) in [("rate.wav", 48_000, 1), ("stereo.wav", 16_000, 2)] {
      let bad = try wave(name, [1, 2], rate: rate, channels: channels)
      for (mic, reference) in [(bad, good), (good, bad)] {
        let refused = refusal(of: arguments(mic: mic, reference: reference))
        #expect(refused.code == 1)
        #expect(refused.words.hasPrefix("\(bad): "))
        #expect(refused.words.contains("\(rate) Hz with \(channels) channels"))
      }
    }
  }

  @Test func whatIsNoWaveFileIsRefused() throws {
    let good = try wave("good.wav", [1, 2])
    for bytes in [[], Array("RIFF".utf8), Array("not a recording at all".utf8)] {
      let bad = try folder.file("bad.wav", bytes)
      let refused = refusal(of: arguments(mic: bad, reference: good))
      #expect(refused.code == 1)
      #expect(refused.words.contains("\(bad): not a WAV file"))
    }
    let missing = folder.path + "/missing.wav"
    let refused = refusal(of: arguments(mic: missing, reference: good))
    #expect(refused.code == 1)
    #expect(refused.words.contains("cannot read \(missing)"))
  }

  @Test func anOutputThatCannotBeWrittenIsTold() throws {
    let mic = try wave("mic.wav", [1, 2, 3])
    let nowhere = folder.path + "/nowhere/clean.wav"
    let refused = refusal(
      of: ["--mic", mic, "--ref", mic, "--out", nowhere, "--events", folder.path + "/e"])
    #expect(refused.code == 1)
    #expect(refused.words.contains("cannot create \(nowhere)"))
  }

  @Test func anIncompleteCommandLineIsAUsageError() throws {
    let complete = ["--mic", "m", "--ref", "r", "--out", "o", "--events", "e"]
    for left in stride(from: 0, to: complete.count, by: 2) {
      var words = complete
      words.removeSubrange(left..<left + 2)
      let refused = refusal(of: words)
      #expect(refused.code == 2)
      #expect(refused.words.contains("\(complete[left]) FILE is missing"))
    }
    let dangling = refusal(of: ["--mic"])
    #expect(dangling.code == 2)
    #expect(dangling.words.contains("--mic needs a file"))
    let unknown = refusal(of: ["--mice", "m"])
    #expect(unknown.code == 2)
    #expect(unknown.words.contains("unknown option '--mice'"))
  }

  /// What a refused run says, and the code it ends with.
  private func refusal(of arguments: [String]) -> (code: Int32, words: String) {
    let code = ProcessCommand.run(arguments)
    do throws(ProcessCommand.Trouble) { try ProcessCommand.attempt(arguments) } catch {
      #expect(error.exitCode == code)
      return (code, error.sentence)
    }
    return (code, "")
  }
}
