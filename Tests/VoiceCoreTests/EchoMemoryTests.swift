import TestSupport
import Testing

@testable import VoiceCore

/// What a start knows of the echo when it is told what an earlier one has learned.
@Suite struct EchoMemoryTests {
  private static let earlier = EchoScene(seconds: 8, delay: 700, noise: 30, seed: 4)

  private func memory() throws -> EchoMemory {
    let remover = EchoRemover()
    _ = reductions(EchoMemoryTests.earlier, by: remover)
    var memory = EchoMemory()
    try #require(remover.remember(into: &memory))
    return memory
  }

  /// dB by which the echo itself is less, whatever else is heard, in each tenth of a second.
  private func reductions(_ scene: EchoScene, by remover: EchoRemover) -> [Float] {
    let (mic, reference) = scene.frames()
    var pure = scene
    pure.noise = 90
    pure.talker = nil
    let late = [Int16](repeating: 0, count: Int(ReferenceAligner.micDelay.samples))
    let echo = Frame.cut(late + pure.frames().mic.flatMap(\.all))
    var reductions: [Float] = []
    var before: Float = 0
    var after: Float = 0
    for number in mic.indices {
      _ = remover.hear(mic: mic[number], reference: reference[number])
      for index in 0..<Frame.sampleCount {
        let sample = Float(echo[number][index]) / 32_768
        before += sample * sample
        let left = sample - remover.taken[index]
        after += left * left
      }
      guard number % 10 == 9 else { continue }
      reductions.append(3.0103 * log2((before + 1e-9) / (after + 1e-9)))
      before = 0
      after = 0
    }
    return reductions
  }

  private func reductions(_ scene: EchoScene, knowing memory: EchoMemory?) -> [Float] {
    let remover = EchoRemover()
    if let memory { remover.recall(memory) }
    return reductions(scene, by: remover)
  }

  private func mean(_ values: ArraySlice<Float>) -> Float {
    values.reduce(0, +) / Float(values.count)
  }

  /// The first reply after a start, over which somebody as loud as its echo speaks from its first
  /// word on: the hardest to learn in.
  private func reply(
    _ seed: UInt64, seconds: Double, talker: Double?, room: UInt64 = 4, delay: Double = 700
  ) -> EchoScene {
    EchoScene(
      seconds: seconds, delay: delay, noise: 25, talker: talker, seed: room,
      sound: Voice(seed: seed).speak(seconds: seconds))
  }

  @Test func theFirstReplyAfterARestartIsWithoutEchoAtOnce() throws {
    let memory = try memory()
    for voice in [41, 42, 43] as [UInt64] {
      let scene = reply(voice, seconds: 0.5, talker: 0)
      let fresh = mean(reductions(scene, knowing: nil)[0..<2])
      let kept = mean(reductions(scene, knowing: memory)[0..<2])
      #expect(kept > 15 && kept > fresh + 10, "\(kept) dB, \(fresh) dB without memory")
    }
  }

  @Test(arguments: [(4, 708.0), (4, 900), (9, 700)] as [(UInt64, Double)])
  func aChangedRoomIsLearnedAgainWithinASecond(room: UInt64, delay: Double) throws {
    let memory = try memory()
    for voice in [41, 42, 43] as [UInt64] {
      let scene = reply(voice, seconds: 2, talker: nil, room: room, delay: delay)
      let fresh = reductions(scene, knowing: nil)
      let kept = reductions(scene, knowing: memory)
      #expect(mean(kept[8..<20]) > mean(fresh[8..<20]) - 4, "\(kept) for \(fresh)")
      #expect(mean(kept[8..<20]) > 15)
      #expect(mean(kept[0..<3]) > -3, "a wrong memory adds little before it is found out")
    }
  }

  @Test func theAlignerBeginsWhereItWas() throws {
    let memory = try memory()
    var aligner = ReferenceAligner()
    aligner.recall(memory)
    let (mic, reference) = reply(44, seconds: 3, talker: nil).frames()
    var placedMic = Frame()
    var placedReference = Frame()
    for index in mic.indices {
      aligner.align(
        mic: mic[index], reference: reference[index], into: &placedMic, &placedReference)
      let (shift, delay) = (aligner.shift, aligner.exactDelay)
      #expect(shift == 0)
      #expect(abs(delay - 700) < 2)
    }
  }

  /// Drift may have carried the reference ahead of the tick, where no start can begin.
  @Test(arguments: [-3, -1, 0, 2] as [Int64])
  func aPlaceAheadOfTheTickIsKeptWhereAStartCanBegin(placement: Int64) throws {
    var aligner = ReferenceAligner()
    aligner.place.expect(samples: 90)
    aligner.begin(placement: placement, driftPPM: 0)
    var memory = try memory()
    let isKnown = aligner.read(into: &memory)
    let lifted = max(0, -Int(placement))
    #expect(isKnown && memory.isPlausible)
    #expect(memory.placement == max(0, Int(placement)))
    // By so many frames later, so that the echo stays where it is behind what was played.
    #expect(memory.delay == Float(90 + lifted * Frame.sampleCount))
  }

  @Test func aDriftOfTheClocksIsUndoneFromTheFirstFrame() throws {
    var scene = EchoMemoryTests.earlier
    scene.seconds = 20
    scene.driftPPM = 80
    let remover = EchoRemover()
    _ = reductions(scene, by: remover)
    var memory = EchoMemory()
    try #require(remover.remember(into: &memory))
    #expect(abs(abs(memory.driftPPM) - 80) < 8)
    var again = ReferenceAligner()
    again.recall(memory)
    let (ppm, isSettled) = (again.driftPPM, again.isDriftSettled)
    #expect(abs(ppm - memory.driftPPM) < 2 && isSettled, "\(ppm) after \(memory.driftPPM)")
  }

  @Test func whatIsTakenInIsGivenOutAgain() throws {
    let memory = try memory()
    let fft = RealFFT(size: ReferenceSpectra.blockSize)
    let taps = FloatMemory(count: EchoMemory.tapCount)
    var model = EchoPath(temper: .patient)
    withUnsafeBytes(of: memory.taps) {
      model.recall($0.assumingMemoryBound(to: Float.self).baseAddress!, fft)
    }
    model.readTaps(into: taps.start, fft)
    var loudest: Float = 0
    for index in 0..<EchoMemory.tapCount {
      #expect(abs(taps[index] - memory.taps[index]) < 1e-4)
      loudest = max(loudest, abs(taps[index]))
    }
    #expect(loudest > 0.3)
  }

  @Test func tooLittleEchoIsNotWorthKeeping() {
    let remover = EchoRemover()
    _ = reductions(EchoScene(seconds: 2, delay: 700, noise: 30, seed: 4), by: remover)
    var memory = EchoMemory()
    #expect(!remover.remember(into: &memory))
    let deaf = EchoRemover()
    _ = reductions(EchoScene(seconds: 6, noise: 0, isHeard: false), by: deaf)
    #expect(!deaf.remember(into: &memory))
  }

  @Test func onlyWhatARoomCanBeIsPlausible() throws {
    let good = try memory()
    #expect(good.isPlausible)
    #expect(!EchoMemory().isPlausible)
    for bad in [Float.nan, .infinity, -.infinity, 9, 1e30] {
      for place in [0, 1_700, EchoMemory.tapCount - 1] {
        var memory = good
        memory.taps[place] = bad
        #expect(!memory.isPlausible)
      }
    }
    for bad in [Float.nan, .infinity, -1, 1e9] {
      var memory = good
      memory.delay = bad
      #expect(!memory.isPlausible)
      memory = good
      memory.driftDeviationPPM = bad
      #expect(!memory.isPlausible)
      memory = good
      memory.driftPPM = bad == -1 ? -1_000 : bad
      #expect(!memory.isPlausible)
    }
    for bad in [-1, 1_000, .max, .min] {
      var memory = good
      memory.placement = bad
      #expect(!memory.isPlausible)
      // And is ignored.
      let remover = EchoRemover()
      remover.recall(memory)
      _ = remover.hear(mic: .silence, reference: .silence)
      #expect(remover.delay == nil)
    }
  }
}
