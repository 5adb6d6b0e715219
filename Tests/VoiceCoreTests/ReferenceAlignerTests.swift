import Glibc
import TestSupport
import Testing

@testable import VoiceCore

@Suite struct ReferenceAlignerTests {
  /// What an aligner made of a scene, frame by frame.
  private struct Course {
    var firstKnown: Int?
    var shifts: [(frame: Int, by: Int)] = []
    var delay: Float = 0
    var isKnown = false
    var ppm: Float = 0
    var isSettled = false
    var placement: Int { shifts.reduce(0) { $0 + $1.by } }
  }

  private func course(_ scene: EchoScene) -> Course {
    let (mic, reference) = scene.frames()
    var aligner = ReferenceAligner()
    var course = Course()
    var placedMic = Frame()
    var placedReference = Frame()
    for index in mic.indices {
      aligner.align(
        mic: mic[index], reference: reference[index], into: &placedMic, &placedReference)
      if aligner.shift != 0 { course.shifts.append((index, aligner.shift)) }
      if aligner.delay != nil && course.firstKnown == nil { course.firstKnown = index }
    }
    course.delay = aligner.exactDelay
    course.isKnown = aligner.delay != nil
    course.ppm = aligner.driftPPM
    course.isSettled = aligner.isDriftSettled
    return course
  }

  @Test(arguments: [0.0, 37, 160, 1_234, 2_400])
  func theDelayIsKnownWithinASecondAndToTheSample(delay: Double) throws {
    let course = course(EchoScene(seconds: 3, delay: delay, noise: 10))
    #expect(try #require(course.firstKnown) < 100)
    #expect(abs(course.delay - Float(delay)) < 1.5)
    // 14 to 24 ms ahead of the direct sound, where there is so much.
    let lead = delay + 16 - Double(course.placement * Frame.sampleCount)
    #expect(lead >= 16 && lead < 390)
    #expect(course.shifts.count <= 1)
  }

  @Test func aPersonTalkingLouderThanTheEchoDoesNotHideIt() throws {
    let course = course(EchoScene(seconds: 4, noise: 10, talker: 10))
    #expect(try #require(course.firstKnown) < 150)
    #expect(abs(course.delay - 1_234) < 1.5)
    #expect(course.shifts.count == 1)
  }

  @Test(arguments: [-800.0, 480, 1_000])
  func aJumpIsFollowedOnce(jump: Double) {
    let course = course(EchoScene(seconds: 8, jump: jump, jumpAt: 4))
    #expect(abs(course.delay - Float(1_234 + jump)) < 1.5)
    #expect(course.shifts.count == 2)
    #expect(course.shifts.allSatisfy { $0.frame < 100 || $0.frame < 620 })
  }

  /// Its reference has been stretched by 16 ms when it loses 35 ms of sound: what is in the air now is
  /// ahead of the tick.
  @Test func aSlowLoudspeakerThatLosesSoundIsFoundAgain() {
    let scene = EchoScene(seconds: 90, delay: 400, jump: -560, jumpAt: 80, driftPPM: 200)
    let course = course(scene)
    #expect(abs(course.delay - Float(scene.delay(at: 90 * 16_000))) < 3)
    #expect(course.placement == -1)
  }

  @Test func aMicrophoneThatHearsNoLoudspeakerIsLeftAlone() {
    for seed in 1...4 {
      let course = course(EchoScene(seconds: 8, noise: 0, isHeard: false, seed: UInt64(seed)))
      #expect(!course.isKnown)
      #expect(course.shifts.isEmpty)
    }
  }

  @Test(arguments: [-180.0, 0, 60, 200])
  func theDriftIsFoundAndUndone(ppm: Double) {
    let scene = EchoScene(seconds: 7, driftPPM: ppm, noise: 15)
    let (mic, reference) = scene.frames()
    var aligner = ReferenceAligner()
    var placedMic = Frame()
    var placedReference = Frame()
    var seen: [Double] = []
    for index in mic.indices {
      aligner.align(
        mic: mic[index], reference: reference[index], into: &placedMic, &placedReference)
      if index == 550 { #expect(abs(-Double(aligner.driftPPM) - ppm) < 15) }
      if index > 600 {
        seen.append(scene.delay(at: index * Frame.sampleCount) - aligner.resamplerLag)
      }
    }
    let isSettled = aligner.isDriftSettled
    #expect(isSettled)
    #expect(abs(-Double(aligner.driftPPM) - ppm) < 5)
    // What the canceller sees of the path's movement in the last second, in samples.
    #expect(seen.max()! - seen.min()! < 0.15)
  }

  @Test func aFasterLoudspeakerWithoutAnyDelayIsFollowedToo() {
    let scene = EchoScene(seconds: 10, delay: 3, driftPPM: -150, noise: 15)
    let (mic, reference) = scene.frames()
    var aligner = ReferenceAligner()
    var placedMic = Frame()
    var placedReference = Frame()
    var seen: [Double] = []
    for index in mic.indices {
      aligner.align(
        mic: mic[index], reference: reference[index], into: &placedMic, &placedReference)
      if index > 500 {
        seen.append(scene.delay(at: index * Frame.sampleCount) - aligner.resamplerLag)
      }
    }
    #expect(seen.max()! - seen.min()! < 0.3)
  }

  @Test func whatComesOutIsWhatWasPlayedToTheBitWhileTheClocksAgree() {
    let scene = EchoScene(seconds: 3)
    let (mic, reference) = scene.frames()
    let played = reference.flatMap(\.all)
    let heard = mic.flatMap(\.all)
    var aligner = ReferenceAligner()
    var placedMic = Frame()
    var placedReference = Frame()
    var placement = 0
    let wait = Int(ReferenceAligner.micDelay.samples)
    for index in mic.indices {
      aligner.align(
        mic: mic[index], reference: reference[index], into: &placedMic, &placedReference)
      placement += aligner.shift
      let start = index * Frame.sampleCount
      guard index > 20 else { continue }
      #expect(placedMic.all == Array(heard[(start - wait)..<(start - wait + Frame.sampleCount)]))
      let from = start - ReferenceResampler.firstLag - placement * Frame.sampleCount
      #expect(placedReference.all == Array(played[from..<(from + Frame.sampleCount)]))
    }
    #expect(placement > 0)
  }

  @Test func theStateOutlivesAPause() {
    let scene = EchoScene(seconds: 4, driftPPM: 80)
    let (mic, reference) = scene.frames()
    var aligner = ReferenceAligner()
    var placedMic = Frame()
    var placedReference = Frame()
    for index in mic.indices {
      aligner.align(
        mic: mic[index], reference: reference[index], into: &placedMic, &placedReference)
    }
    let ppm = aligner.driftPPM
    for _ in 0..<6_000 {
      aligner.align(mic: mic[0], reference: .silence, into: &placedMic, &placedReference)
      #expect(aligner.shift == 0)
    }
    #expect(aligner.driftPPM == ppm)
    // It was asked to keep up with the clocks all the while, and did.
    #expect(abs(aligner.exactDelay - Float(scene.delay(at: (mic.count + 6_000) * 160))) < 8)
  }

  @Test func aToneHasNoPlace() {
    let tone = (0..<(6 * 16_000)).map { Int16((8_000 * sin(Double($0) * 0.25)).rounded()) }
    let course = course(EchoScene(seconds: 6, sound: tone))
    #expect(!course.isKnown)
    #expect(course.shifts.isEmpty)
  }

  @Test func theDriversWordCountsUntilTheSoundSaysBetter() {
    var aligner = ReferenceAligner()
    var placedMic = Frame()
    var placedReference = Frame()
    aligner.expect(delay: .milliseconds(120))
    aligner.align(mic: .silence, reference: .silence, into: &placedMic, &placedReference)
    // Thirty milliseconds are left for a driver that counts too many.
    #expect(aligner.shift == 7)
    #expect(aligner.delay == nil)

    let (mic, reference) = EchoScene(seconds: 2, delay: 480).frames()
    var placement = aligner.shift
    for index in mic.indices {
      aligner.align(
        mic: mic[index], reference: reference[index], into: &placedMic, &placedReference)
      placement += aligner.shift
    }
    #expect(placement == 1)
    aligner.expect(delay: .milliseconds(120))
    aligner.align(mic: .silence, reference: .silence, into: &placedMic, &placedReference)
    #expect(aligner.shift == 0)
  }

  @Test(arguments: HostileSound.allCases)
  func noSoundBreaksIt(sound: HostileSound) {
    var aligner = ReferenceAligner()
    var placedMic = Frame()
    var placedReference = Frame()
    for number in 0..<400 {
      aligner.align(
        mic: sound.frame(number), reference: sound.frame(number + 3), into: &placedMic,
        &placedReference)
      #expect(aligner.exactDelay.isFinite && aligner.driftPPM.isFinite)
    }
  }
}
