import Glibc
import Testing
import VoiceCore

@Suite struct CueTests {
  private let sounds = CueSounds()

  private func loudest(_ sound: some Collection<Int16>) -> Int {
    sound.reduce(0) { max($0, abs(Int($1))) }
  }

  /// How strong one frequency is in a stretch of sound; full scale is 1.
  private func strength(of frequency: Double, in sound: some Collection<Int16>) -> Double {
    var real = 0.0
    var imaginary = 0.0
    for (index, sample) in sound.enumerated() {
      let angle = 2 * Double.pi * Double(index) / 16_000
      // Soft ends, so that only what is in the stretch is seen and not where it was cut.
      let window = 0.5 - 0.5 * cos(angle * 16_000 / Double(sound.count))
      real += window * Double(sample) * cos(angle * frequency)
      imaginary += window * Double(sample) * sin(angle * frequency)
    }
    return 4 * (real * real + imaginary * imaginary).squareRoot() / Double(sound.count) / 32_768
  }

  /// The strongest frequency between 250 and 1,100 Hz.
  private func pitch(_ sound: some Collection<Int16>) -> Double {
    stride(from: 250.0, through: 1_100, by: 5)
      .max { strength(of: $0, in: sound) < strength(of: $1, in: sound) }!
  }

  private func stretch(of cue: Cue, from start: Int, to end: Int) -> ArraySlice<Int16> {
    sounds.sound(of: cue)[start * 16..<end * 16]
  }

  // MARK: The sounds

  @Test(arguments: Cue.allCases)
  func anEarconIsShortSoftAndWithoutAClick(cue: Cue) {
    let sound = sounds.sound(of: cue)
    #expect(sound == CueSounds().sound(of: cue))
    #expect((120 * 16...450 * 16).contains(sound.count))
    #expect(loudest(sound) < 8_231, "-12 dBFS")
    #expect(loudest(sound) > 2_061, "-24 dBFS")
    #expect(loudest(sound.prefix(4)) < 20 && loudest(sound.suffix(4)) < 20)
    let steps = zip(sound, sound.dropFirst()).map { Int($1) - Int($0) }
    #expect(steps.allSatisfy { abs($0) < 4_500 })
    // A click is in all frequencies; a soft tone is nowhere above its own.
    for start in stride(from: 0, to: sound.count - 320, by: 160) {
      for frequency in stride(from: 4_500.0, through: 7_500, by: 500) {
        let strength = strength(of: frequency, in: sound[start..<start + 320])
        #expect(strength < 0.000_03, "\(frequency) Hz at \(start / 16) ms")
      }
    }
  }

  @Test func listeningRises() {
    let first = pitch(stretch(of: .listening, from: 0, to: 90))
    let second = pitch(stretch(of: .listening, from: 130, to: 270))
    #expect(second > 1.4 * first)
  }

  @Test func thinkingStaysWhereItIsAndIsTheSoftest() {
    let first = pitch(stretch(of: .thinking, from: 0, to: 180))
    let second = pitch(stretch(of: .thinking, from: 220, to: 420))
    #expect(first == second)
    for cue in Cue.allCases where cue != .thinking {
      #expect(loudest(sounds.sound(of: cue)) > 2 * loudest(sounds.sound(of: .thinking)))
    }
  }

  @Test func noNetworkFallsTwice() {
    let first = pitch(stretch(of: .noNetwork, from: 0, to: 110))
    let second = pitch(stretch(of: .noNetwork, from: 140, to: 230))
    let third = pitch(stretch(of: .noNetwork, from: 280, to: 440))
    #expect(first > 1.2 * second && second > 1.2 * third)
  }

  @Test func aProblemFallsAfterAPause() {
    let first = pitch(stretch(of: .problem, from: 0, to: 105))
    let second = pitch(stretch(of: .problem, from: 180, to: 400))
    #expect(first > 1.2 * second)
    #expect(loudest(stretch(of: .problem, from: 110, to: 180)) < 20)
  }

  /// However one is shifted against the other; at a quarter of the rate, where all melodies are.
  @Test func noTwoCuesAreAlike() {
    let heard = Cue.allCases.map { cue in
      let sound = sounds.sound(of: cue).map(Float.init)
      return stride(from: 0, to: sound.count - 3, by: 4).map { sound[$0..<$0 + 4].reduce(0, +) }
    }
    for (number, left) in heard.enumerated() {
      for right in heard[..<number] {
        let power = left.reduce(0) { $0 + $1 * $1 } * right.reduce(0) { $0 + $1 * $1 }
        var most: Float = 0
        for lag in (1 - right.count)..<left.count {
          var sum: Float = 0
          for index in max(0, lag)..<min(left.count, right.count + lag) {
            sum += left[index] * right[index - lag]
          }
          most = max(most, abs(sum))
        }
        #expect(most / power.squareRoot() < 0.4)
      }
    }
  }

  @Test func everyCueIsFoundByItsWordAndNothingElseIs() {
    for cue in Cue.allCases { #expect(Cue.named(cue.word) == cue) }
    for word in ["", "Listening", "no network", "listening "] { #expect(Cue.named(word) == nil) }
    #expect(Cue.list == "listening, thinking, no-network or problem")
  }

  @Test func aRecordingBeginsAndEndsSoftlyAndIsNoLongerThanAllowed() {
    let sounds = CueSounds { cue in
      switch cue {
      case .listening: [Int16](repeating: .min, count: 6 * 16_000)
      case .thinking: []
      case .problem: [7]
      case .noNetwork: nil
      }
    }
    let long = sounds.sound(of: .listening)
    #expect(long.count == 5 * 16_000)
    #expect(long[100..<79_900].allSatisfy { $0 == .min })
    #expect(long.first == 0 && long.last == 0)
    #expect(zip(long, long.dropFirst()).allSatisfy { abs(Int($1) - Int($0)) <= 410 })
    #expect(sounds.sound(of: .thinking).isEmpty)
    #expect(sounds.sound(of: .problem) == [0])
    #expect(sounds.sound(of: .noNetwork) == self.sounds.sound(of: .noNetwork))
  }
}
