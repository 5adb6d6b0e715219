import Testing

@testable import Acoustics

@Suite struct AcousticJudgeTests {
  private func codes(_ room: ProbedRoom) -> [String] {
    let measured = Measurement(of: room.record())
    let judge = AcousticJudge(measured)
    return [judge.microphone, judge.loudspeaker, judge.delay, judge.drift, judge.reduction]
      .compactMap { $0.fault?.code }
  }

  @Test func aHealthyRoomHasNoFault() {
    for (seed, noise) in [(1, -65.0), (2, -55), (3, -90), (4, -48)] {
      var room = ProbedRoom()
      room.seed = UInt64(seed)
      room.noiseDecibels = noise
      room.driftPPM = Double(seed) * 20
      room.delay = Double(seed) * 33
      #expect(codes(room) == [], "noise \(noise)")
    }
  }

  /// What was planted, and what it must be called.
  private static let faults: [(name: String, plant: @Sendable (inout ProbedRoom) -> Void)] = [
    ("silent-microphone", { $0.distort = { _, _ in 0 } }),
    ("stuck-microphone", { $0.distort = { _, _ in -4_000 } }),
    ("dc-microphone", { $0.distort = { _, index in 9_000 + Float(index & 1) } }),
    ("no-echo-path", { $0.gainDecibels = -120 }),
    (
      "clipping-microphone",
      {
        $0.gainDecibels = 6; $0.microphoneGain = 4
      }
    ),
    (
      "clipping-microphone",
      {
        $0.microphoneLimit = 0.02; $0.gainDecibels = -6; $0.microphoneGain = 0.5;
        $0.distort = { sample, _ in sample * 30 }
      }
    ),
    (
      "noisy-microphone",
      {
        $0.noiseDecibels = -35; $0.gainDecibels = 0
      }
    ),
    ("microphone-offset", { $0.offset = -0.08 }),
    (
      "swapped-channels",
      {
        $0.hasReflections = false; $0.gainDecibels = -3; $0.noiseDecibels = -90
      }
    ),
    (
      "swapped-channels",
      {
        $0.hasReflections = false; $0.gainDecibels = -30; $0.noiseDecibels = -120; $0.delay = 20
      }
    ),
    (
      "faint-loudspeaker",
      {
        $0.gainDecibels = -40; $0.noiseDecibels = -62
      }
    ),
    ("distorting-loudspeaker", { $0.loudspeakerLimit = 0.1 }),
    (
      "jumping-delay",
      {
        $0.jumpAt = 60_000; $0.jump = 160
      }
    ),
    (
      "jumping-delay",
      {
        $0.jumpAt = 20_000; $0.jump = 32
      }
    ),
    ("long-delay", { $0.delay = 380 }),
    ("drift", { $0.driftPPM = 260 }),
    ("drift", { $0.driftPPM = -420 }),
    ("wrong-rate", { $0.driftPPM = 11_000 }),
    ("wrong-rate", { $0.driftPPM = -2_500 }),
  ]

  @Test(arguments: faults.indices)
  func aPlantedFaultIsNamed(index: Int) {
    let (name, plant) = AcousticJudgeTests.faults[index]
    var room = ProbedRoom()
    room.seed = UInt64(index + 100)
    plant(&room)
    #expect(codes(room) == [name])
  }

  @Test func whatIsComparedLaterHasAnEchoOrACardThatCancelsIt() {
    var measured = Measurement(of: ProbedRoom().record())
    #expect(AcousticJudge(measured).isComparable)
    measured.echo = nil
    #expect(!AcousticJudge(measured).isComparable)
    measured.cancelsEcho = true
    #expect(AcousticJudge(measured).isComparable)
    // Zeros may be such a card's silence, or a microphone that is off.
    measured.isConstant = true
    #expect(!AcousticJudge(measured).isComparable)
  }

  @Test func aLoudspeakerThatHasBecomeQuieterIsNoticed() throws {
    var room = ProbedRoom()
    let before = try #require(Measurement(of: room.record()).echo).gainDecibels
    room.gainDecibels -= 5
    let after = Measurement(of: room.record())
    #expect(
      AcousticJudge(after, earlierGain: before).loudspeaker
        == .either(false, .quieterLoudspeaker))
    #expect(
      AcousticJudge(after, earlierGain: before - 16).loudspeaker
        == .either(true, .louderLoudspeaker))
    #expect(AcousticJudge(after, earlierGain: before - 6).loudspeaker == .good)
  }
}
