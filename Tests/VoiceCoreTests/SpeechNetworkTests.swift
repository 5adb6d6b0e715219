import TestSupport
import Testing

@testable import VoiceCore

@Suite struct SpeechNetworkTests {
  /// Features of no sound at all; `soundlab.network.example` makes the same.
  private func example(_ frame: Int, into features: borrowing FloatMemory) {
    for place in 0..<SpeechFeatures.count {
      features[place] = Float((frame * 37 + place * 101) % 61 - 30) / 10
    }
  }

  @Test func answersAsTheArithmeticThatTrainedIt() {
    let network = SpeechNetwork()
    let features = FloatMemory(count: SpeechFeatures.count)
    var heard = 0
    for (frames, expected) in SpeechNetworkGolden.answers {
      var answer = SpeechNetwork.Answer()
      while heard < frames {
        example(heard, into: features)
        answer = network.judge(features.start)
        heard += 1
      }
      let said = [
        answer.speech, answer.openness, answer.gains[0], answer.gains[11], answer.gains[23],
      ]
      for (one, other) in zip(said, expected) { #expect(abs(one - other) < 0.002) }
    }
  }

  @Test func theTextHoldsOneWholeNetwork() {
    let network = SpeechNetwork()
    let isWhole = network.isWhole
    #expect(isWhole)
    let short = SpeechNetwork(weights: "P#2")
    let isShortOne = !short.isWhole
    #expect(isShortOne)
  }

  @Test func digitsAreTheCharactersWithoutQuoteAndBackslash() {
    // The lowest, the middle and the highest digit, and the neighbours of the one left out.
    var reader = WeightReader("#P~\n[]")
    let weights = (0..<5).map { _ in reader.weight(scale: 45) }
    #expect(weights == [-45, 0, 45, 11, 12])
    #expect(reader.isWhole)
    #expect(reader.fine() == 0)
    #expect(!reader.isWhole)
  }

  @Test func aFineNumberIsThreeDigits() {
    var reader = WeightReader("PPQPQPQPP###")
    let step: Float = 64 / 376_000
    #expect(reader.fine() == step)
    #expect(reader.fine() == 91 * step)
    #expect(reader.fine() == 8281 * step)
    #expect(abs(reader.fine() + 64.13) < 0.01)
  }

  @Test func forgettingMakesItAsNew() {
    let network = SpeechNetwork()
    let features = FloatMemory(count: SpeechFeatures.count)
    example(3, into: features)
    let first = network.judge(features.start).speech
    example(9, into: features)
    _ = network.judge(features.start)
    network.forget()
    example(3, into: features)
    #expect(network.judge(features.start).speech == first)
  }
}

/// The listener over the features it is told, as the chain joins them.
@Suite struct ListeningTests {
  /// Speech by frame.
  private func listen(to mic: [Frame], reference: [Frame]? = nil) -> [Float] {
    var chain = HearingChain(hint: NoHint())
    var time = SampleTime.start
    return mic.indices.map { index in
      time = time + Frame.span
      return chain.hear(mic: mic[index], reference: reference?[index] ?? Frame(), at: time)
        .probability
    }
  }

  private func share(of answers: some Collection<Float>, above bar: Float) -> Double {
    Double(answers.count { $0 >= bar }) / Double(max(1, answers.count))
  }

  @Test func silenceIsNobody() {
    let answers = listen(to: [Frame](repeating: Frame(), count: 500))
    #expect(share(of: answers, above: 0.5) == 0)
  }

  @Test func aHissIsNobody() {
    var dice = SeededRandom(seed: 11)
    let hiss = (0..<(16_000 * 6)).map { _ in Int16.random(in: -600...600, using: &dice) }
    let answers = listen(to: Frame.cut(hiss))
    #expect(share(of: answers.dropFirst(50), above: 0.5) < 0.02)
  }

  @Test func aMainsHumIsNobody() {
    let hum = (0..<(16_000 * 6)).map { sample -> Int16 in
      let turn = Double(sample) * 50 / 16_000
      return Int16(900 * Turn.of(turn).sine + 400 * Turn.of(3 * turn).sine)
    }
    let answers = listen(to: Frame.cut(hum))
    #expect(share(of: answers.dropFirst(100), above: 0.5) < 0.02)
  }

  @Test func hostileSoundNeverBreaksIt() {
    for mic in HostileSound.allCases {
      for reference in HostileSound.allCases {
        let answers = listen(
          to: (0..<60).map { mic.frame($0) }, reference: (0..<60).map { reference.frame($0) })
        // NaN would be neither.
        #expect(answers.allSatisfy { $0 >= 0 && $0 <= 1 }, "\(mic) over \(reference)")
      }
    }
  }

  @Test func aBrokenCancellerDoesNotBreakIt() {
    var features = SpeechFeatures()
    let network = SpeechNetwork()
    let sound = FloatMemory(count: Frame.sampleCount)
    for broken in [Float.nan, .infinity, -.infinity, 1e30, -1] {
      var spectra = HearingSpectra()
      spectra.isFar = true
      spectra.error = Bands(repeating: broken)
      spectra.residual = Bands(repeating: broken)
      spectra.echo = Bands(repeating: broken)
      features.hear(spectra, error: sound.start, hint: 0)
      let answer = network.judge(features.values.start)
      #expect(answer.speech >= 0 && answer.speech <= 1, "\(broken)")
    }
  }

  @Test func theSameSoundIsHeardTheSameTwice() {
    var dice = SeededRandom(seed: 4)
    let sound = Frame.cut(
      (0..<32_000).map { _ in Int16.random(in: -9000...9000, using: &dice) })
    #expect(listen(to: sound, reference: sound) == listen(to: sound, reference: sound))
  }

  @Test func howLoudTheMicrophoneIsSetMattersLittle() {
    var voice = Voice(seed: 5)
    let quiet = voice.speak(seconds: 3, decibels: -40)
    let loud = quiet.map { Int16(clamping: Int($0) * 8) }
    let answers = listen(to: Frame.cut(quiet))
    let others = listen(to: Frame.cut(loud))
    let apart = zip(answers, others).map { abs($0 - $1) }
    #expect(apart.reduce(0, +) / Float(apart.count) < 0.1)
  }
}
