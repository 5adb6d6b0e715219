import Linux
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Replay

/// `auricle process` on real files.
@Suite struct ProcessCommandTests {
  let bench: ProcessBench

  init() throws { bench = try ProcessBench() }

  @Test func theSettingsOfTheRecognisersPathAreInForce() throws {
    var dice = SeededRandom(seed: 91)
    var sound = (0..<128_000).map { _ in Int16.random(in: -300...300, using: &dice) }
    let voice = Voice(seed: 92).speak(seconds: 4, decibels: -36)
    for index in voice.indices { sound[64_000 + index] += voice[index] }
    let mic = try bench.wave("mic.wav", sound)
    let silent = try bench.wave("ref.wav", [Int16](repeating: 0, count: sound.count))
    func levels(_ settings: String) throws -> (noise: Double, voice: Double) {
      let file = try bench.folder.file("my.conf", Array("[hearing]\n\(settings)\n".utf8))
      #expect(bench.run(mic: mic, reference: silent, ["--config", file]) == 0)
      let clean = try bench.clean()
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
      bench.run(
        mic: try bench.wave("mic.wav", mic),
        reference: try bench.wave("ref.wav", scene.reference.flatMap(\.all))) == 0)
    let delay = Int(HearingChain<NoHint>.cleanDelay.samples)
    #expect(try bench.clean() == [Int16](repeating: 0, count: delay) + mic.dropLast(delay))
    let lines = try bench.lines()
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
          /\{"type":"frame","t_ms":\d+,"vad":[01]\.\d\d\d,"state":"(speech|silence)","far":false\}/
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
    let mic = try bench.wave("mic.wav", sound)
    #expect(bench.run(mic: mic, reference: try bench.wave("ref.wav", sound.map { -$0 })) == 0)
    #expect(try bench.clean().count == count)
    let frames = try bench.lines().filter { $0.hasPrefix("{\"type\":\"frame\"") }
    #expect(frames.count == (count + 159) / 160)
    #expect(number("t_ms", in: try #require(frames.last)) == frames.count * 10)
  }

  @Test func nothingInIsNothingOut() throws {
    let empty = try bench.wave("empty.wav", [])
    #expect(bench.run(mic: empty, reference: empty) == 0)
    #expect(try bench.clean().isEmpty)
    #expect(try Files.read(bench.folder.path + "/events.jsonl").isEmpty)
  }

  @Test func twoRunsWriteTheSameBytes() throws {
    let mic = try bench.wave("mic.wav", Voice(seed: 83).speak(seconds: 1))
    let reference = try bench.wave("ref.wav", Voice(seed: 84).speak(seconds: 1))
    #expect(bench.run(mic: mic, reference: reference) == 0)
    let first = try [Files.read(bench.outputs[1]), Files.read(bench.outputs[3])]
    #expect(bench.run(mic: mic, reference: reference) == 0)
    #expect(try [Files.read(bench.outputs[1]), Files.read(bench.outputs[3])] == first)
  }

  @Test func aSettingsFileIsHeededAndABadOneIsRefused() throws {
    let mic = try bench.wave("mic.wav", [Int16](repeating: 0, count: 1_600))
    let good = try bench.folder.file("good.conf", Array("[turn]\nend_silence = 300 ms\n".utf8))
    #expect(bench.run(mic: mic, reference: mic, ["--config", good]) == 0)
    let bad = try bench.folder.file("bad.conf", Array("[turn]\nend_silence = never\n".utf8))
    let refused = bench.refusal(of: bench.arguments(mic: mic, reference: mic, ["--config", bad]))
    #expect(refused.code == 4)
    #expect(refused.words.contains("end_silence"))
  }

  // MARK: What is wrong is told in a sentence

  @Test func recordingsOfDifferentLengthAreRefused() throws {
    let mic = try bench.wave("mic.wav", [1, 2, 3])
    let reference = try bench.wave("ref.wav", [1, 2])
    let refused = bench.refusal(of: bench.arguments(mic: mic, reference: reference))
    #expect(refused.code == 1)
    #expect(refused.words.contains("has 3 samples and \(reference) has 2"))
    #expect(!Files.exists(bench.outputs[1]))
  }

  @Test func whatIsNot16kHzMonoIsRefused() throws {
    let good = try bench.wave("good.wav", [1, 2])
    for (name, rate, channels) in [("rate.wav", 48_000, 1), ("stereo.wav", 16_000, 2)] {
      let bad = try bench.wave(name, [1, 2], rate: rate, channels: channels)
      for (mic, reference) in [(bad, good), (good, bad)] {
        let refused = bench.refusal(of: bench.arguments(mic: mic, reference: reference))
        #expect(refused.code == 1)
        #expect(refused.words.hasPrefix("\(bad): "))
        #expect(refused.words.contains("\(rate) Hz with \(channels) channels"))
        #expect(refused.words.contains("needed is 16000 Hz mono"))
        #expect(refused.words.contains("sox '\(bad)' -r 16000 -c 1 -b 16"))
      }
    }
  }

  @Test func whatIsNoWaveFileIsRefused() throws {
    let good = try bench.wave("good.wav", [1, 2])
    for bytes in [[], Array("RIFF".utf8), Array("not a recording at all".utf8)] {
      let bad = try bench.folder.file("bad.wav", bytes)
      let refused = bench.refusal(of: bench.arguments(mic: bad, reference: good))
      #expect(refused.code == 1)
      #expect(refused.words.contains("\(bad): not a WAV file"))
    }
    let missing = bench.folder.path + "/missing.wav"
    let refused = bench.refusal(of: bench.arguments(mic: missing, reference: good))
    #expect(refused.code == 1)
    #expect(refused.words.contains("cannot read \(missing)"))
  }

  @Test func anOutputThatCannotBeWrittenIsTold() throws {
    let mic = try bench.wave("mic.wav", [1, 2, 3])
    let nowhere = bench.folder.path + "/nowhere/clean.wav"
    let refused = bench.refusal(
      of: ["--mic", mic, "--ref", mic, "--out", nowhere, "--events", bench.folder.path + "/e"])
    #expect(refused.code == 1)
    #expect(refused.words.contains("cannot create \(nowhere)"))
  }

  @Test func withoutALoudspeakerItsSilenceIsTaken() throws {
    let mic = try bench.wave("mic.wav", Voice(seed: 85).speak(seconds: 1))
    let silence = try bench.wave("ref.wav", [Int16](repeating: 0, count: 16_000))
    #expect(bench.run(mic: mic, reference: silence) == 0)
    let with = try [bench.clean().count, bench.lines().count]
    let events = try Files.read(bench.outputs[3])
    #expect(ProcessCommand.run(["--mic", mic] + bench.outputs) == 0)
    #expect(try [bench.clean().count, bench.lines().count] == with)
    #expect(try Files.read(bench.outputs[3]) == events)
  }

  @Test func eachOutputIsWrittenOnlyWhenItIsAskedFor() throws {
    let mic = try bench.wave("mic.wav", [1, 2, 3])
    #expect(ProcessCommand.run(["--mic", mic]) == 0)
    #expect(ProcessCommand.run(["--mic", mic] + bench.outputs.prefix(2)) == 0)
    #expect(try Files.list(bench.folder.path) == ["clean.wav", "mic.wav"])
  }

  @Test func anIncompleteCommandLineIsAUsageError() throws {
    for (words, sentence) in [
      ([], "--mic FILE is missing"), (["--ref", "r"], "--mic FILE is missing"),
      (["--mic"], "--mic needs a file"), (["--mic", ""], "--mic needs a file"),
      (["--mice", "m"], "unknown option '--mice'"),
      (["--mic", "m", "--mic", "n"], "--mic is there twice"),
      (["--mic", "m", "--plots"], "--plots goes with --batch"),
      (["--batch"], "--batch needs a folder"),
      (["--batch", "f", "--mic", "m"], "--batch finds its files itself"),
      (["--mic", "m", "--out", "-", "--plot", "-"], "only one output can go to standard output"),
    ] as [([String], String)] {
      let refused = bench.refusal(of: words)
      #expect(refused.code == 2)
      #expect(refused.words.contains(sentence), "\(refused.words)")
    }
  }

  /// Writing over what is read would lose the recording.
  @Test func noFileIsBothReadAndWritten() throws {
    let sound = [Int16](repeating: 5, count: 400)
    let mic = try bench.wave("mic.wav", sound)
    let before = try Files.read(mic)
    let other = bench.folder.path + "/./mic.wav"
    for words in [
      ["--mic", mic, "--out", mic], ["--mic", mic, "--events", other],
      ["--mic", mic, "--plot", other], ["--mic", mic, "--ref", mic, "--out", other],
      // Not there yet: found once the first of them is.
      [
        "--mic", mic, "--out", bench.folder.path + "/new", "--events", bench.folder.path + "/./new",
      ],
    ] {
      let refused = bench.refusal(of: words)
      #expect(refused.code == 2)
      #expect(refused.words.contains("are the same file"))
    }
    #expect(try Files.read(mic) == before)
  }

  @Test func aDiskThatIsFullIsTold() throws {
    let mic = try bench.wave("mic.wav", [Int16](repeating: 9, count: 100_000))
    for option in ["--out", "--events", "--plot"] {
      let refused = bench.refusal(of: ["--mic", mic, option, "/dev/full"])
      #expect(refused.code == 1)
      #expect(refused.words.contains("cannot write to /dev/full: No space left on device"))
    }
  }

  @Test func aFolderIsNoRecording() throws {
    let refused = bench.refusal(of: ["--mic", bench.folder.path])
    #expect(refused.code == 1)
    #expect(refused.words.contains("cannot read \(bench.folder.path): Is a directory"))
  }
}
