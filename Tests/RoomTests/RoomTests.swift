import Room
import Testing
import VoiceCore

/// A room and a loudspeaker that plays what a test wants at each moment.
private struct Scene: ~Copyable {
  var room: Room
  var heard: [Int16] = []
  var events: [RoomEvent] = []

  init(_ acoustics: RoomAcoustics) throws { try self.init("", acoustics) }

  init(_ script: String = "", sounds: [[Int16]] = [], _ acoustics: RoomAcoustics = .silent) throws {
    room = Room(script: try TalkerScript.parse(script), sounds: sounds, acoustics: acoustics)
  }

  mutating func run(milliseconds: Int, playing sound: (Int) -> Int16 = { _ in 0 }) {
    for _ in 0..<(milliseconds / 10) {
      var played = Frame()
      let start = Int(room.time.samples)
      for index in 0..<Frame.sampleCount { played[index] = sound(start + index) }
      var mic = Frame()
      room.next(hearing: played, into: &mic)
      for index in 0..<Frame.sampleCount { heard.append(mic[index]) }
      while let event = room.takeEvent() { events.append(event) }
    }
  }
}

extension RoomAcoustics {
  fileprivate static let silent = RoomAcoustics(gainDecibels: -200, noiseDecibels: -200)
}

private func tone(_ milliseconds: Int) -> [Int16] {
  (0..<(milliseconds * 16)).map { $0 % 16 < 8 ? 8_000 : -8_000 }
}

private func ms(_ count: Int64) -> SampleTime { .start + .milliseconds(count) }

private func power(_ samples: some Collection<Int16>) -> Double {
  samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)
}

@Suite struct EchoTests {
  @Test(arguments: [0, 1, 25, 40, 400] as [Int64])
  func theLoudspeakerComesBackAfterTheDelayWithTheGain(_ delay: Int64) throws {
    var scene = try Scene(
      RoomAcoustics(delay: .milliseconds(delay), gainDecibels: -12, noiseDecibels: -200))
    let click = 7
    scene.run(milliseconds: 600) { $0 == click ? 20_000 : 0 }
    let first = try #require(scene.heard.firstIndex { $0 != 0 })
    #expect(first == click + Int(delay) * 16)
    // -12 dB is a factor of 0.2512.
    #expect(abs(Int(scene.heard[first]) - 5_024) <= 5)
  }

  @Test func reflectionsAreWeakerAndDieAwayWithinSixtyMilliseconds() throws {
    var scene = try Scene(
      RoomAcoustics(delay: .milliseconds(20), gainDecibels: 0, noiseDecibels: -200))
    scene.run(milliseconds: 300) { $0 == 0 ? 20_000 : 0 }
    let after = scene.heard[(20 * 16 + 1)...]
    let loudest = after.map { abs(Int($0)) }.max()!
    #expect(loudest > 200 && loudest < 10_000)
    #expect(scene.heard[(80 * 16 + 1)...].allSatisfy { $0 == 0 })
  }

  @Test func aBentLoudspeakerIsQuieterOnlyWhenLoud() throws {
    func peak(_ level: Int16, bends: Bool) throws -> Int {
      var scene = try Scene(
        RoomAcoustics(
          delay: .zero, gainDecibels: 0, noiseDecibels: -200, bendsLoudSamples: bends))
      scene.run(milliseconds: 10) { $0 == 0 ? level : 0 }
      return Int(scene.heard[0])
    }
    #expect(try peak(32_000, bends: true) < peak(32_000, bends: false) * 3 / 4)
    #expect(try abs(peak(1_000, bends: true) - peak(1_000, bends: false)) <= 1)
  }

  @Test func tooMuchSoundSaturatesInsteadOfWrapping() throws {
    let loud = [Int16](repeating: .min, count: 160) + [Int16](repeating: .max, count: 160)
    var scene = try Scene(
      "say loud.wav", sounds: [loud],
      RoomAcoustics(delay: .zero, gainDecibels: 6, noiseDecibels: -20))
    scene.run(milliseconds: 20) { $0 < 160 ? .min : .max }
    #expect(scene.heard[..<160].allSatisfy { $0 == .min })
    #expect(scene.heard[160...].allSatisfy { $0 == .max })
  }

  @Test func noiseHasTheLevelThatWasAsked() throws {
    for level in [-65, -40] {
      var scene = try Scene(RoomAcoustics(gainDecibels: -200, noiseDecibels: level))
      scene.run(milliseconds: 5_000)
      let measured = Loudness(power: Float(power(scene.heard))).decibelTenths
      #expect(abs(measured - level * 10) <= 5)
    }
  }

  @Test func theSeedDecidesEverything() throws {
    func sound(seed: UInt64) throws -> [Int16] {
      var scene = try Scene(RoomAcoustics(noiseDecibels: -50, seed: seed))
      scene.run(milliseconds: 500) { Int16(truncatingIfNeeded: $0 * 37) }
      return scene.heard
    }
    #expect(try sound(seed: 7) == sound(seed: 7))
    #expect(try sound(seed: 7) != sound(seed: 8))
  }
}

@Suite struct TalkerTests {
  @Test func whatIsSaidIsHeardAsItIsAndStampedWhereItIsAudible() throws {
    // 5 ms of a sound's own silence, 20 ms of tone, 5 ms of silence.
    let quiet = [Int16](repeating: 3, count: 80)
    let word = quiet + tone(20) + quiet
    var scene = try Scene("wait 30 ms\nsay word.wav", sounds: [word])
    scene.run(milliseconds: 100)
    #expect(Array(scene.heard[480..<(480 + word.count)]) == word)
    #expect(
      scene.events == [
        RoomEvent(.talkerStarted, at: ms(35), line: 2),
        RoomEvent(.talkerEnded, at: ms(55) - SampleSpan(samples: 1), line: 2),
        RoomEvent(.scriptEnded, at: ms(60)),
      ])
    let isOver = scene.room.isOver
    #expect(isOver)
  }

  @Test func theLoudspeakerIsStampedWithItsOwnMomentsNotWithTheirDetection() throws {
    var scene = try Scene()
    scene.run(milliseconds: 1_000) { (1_003..<8_005).contains($0) ? 1_000 : 0 }
    #expect(
      scene.events.filter { $0.kind != .scriptEnded } == [
        RoomEvent(.loudspeakerStarted, at: SampleTime(samples: 1_003)),
        RoomEvent(.loudspeakerSilent, at: SampleTime(samples: 8_005)),
      ])
  }

  @Test func aPauseBetweenWordsIsNoEnd() throws {
    var scene = try Scene()
    scene.run(milliseconds: 1_500) { $0 / 16 % 400 < 120 && $0 < 16_000 ? 1_000 : 0 }
    #expect(scene.events.filter { $0.kind == .loudspeakerStarted }.count == 1)
    #expect(
      scene.events.filter { $0.kind == .loudspeakerSilent } == [
        RoomEvent(.loudspeakerSilent, at: ms(920))
      ])
  }

  @Test func aReplyHasStartedAndHasBeenQuietForAWhile() throws {
    var scene = try Scene("say a.wav\nawait reply\nsay a.wav", sounds: [tone(100)])
    // It begins at 500 ms, pauses for 600 ms, and ends at 2,000 ms.
    scene.run(milliseconds: 3_000) {
      let time = $0 / 16
      return (500..<900).contains(time) || (1_500..<2_000).contains(time) ? 1_000 : 0
    }
    let said = scene.events.filter { $0.kind == .talkerStarted }.map(\.at)
    #expect(said == [ms(0), ms(2_700)])
  }

  @Test func theEndOfAnInterruptedReplyIsNotTheNextReply() throws {
    var scene = try Scene(
      "say a.wav\nawait sound\nwait 500 ms\nsay a.wav\nawait reply\nsay a.wav", sounds: [tone(200)])
    // The first reply from 400 ms falls silent at 1,000 ms; the second is from 2,500 to 3,000 ms.
    scene.run(milliseconds: 5_000) {
      let time = $0 / 16
      return (400..<1_000).contains(time) || (2_500..<3_000).contains(time) ? 1_000 : 0
    }
    let said = scene.events.filter { $0.kind == .talkerStarted }.map(\.at)
    #expect(said == [ms(0), ms(910), ms(3_700)])
  }

  @Test func silenceIsAwaitedWhileItSounds() throws {
    var scene = try Scene("await sound\nawait silence\nsay a.wav", sounds: [tone(100)])
    scene.run(milliseconds: 2_000) { (100..<600).contains($0 / 16) ? 1_000 : 0 }
    #expect(scene.events.filter { $0.kind == .talkerStarted }.map(\.at) == [ms(1_300)])
  }

  @Test func patienceEndsAndTheTalkerGoesOn() throws {
    var scene = try Scene("say a.wav\nawait reply within 1 s\nsay a.wav", sounds: [tone(100)])
    scene.run(milliseconds: 2_000)
    #expect(
      scene.events.map(\.kind) == [
        .talkerStarted, .talkerEnded, .patienceEnded, .talkerStarted, .talkerEnded, .scriptEnded,
      ])
    #expect(scene.events[2] == RoomEvent(.patienceEnded, at: ms(1_100), line: 2))
  }

  @Test func againBeginsAnewAndNeverEnds() throws {
    var scene = try Scene("say a.wav\nwait 400 ms\nagain", sounds: [tone(100)], .silent)
    scene.run(milliseconds: 5_100)
    let starts = scene.events.filter { $0.kind == .talkerStarted }
    // Each round takes a frame more than its steps.
    #expect(starts.map(\.at) == (0..<10).map { ms(510 * $0) })
    let isOver = scene.room.isOver
    #expect(!isOver)
  }

  @Test func stepsWithoutTimeGoRoundOnceAFrame() throws {
    var scene = try Scene("await silence\nagain", .silent)
    scene.run(milliseconds: 2_000)
    let isOver = scene.room.isOver
    #expect(!isOver)
  }

  @Test func theClockMayBeginAnywhere() throws {
    var room = Room(
      script: try TalkerScript.parse("wait 20 ms\nsay a.wav"), sounds: [tone(20)],
      acoustics: .silent, start: ms(5_000))
    var mic = Frame()
    for _ in 0..<3 { room.next(hearing: .silence, into: &mic) }
    let event = room.takeEvent()
    #expect(event == RoomEvent(.talkerStarted, at: ms(5_020), line: 2))
  }

  @Test func eventsNobodyTakesAreCountedNotKept() throws {
    var room = Room(
      script: try TalkerScript.parse(String(repeating: "say a.wav\n", count: 40)),
      sounds: [tone(10)], acoustics: .silent)
    var mic = Frame()
    for _ in 0..<50 { room.next(hearing: .silence, into: &mic) }
    var kept = 0
    while room.takeEvent() != nil { kept += 1 }
    #expect(kept == 32)
    let lost = room.lostEvents
    #expect(lost == 81 - 32)
  }
}

@Suite struct DriftTests {
  /// A click a second, and how many samples later each is heard.
  private func delays(ppm: Int, seconds: Int) throws -> (delays: [Int], stumbles: Int) {
    var scene = try Scene(
      RoomAcoustics(
        delay: .milliseconds(10), gainDecibels: 0, noiseDecibels: -200, driftPPM: ppm))
    scene.run(milliseconds: 1_000 * seconds) { $0 % 16_000 == 8_000 ? 30_000 : 0 }
    var found: [Int] = []
    for second in 0..<seconds {
      let start = 16_000 * second + 8_000
      let part = scene.heard[start..<min(scene.heard.count, start + 2_000)]
      guard let loudest = part.max(), loudest > 15_000 else { continue }
      found.append(part.firstIndex(of: loudest)! - start)
    }
    return (found, scene.room.stumbles)
  }

  @Test(arguments: [100, -100, 1_000])
  func aClockThatIsFasterMakesTheEchoComeEarlierAndEarlier(ppm: Int) throws {
    let (delays, stumbles) = try delays(ppm: ppm, seconds: 10)
    #expect(stumbles == 0)
    // 10 ms and what stands in front of a frame.
    for (second, delay) in delays.enumerated() {
      let expected = 480 - Double(ppm) * 1e-6 * (16_000 * Double(second) + 8_000)
      #expect(abs(Double(delay) - expected) < 1.5, "after \(second) s")
    }
  }

  @Test func theRoomSaysWhereTheEchoIs() throws {
    var scene = try Scene(
      RoomAcoustics(delay: .milliseconds(10), gainDecibels: 0, noiseDecibels: -200, driftPPM: 500))
    scene.run(milliseconds: 10_000)
    let delay = scene.room.echoDelay
    #expect(abs(delay - 25) < 0.01, "30 ms, and ten seconds of 0.5 ms each")
    let start = Int(scene.room.time.samples)
    scene.run(milliseconds: 200) { $0 == start ? 30_000 : 0 }
    let part = scene.heard[start...]
    let peak = try #require(part.firstIndex(of: part.max()!))
    #expect(abs(peak - start - 400) <= 1)
  }

  @Test func aFasterLoudspeakerRunsDryAndASlowerOneHasNoRoom() throws {
    let fast = try delays(ppm: 1_000, seconds: 60)
    #expect(fast.stumbles == 3)
    #expect(fast.delays.allSatisfy { (160...500).contains($0) })
    let slow = try delays(ppm: -1_000, seconds: 65)
    #expect(slow.stumbles == 6)
    #expect(slow.delays.allSatisfy { (470...650).contains($0) })
  }

  @Test func withoutDriftTheEchoIsWhatWasPlayedToTheBit() throws {
    var scene = try Scene(
      RoomAcoustics(delay: .zero, gainDecibels: -200, noiseDecibels: -200))
    scene.run(milliseconds: 1_000) { Int16($0 % 1_000) }
    let (stumbles, delay) = (scene.room.stumbles, scene.room.loudspeakerDelay)
    #expect(stumbles == 0)
    #expect(delay == .zero)
  }
}
