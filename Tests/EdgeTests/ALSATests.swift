@testable import ALSA
import SoundPath
import Testing
import VoiceCore

@Suite struct MixerTests {
  @Test(
    arguments: [
      (["PCM", "Master", "Speaker"], "Master"), (["Headphone", "Speaker", "Playback"], "Speaker"),
      (["Mic", "Analogue", "Digital"], "Digital"), (["PCM", "Mic Boost"], "PCM"),
      (["Mic", "Sidetone", "Jabra SPEAK 510"], "Jabra SPEAK 510"), (["Mic", "Line"], nil),
      ([], nil),
    ] as [([String], String?)])
  func theLikeliestOfACardsVolumesIsItsLoudspeakers(names: [String], chosen: String?) {
    #expect(Mixer.choose(among: names).map { names[$0] } == chosen)
  }

  @Test func aCardWithoutAMixerIsAnErrorOrNone() {
    do throws(ALSAError) {
      if try Mixer.open("hw:97", .best) != nil { Issue.record("it has one") }
    } catch {
      #expect(error.device == "hw:97")
    }
  }
}

@Suite struct ALSATests {
  @Test(arguments: ["no-such-card", "hw:97", "plughw:CARD=Nobody,DEV=0"])
  func aCardThatIsNotThereIsAnErrorWithAdvice(name: String) {
    for direction in [PCM.Direction.microphone, .loudspeaker] {
      do throws(ALSAError) {
        _ = try PCM.open(
          name, direction, wish: ShapeWish(), period: .milliseconds(10), buffer: .milliseconds(40))
        Issue.record("opened \(name)")
      } catch {
        #expect(error.device == name)
        #expect(error.description.hasPrefix("cannot open '\(name)': "))
        #expect(error.advice.contains("aplay -L"))
      }
    }
  }

  @Test func theNullCardTakesSoundAndGivesSilence() throws {
    var microphone = try PCM.open(
      "null", .microphone, wish: ShapeWish(), period: .milliseconds(10),
      buffer: .milliseconds(40))
    var loudspeaker = try PCM.open(
      "null", .loudspeaker, wish: ShapeWish(), period: .milliseconds(10),
      buffer: .milliseconds(40))
    #expect(
      microphone.granted.shape
        == CardShape(rate: Frame.sampleRate, channels: 1, format: .int16))
    #expect(microphone.granted.period == Frame.sampleCount)
    #expect(microphone.granted.buffer >= 2 * microphone.granted.period)
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: 2 * Frame.sampleCount, alignment: 16)
    defer { block.deallocate() }
    block.initializeMemory(as: UInt8.self, repeating: 0)
    let count = Frame.sampleCount
    let sound = UnsafeRawBufferPointer(block)
    #expect(try loudspeaker.write(sound, frameCount: count) == count)
    try loudspeaker.start()
    try microphone.start()
    #expect(microphone.isRunning && loudspeaker.isRunning)
    for _ in 0..<100 {
      try microphone.wait(milliseconds: 500)
      #expect(try microphone.read(block, frameCount: count) == count)
      #expect(block.allSatisfy { $0 == 0 })
      #expect(try loudspeaker.write(sound, frameCount: count) == count)
    }
    #expect(microphone.stumbles == 0 && loudspeaker.stumbles == 0)
    #expect((loudspeaker.queue?.length ?? -1) >= 0)
  }

  @Test func everyReasonHasItsAdvice() {
    var advice: Set<String> = []
    // ENOENT, EBUSY, EACCES, EINVAL and one that nobody expects.
    for code: Int32 in [-2, -16, -13, -22, -5] {
      let error = ALSAError(device: "x", action: "configure", code: code)
      advice.insert(error.advice)
      #expect(!error.reason.isEmpty)
    }
    #expect(advice.count == 5)
    // A card number beyond all cards is "invalid argument" to ALSA.
    let open = ALSAError(device: "hw:97", action: "open", code: -22)
    #expect(open.advice.hasPrefix("no such card"))
  }

  @Test func whatIsAskedForIsWhatIsOpened() throws {
    let wish = ShapeWish(rate: 44_100, leastChannels: 3)
    let microphone = try PCM.open(
      "null", .microphone, wish: wish, period: .milliseconds(10), buffer: .milliseconds(40))
    #expect(microphone.granted.shape == CardShape(rate: 44_100, channels: 3, format: .int16))
    #expect(microphone.granted.period == 441)
  }

  @Test func whatACardCannotDoIsToldWithTheSettingToCorrect() {
    do throws(ALSAError) {
      // ALSA's own conversion goes to 32 channels and 768 kHz, but not beyond.
      _ = try PCM.open(
        "null", .loudspeaker, wish: ShapeWish(rate: 16_000, leastChannels: 9),
        period: .milliseconds(10), buffer: .milliseconds(40))
      Issue.record("opened nine channels")
    } catch {
      #expect(error.advice.contains("alsa.rate"))
    }
  }
}
