import Glibc
import Testing
import VoiceCore

@testable import ESpeak

@Suite(.serialized) struct SynthesizerTests {
  private func say(_ text: String, voice: String = "en-us", rate: Int = 170) throws -> (
    sound: [Int16], marks: [Synthesizer.Mark]
  ) {
    let synthesizer = try Synthesizer(voice: voice, wordsPerMinute: rate)
    var sound: [Int16] = []
    var marks: [Synthesizer.Mark] = []
    try synthesizer.say(text) { piece in
      switch piece {
      case .sound(let more): sound += more
      case .word(let mark): marks.append(mark)
      }
      return true
    }
    return (sound, marks)
  }

  @Test func aSentenceSoundsAndEveryWordHasItsPlace() throws {
    let said = try say("The ships are here.")
    #expect(said.sound.count > 12_000 && said.sound.count < 48_000)
    #expect(said.sound.contains { abs(Int($0)) > 3_000 })
    #expect(said.marks.map { $0.character } == [0, 4, 10, 14])
    #expect(zip(said.marks, said.marks.dropFirst()).allSatisfy { $0.at < $1.at })
    #expect(said.marks.allSatisfy { $0.at.samples < Int64(said.sound.count) })
  }

  @Test func placesCountCharactersNotBytes() throws {
    let places = try say("Café Übersee opens.").marks.map { $0.character }
    #expect(places == [0, 5, 13])
  }

  @Test func aFasterVoiceTakesLessTime() throws {
    let slow = try say("where can I leave my coat", rate: 120).sound.count
    let fast = try say("where can I leave my coat", rate: 220).sound.count
    #expect(Double(fast) < 0.8 * Double(slow))
  }

  @Test func voicesAndTheirVariantsDiffer() throws {
    let voices = ["en-us", "en-us+f2", "en-gb", "en-gb+f2"]
    let sounds = try voices.map { try say("hello there", voice: $0).sound }
    #expect(Set(sounds).count == voices.count)
  }

  @Test(arguments: ["nobody", "en-us+nobody", "en-us+../x", ""])
  func anUnknownVoiceIsAnErrorWithItsName(voice: String) {
    #expect(throws: SynthesizerError.unknownVoice(voice)) {
      _ = try Synthesizer(voice: voice, wordsPerMinute: 170)
    }
  }

  @Test func soundComesWhileItIsMade() throws {
    let synthesizer = try Synthesizer(voice: "en-us", wordsPerMinute: 170)
    var pieces = 0
    try synthesizer.say("It comes in many small pieces, long before the sentence is over.") {
      piece in
      if case .sound(let sound) = piece {
        pieces += 1
        #expect(sound.count <= 1_600)
      }
      return true
    }
    #expect(pieces > 20)
  }

  @Test func aVoiceThatIsToldToStopStops() throws {
    let synthesizer = try Synthesizer(voice: "en-us", wordsPerMinute: 170)
    var pieces = 0
    try synthesizer.say("It would go on and on, and on and on, and on and on.") { _ in
      pieces += 1
      return pieces < 3
    }
    #expect(pieces == 3)
  }

  @Test func nothingOfAStoppedSentenceIsHeardInTheNext() throws {
    let fresh = try say("Here I am.")
    let synthesizer = try Synthesizer(voice: "en-us", wordsPerMinute: 170)
    for pieces in [1, 2, 5, 20, 60] {
      var left = pieces
      try synthesizer.say("One, two, three, four, five. Six, seven, eight, nine, ten.") { _ in
        left -= 1
        return left > 0
      }
      let next = try say("Here I am.")
      // The library is one for all tests that run beside this one, and its wobble goes on from where
      // they left it: up to 50 ms more or less. The shortest word left over would be 250.
      #expect(abs(next.sound.count - fresh.sound.count) < 2_400, "after \(pieces)")
      #expect(next.marks == fresh.marks, "after \(pieces)")
    }
  }

  @Test func textOfAnyKindDoesNoHarm() throws {
    for text in ["", " ", "\u{0}", "<speak>", "[[h@loU]]", "…", "🚢", "\n\n", "a\u{301}"] {
      _ = try say(text)
    }
  }
}

@Suite struct ResamplerTests {
  /// A tone of `hertz` at 22.05 kHz and half of full scale.
  private func tone(_ hertz: Double, count: Int) -> [Int16] {
    (0..<count).map { Int16(16_000 * sin(2 * Double.pi * hertz * Double($0) / 22_050)) }
  }

  private func power(_ sound: some Collection<Int16>) -> Double {
    sound.reduce(0) { $0 + Double($1) * Double($1) } / Double(sound.count)
  }

  private func convert(_ sound: [Int16], pieces: Int) -> [Int16] {
    var resampler = Resampler(from: 22_050, to: 16_000)
    var output: [Int16] = []
    var start = 0
    while start < sound.count {
      let end = min(sound.count, start + pieces)
      output += sound[start..<end].withUnsafeBufferPointer { resampler.process($0) }
      start = end
    }
    return output + resampler.finish()
  }

  @Test func theLengthIsKept() {
    let output = convert([Int16](repeating: 0, count: 22_050), pieces: 1_000)
    #expect(abs(output.count - 16_000) <= 1)
  }

  @Test func aToneInTheVoiceKeepsItsLevel() {
    for hertz in [100.0, 1_000, 5_000] {
      let input = tone(hertz, count: 22_050)
      let ratio = power(convert(input, pieces: 882)[500..<15_500]) / power(input)
      #expect(ratio > 0.95 && ratio < 1.05, "\(hertz) Hz: \(ratio)")
    }
  }

  /// Above 8 kHz nothing may fold back into the voice.
  @Test func whatDoesNotFitIsGone() {
    let input = tone(9_000, count: 22_050)
    #expect(power(convert(input, pieces: 882)[500..<15_500]) < power(input) / 100_000)
  }

  @Test func piecesOfAnySizeGiveTheSameSound() {
    let input = tone(440, count: 5_000)
    let whole = convert(input, pieces: 5_000)
    for pieces in [1, 7, 441, 882] { #expect(convert(input, pieces: pieces) == whole) }
  }
}
