import Linux
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

@Suite struct CueFilesTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// What is heard, and what the log says.
  private func load(_ path: String) -> (sounds: CueSounds, lines: [String]) {
    var lines: [String] = []
    let sounds = CueFiles.load(path) { lines.append("\($0.reason) \($0.advice)") }
    return (sounds, lines)
  }

  private func put(_ cue: Cue, rate: Int = 16_000, channels: Int = 1, samples: Int) throws {
    let sound = WaveSound(
      rate: rate, channels: channels, samples: [Int16](repeating: 5_000, count: samples))
    _ = try folder.file(cue.word + ".wav", WaveFile.encode(sound))
  }

  private let own = CueSounds()

  @Test func withoutAFolderOurOwnSoundsAreHeard() {
    let (sounds, lines) = load("")
    for cue in Cue.allCases { #expect(sounds.sound(of: cue) == own.sound(of: cue)) }
    #expect(lines.isEmpty)
  }

  @Test func aRecordingTakesThePlaceOfOurSoundAndAMissingOneDoesNot() throws {
    try put(.noNetwork, samples: 20_000)
    try put(.problem, samples: 5 * 16_000)
    let (sounds, lines) = load(folder.path)
    #expect(lines.isEmpty)
    #expect(sounds.sound(of: .noNetwork).count == 20_000)
    #expect(sounds.sound(of: .noNetwork)[10_000] == 5_000)
    #expect(sounds.sound(of: .problem).count == 5 * 16_000)
    #expect(sounds.sound(of: .listening) == own.sound(of: .listening))
    #expect(sounds.sound(of: .thinking) == own.sound(of: .thinking))
  }

  @Test func whatCannotBeUsedIsOneLineEachThatSaysWhatToDo() throws {
    try put(.listening, rate: 44_100, samples: 1_000)
    try put(.thinking, channels: 2, samples: 1_000)
    try put(.noNetwork, samples: 5 * 16_000 + 1)
    _ = try folder.file("problem.wav", Array("no sound at all".utf8))
    let (sounds, lines) = load(folder.path)
    for cue in Cue.allCases { #expect(sounds.sound(of: cue) == own.sound(of: cue)) }
    let reasons = ["44100 Hz", "2 channels", "longer than 5 s", "not a WAV file"]
    try #require(lines.count == reasons.count)
    for (number, cue) in Cue.allCases.enumerated() {
      #expect(lines[number].contains("\(folder.path)/\(cue.word).wav"))
      #expect(lines[number].contains(reasons[number]))
      #expect(lines[number].contains("auricle-agent --say"))
    }
  }

  @Test func aFileTooLargeOrNoFileIsALineToo() throws {
    try put(.listening, samples: 600_000)
    try Files.makeFolder(folder.path + "/thinking.wav")
    let lines = load(folder.path).lines
    try #require(lines.count == 2)
    #expect(lines[0].contains("too large"))
    #expect(lines[1].contains("thinking.wav"))
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    let (sounds, lines) = load(folder.path + "/nowhere")
    #expect(lines.count == 1)
    #expect(lines.first?.contains("nowhere") == true)
    #expect(lines.first?.contains("speaker.cues") == true)
    #expect(sounds.sound(of: .problem) == own.sound(of: .problem))
  }
}
