import Testing
import TestSupport

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
    // 4 to 14 ms ahead of the direct sound, where there is so much.
    let lead = delay + 16 - Double(course.placement * Frame.sampleCount)
    #expect(lead >= 16 && lead < 230)
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

  @Test func aMicrophoneThatHearsNoLoudspeakerIsLeftAlone() {
    for seed in 1...4 {
      let course = course(EchoScene(seconds: 8, noise: 0, isHeard: false, seed: UInt64(seed)))
      #expect(!course.isKnown)
      #expect(course.shifts.isEmpty)
    }
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
