import TestSupport
import Testing

@testable import VoiceCore

@Suite struct MicrophoneHealthTests {
  /// Feeds a microphone second by second, and writes down what is said of it and when.
  private struct Patient {
    var health = MicrophoneHealth()
    var time = SampleTime.start
    var changes: [(second: Int, change: MicrophoneHealth.Change)] = []
    var dice = SeededRandom(seed: 7)

    mutating func give(
      seconds: Int, _ sample: (inout SeededRandom, Int) -> Int16
    ) {
      for _ in 0..<(seconds * 100) {
        var frame = Frame()
        for index in 0..<Frame.sampleCount { frame[index] = sample(&dice, index) }
        time = time + Frame.span
        if let change = health.hear(MicrophoneShape(of: frame), at: time) {
          changes.append((Int(time.milliseconds / 1_000), change))
        }
      }
    }

    /// The least that a converter ever gives: its last bit, now and then.
    mutating func quietRoom(seconds: Int) {
      give(seconds: seconds) { dice, _ in Int16(dice.next() % 3) - 1 }
    }
    mutating func same(_ sample: Int16, seconds: Int) { give(seconds: seconds) { _, _ in sample } }
  }

  @Test func theShapeOfAFrameIsWhatIsInIt() {
    var frame = Frame { Int16($0) - 80 }
    #expect(MicrophoneShape(of: frame) == MicrophoneShape(lowest: -80, highest: 79, clipped: 0))
    for index in stride(from: 1, to: 160, by: 2) { frame[index] = index % 4 == 1 ? .max : .min }
    #expect(
      MicrophoneShape(of: frame) == MicrophoneShape(lowest: .min, highest: .max, clipped: 80))
    #expect(MicrophoneShape(of: Frame(repeating: -7)).lowest == -7)
    #expect(MicrophoneShape(of: Frame(repeating: .max)).clipped == 160)
  }

  @Test func aQuietRoomIsNoSilentMicrophone() {
    var patient = Patient()
    patient.quietRoom(seconds: 600)
    #expect(patient.changes.isEmpty)
  }

  @Test func nothingButZerosIsASilentOneUntilItLives() {
    var patient = Patient()
    patient.quietRoom(seconds: 5)
    patient.same(0, seconds: 62)
    patient.quietRoom(seconds: 1)
    #expect(patient.changes.map(\.second) == [65, 67])
    #expect(patient.changes.map(\.change) == [.fellIll(.silent), .recovered])
  }

  @Test func theSameSampleForEverIsAStuckOne() {
    var patient = Patient()
    patient.same(-812, seconds: 30)
    #expect(patient.changes.map(\.change) == [.fellIll(.stuck)])
  }

  @Test func aVoltageWithoutSoundIsNamedAndWithSoundIsNot() {
    var patient = Patient()
    patient.give(seconds: 20) { dice, _ in 9_000 + Int16(dice.next() % 2) }
    #expect(patient.changes.map(\.change) == [.fellIll(.voltage)])
    var hearing = Patient()
    hearing.give(seconds: 60) { dice, _ in 9_000 + Int16(dice.next() % 40) }
    #expect(hearing.changes.isEmpty)
  }

  /// Some give zeros whenever nobody speaks: from the first time on it is known that they do.
  @Test func oneThatIsSilentBetweenWordsIsGivenMoreTime() {
    var patient = Patient()
    for _ in 0..<5 {
      patient.same(0, seconds: 9)
      patient.quietRoom(seconds: 1)
    }
    patient.same(0, seconds: 30)
    patient.quietRoom(seconds: 1)
    patient.same(0, seconds: 100)
    #expect(patient.changes.isEmpty)
    patient.same(0, seconds: 40)
    #expect(patient.changes.map(\.change) == [.fellIll(.silent)])
  }

  @Test func noSilenceIsSoLongThatItIsNeverNoticedAgain() {
    var health = MicrophoneHealth()
    var time = SampleTime.start
    let frame = Frame.span
    // As if nothing had come between: frames are all that it counts.
    func give(_ shape: MicrophoneShape, hours: Int64) -> [MicrophoneHealth.Change] {
      var changes: [MicrophoneHealth.Change] = []
      let end = time + .seconds(hours * 3_600)
      while time < end {
        time = time + SampleSpan(samples: frame.samples * 100)
        if let change = health.hear(shape, at: time) { changes.append(change) }
      }
      return changes
    }
    let zeros = MicrophoneShape(lowest: 0, highest: 0, clipped: 0)
    let room = MicrophoneShape(lowest: -2, highest: 2, clipped: 0)
    // A switch that was off for days.
    _ = give(room, hours: 1)
    #expect(give(zeros, hours: 72) == [.fellIll(.silent)])
    #expect(give(room, hours: 1) == [.recovered])
    #expect(give(zeros, hours: 11) == [])
    #expect(give(zeros, hours: 2) == [.fellIll(.silent)])
  }

  /// A gate gives zeros; another number for minutes was never one.
  @Test func onlyZerosTeachToBePatient() {
    var patient = Patient()
    patient.quietRoom(seconds: 1)
    patient.same(5, seconds: 300)
    patient.quietRoom(seconds: 1)
    patient.same(0, seconds: 70)
    patient.quietRoom(seconds: 1)
    patient.same(5, seconds: 12)
    #expect(
      patient.changes.map(\.change) == [
        .fellIll(.stuck), .recovered, .fellIll(.silent), .recovered, .fellIll(.stuck),
      ])
  }

  @Test func clippedMuchOfTheTimeIsTooLoudAndAShoutIsNot() {
    var patient = Patient()
    let loud: (inout SeededRandom, Int) -> Int16 = { _, index in index < 8 ? .max : 100 }
    patient.give(seconds: 2, loud)
    patient.quietRoom(seconds: 60)
    #expect(patient.changes.isEmpty)
    patient.give(seconds: 10, loud)
    #expect(patient.changes.map(\.change) == [.fellIll(.clipping)])
    patient.quietRoom(seconds: 60)
    #expect(patient.changes.map(\.change) == [.fellIll(.clipping), .recovered])
  }

  @Test func everyTroubleSaysWhatToDo() {
    for trouble in [
      MicrophoneHealth.Trouble.silent, .stuck, .voltage, .clipping,
    ] { #expect(!trouble.reason.isEmpty && !trouble.advice.isEmpty && !trouble.code.isEmpty) }
  }
}
