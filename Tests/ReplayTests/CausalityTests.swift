import Linux
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Replay

/// The contract's word: no look-ahead, no clock, whatever comes in.
@Suite struct CausalityTests {
  let bench: ProcessBench

  init() throws { bench = try ProcessBench() }

  private func pairs() throws -> [(name: String, mic: [Int16], reference: [Int16])] {
    let scene = try Scene(
      seconds: 5, talker: (Voice(seed: 91).speak(seconds: 1.5), at: 2_400),
      reply: (Voice(seed: 92).speak(seconds: 4), at: 300))
    let mic = scene.mic.flatMap(\.all)
    let played = scene.reference.flatMap(\.all)
    var pairs = [(name: "conversation", mic: mic, reference: played)]
    for kind in HostileSound.allCases {
      let hostile = Array((0..<500).flatMap { kind.frame($0).all }.prefix(mic.count))
      pairs.append(("\(kind) heard", hostile, played))
      pairs.append(("\(kind) played", mic, hostile))
    }
    return pairs
  }

  @Test func theFirstPartOfARecordingGivesTheFirstPartOfTheResult() throws {
    for (name, mic, played) in try pairs() {
      #expect(
        bench.run(
          mic: try bench.wave("mic.wav", mic), reference: try bench.wave("ref.wav", played)) == 0)
      let whole = (clean: try bench.clean(), lines: try bench.lines())
      for cut in [mic.count / 2, mic.count / 2 + 77, 32_123] {
        let short = try bench.wave("mic.wav", Array(mic[..<cut]))
        #expect(
          bench.run(mic: short, reference: try bench.wave("ref.wav", Array(played[..<cut]))) == 0)
        // A frame that was filled up is another frame.
        let sure = cut / Frame.sampleCount * Frame.sampleCount
        #expect(try bench.clean()[..<sure] == whole.clean[..<sure], "\(name), \(cut)")
        let known = sure / 16
        func until(_ lines: [Substring]) -> [Substring] {
          lines.filter { number("t_ms", in: $0).map { $0 <= known } ?? false }
        }
        let lines = try bench.lines()
        #expect(until(lines) == until(whole.lines), "\(name), \(cut)")
        #expect(until(lines).count >= sure / Frame.sampleCount)
      }
    }
  }

  @Test func aSecondRunGivesTheSameBytesWhateverComesIn() throws {
    for (name, mic, played) in try pairs() {
      let first = try bench.wave("mic.wav", mic)
      let second = try bench.wave("ref.wav", played)
      let plot = ["--plot", bench.folder.path + "/plot.svg"]
      func results() throws -> [[UInt8]] {
        #expect(bench.run(mic: first, reference: second, plot) == 0)
        return try [bench.outputs[1], bench.outputs[3], plot[1]].map { try Files.read($0) }
      }
      #expect(try results() == results(), "\(name)")
    }
  }

  @Test func everyProbabilityIsBetweenNoughtAndOne() throws {
    for (name, mic, played) in try pairs() {
      #expect(
        bench.run(
          mic: try bench.wave("mic.wav", mic), reference: try bench.wave("ref.wav", played)) == 0)
      let shape =
        /\{"type":"frame","t_ms":\d+,"vad":(0\.\d{3}|1\.000),"state":"(speech|silence)".*\}/
      for line in try bench.lines() where line.hasPrefix("{\"type\":\"frame\"") {
        #expect(line.wholeMatch(of: shape) != nil, "\(name): \(line)")
        #expect(!line.contains("nan") && !line.contains("inf"))
      }
    }
  }

  /// Headers that say anything at all: an answer, and results that fit what was read.
  @Test func aMutatedHeaderGivesAResultOrASentence() throws {
    let seed: UInt64 = 20_261_122
    print("seed \(seed)")
    var dice = SeededRandom(seed: seed)
    let whole = WaveFile.encode(
      WaveSound(rate: 16_000, channels: 1, samples: Voice(seed: 93).speak(seconds: 0.1)))
    var good = 0
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...Int.random(in: 0..<3, using: &dice) {
        bytes[Int.random(in: 0..<WaveFile.headerSize, using: &dice)] =
          [0, 1, 0x7F, 0xFF, .random(in: 0...255, using: &dice)].randomElement(using: &dice)!
      }
      let mic = try bench.folder.file("mic.wav", bytes)
      let words = ["--mic", mic] + bench.outputs
      do throws(Trouble) {
        try ProcessCommand.attempt(words)
        let count = try? Recording.load(mic).samples
        #expect((try? bench.clean().count) == count && count != nil)
        good += 1
      } catch {
        #expect(error.exitCode == 1 && error.sentence.contains(mic))
      }
    }
    #expect((5..<295).contains(good))
  }
}
