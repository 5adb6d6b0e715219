import TestSupport
import Testing

@testable import VoiceCore

/// What the recogniser's sound goes through beyond the echo.
@Suite struct RecogniserPathTests {
  private func clean(_ sound: [Int16], _ settings: RecogniserPath.Settings) -> [Int16] {
    var chain = HearingChain(hint: NoHint(), path: settings)
    var clean: [Int16] = []
    var time = SampleTime.start
    for frame in Frame.cut(sound) {
      time = time + Frame.span
      _ = chain.hear(mic: frame, reference: .silence, at: time)
      clean += chain.clean.all
    }
    return clean
  }

  private func noise(seconds: Double, loudness: Double) -> [Int16] {
    var dice = SeededRandom(seed: 3)
    return (0..<Int(seconds * 16_000)).map { _ in
      Int16(Double.random(in: -loudness...loudness, using: &dice))
    }
  }

  private var reducing: RecogniserPath.Settings {
    var settings = RecogniserPath.Settings()
    settings.reducesNoise = true
    return settings
  }

  private var leveling: RecogniserPath.Settings {
    var settings = RecogniserPath.Settings()
    settings.levelsSpeech = true
    return settings
  }

  @Test func switchedOffNothingIsTouched() {
    let sound = noise(seconds: 1, loudness: 300)
    let clean = clean(sound, .init())
    let delay = clean.count - sound.count + 256
    #expect(Array(clean[delay...]) == Array(sound[..<(sound.count - delay)]))
  }

  @Test func steadyNoiseIsNineDecibelsDownAndNoMore() {
    let noise = noise(seconds: 4, loudness: 800)
    let clean = clean(noise, reducing)
    let reduction = level(of: noise[48_000...]) - level(of: clean[48_000...])
    #expect(reduction > 7 && reduction < 9.5, "\(reduction) dB")
  }

  @Test func aVoiceWellOverTheNoiseKeepsItsLevel() {
    var sound = noise(seconds: 8, loudness: 300)
    let voice = Voice(seed: 61).speak(seconds: 3, decibels: -24)
    for index in voice.indices { sound[64_000 + index] += voice[index] }
    let clean = clean(sound, reducing)
    let kept = level(of: clean[64_000..<112_000]) - level(of: sound[64_000..<112_000])
    #expect(abs(kept) < 1, "\(kept) dB")
    // Speech that goes on for seconds is not taken for noise.
    let late = level(of: clean[96_000..<112_000]) - level(of: sound[96_000..<112_000])
    #expect(abs(late) < 1, "\(late) dB")
  }

  @Test(arguments: [-50.0, -40, -30, -12])
  func voicesComeToTheSameLevel(decibels: Double) {
    let room = noise(seconds: 1, loudness: 10)
    let voice = Voice(seed: 62).speak(seconds: 10, decibels: decibels)
    let clean = clean(room + voice, leveling)
    let reached = level(of: clean[128_000...])
    // By 20 dB at most.
    let expected = min(LevelControl.target, Float(decibels) + LevelControl.most)
    #expect(abs(reached - Double(expected)) < 3, "\(reached) dB")
  }

  @Test func aPauseDoesNotComeUp() {
    let voice = Voice(seed: 63).speak(seconds: 4, decibels: -44)
    let pause = noise(seconds: 10, loudness: 20)
    let clean = clean(voice + pause, leveling)
    let first = level(of: clean[80_000..<96_000])
    let last = level(of: clean[208_000..<224_000])
    #expect(abs(first - last) < 0.5, "\(first) and \(last) dB")
  }

  @Test func aShoutAfterAWhisperIsNotClipped() {
    let whisper = Voice(seed: 64).speak(seconds: 6, decibels: -48)
    let shout = Voice(seed: 64).speak(seconds: 1, decibels: -14)
    let clean = clean(whisper + shout, leveling)
    let loudest = clean.map { abs(Int($0)) }.max() ?? 0
    #expect(loudest <= 30_901)
    // And it had been turned up until then.
    #expect(level(of: clean[80_000..<96_000]) > -38)
  }

  @Test(arguments: HostileSound.allCases)
  func noSoundBreaksEither(sound: HostileSound) {
    var settings = reducing
    settings.levelsSpeech = true
    var chain = HearingChain(hint: NoHint(), path: settings)
    var time = SampleTime.start
    for number in 0..<300 {
      time = time + Frame.span
      // Silence between, so that there are floors of zero.
      let frame = number % 100 < 30 ? Frame.silence : sound.frame(number)
      let judged = chain.hear(mic: frame, reference: .silence, at: time)
      #expect(judged.probability.isFinite)
    }
    for _ in 0..<20 {
      time = time + Frame.span
      _ = chain.hear(mic: .silence, reference: .silence, at: time)
    }
    #expect(chain.clean.isSilent)
  }
}
