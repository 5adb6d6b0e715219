import TestSupport
import Testing

@testable import VoiceCore

@Suite struct HearingSpectraTests {
  private func clean(_ sound: [Frame], gains: (Int) -> Bands) -> [Frame] {
    var canceller = EchoCanceller()
    var analysis = SpectralAnalysis()
    var out: [Frame] = []
    for (number, frame) in sound.enumerated() {
      canceller.cancel(mic: frame, reference: .silence)
      _ = analysis.analyse(canceller, reference: .silence)
      var clean = Frame()
      analysis.resynthesise(gains: gains(number), into: &clean)
      out.append(clean)
    }
    return out
  }

  @Test func withGainsOfOneTheSoundIsTheSameTenMillisecondsLater() {
    let sound = Frame.cut(Voice(seed: 41).speak(seconds: 2))
    let out = clean(sound) { _ in Bands(repeating: 1) }
    #expect(Array(out[1...]) == Array(sound[..<(sound.count - 1)]))
  }

  @Test func comingAndGoingGainsLeaveNoSeam() {
    // A gain that differs from one by nothing audible takes the long way round.
    let sound = Frame.cut(Voice(seed: 42).speak(seconds: 2))
    let out = clean(sound) { Bands(repeating: $0 % 7 < 3 ? 0.999_99 : 1) }
    for number in 1..<sound.count {
      for index in 0..<Frame.sampleCount {
        #expect(abs(Int(out[number][index]) - Int(sound[number - 1][index])) <= 2)
      }
    }
  }

  @Test func aGainOfNothingIsSilence() {
    let out = clean(Frame.cut(Voice(seed: 43).speak(seconds: 1))) { _ in Bands() }
    for frame in out[2...] { #expect(frame.isSilent) }
  }

  @Test func theBandsAddUpToThePowerOfTheSound() {
    var canceller = EchoCanceller()
    var analysis = SpectralAnalysis()
    for frame in Frame.cut(Voice(seed: 44).speak(seconds: 1)) {
      canceller.cancel(mic: frame, reference: .silence)
      let spectra = analysis.analyse(canceller, reference: .silence)
      #expect(spectra.error.sum.isFinite)
      #expect(!spectra.isFar)
    }
    // A steady tone in the middle of a band: all of its power is there.
    var spectra = HearingSpectra()
    for number in 0..<5 {
      var frame = Frame()
      for index in 0..<Frame.sampleCount {
        let turn = Turn.of(Double((number * Frame.sampleCount + index) * 20) / 320)
        frame[index] = Int16((16_384 * turn.cosine).rounded())
      }
      canceller.cancel(mic: frame, reference: .silence)
      spectra = analysis.analyse(canceller, reference: .silence)
    }
    #expect(abs(spectra.error.sum - 0.125) < 0.01)
    #expect(spectra.error[8] > 0.1)
  }
}
