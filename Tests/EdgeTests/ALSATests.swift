@testable import ALSA
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
          name, direction, period: .milliseconds(10), buffer: .milliseconds(40))
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
      "null", .microphone, period: .milliseconds(10), buffer: .milliseconds(40))
    var loudspeaker = try PCM.open(
      "null", .loudspeaker, period: .milliseconds(10), buffer: .milliseconds(40))
    #expect(microphone.granted.rate == Frame.sampleRate)
    #expect(microphone.granted.period == Frame.sampleCount)
    #expect(microphone.granted.buffer >= 2 * microphone.granted.period)
    let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: Frame.sampleCount)
    defer { block.deallocate() }
    block.initialize(repeating: 0)
    #expect(try loudspeaker.write(UnsafeBufferPointer(block)) == Frame.sampleCount)
    try loudspeaker.start()
    try microphone.start()
    #expect(microphone.isRunning && loudspeaker.isRunning)
    for _ in 0..<100 {
      try microphone.wait(milliseconds: 500)
      #expect(try microphone.read(block) == Frame.sampleCount)
      #expect(block.allSatisfy { $0 == 0 })
      #expect(try loudspeaker.write(UnsafeBufferPointer(block)) == Frame.sampleCount)
    }
    #expect(microphone.stumbles == 0 && loudspeaker.stumbles == 0)
    #expect(loudspeaker.delay >= .zero)
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
}
