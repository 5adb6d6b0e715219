import Glibc
import TestSupport
import VoiceCore

@testable import Acoustics

/// A room whose truth is known: the probe through a delay with a fraction, reflections, two clocks,
/// noise and whatever is broken.
struct ProbedRoom {
  /// Milliseconds from the handing over to the microphone, at the second sweep.
  var delay = 40.0
  var gainDecibels = -12.0
  var driftPPM = 0.0
  var noiseDecibels = -65.0
  var seed: UInt64 = 1
  var hasReflections = true
  var volume: Float = 1
  /// Clips what the loudspeaker gives, as a part of full scale.
  var loudspeakerLimit: Float = 10
  var microphoneLimit: Float = 1
  var microphoneGain: Float = 1
  var offset: Float = 0
  /// After this sample the delay is longer by `jump` samples.
  var jumpAt = Int.max
  var jump = 0
  /// What the microphone gives in the end.
  var distort: (Float, Int) -> Float = { sample, _ in sample }

  /// Reflections of a direct sound of 1, in samples after it.
  private func reflections(_ dice: inout SeededRandom) -> [(later: Double, gain: Double)] {
    guard hasReflections else { return [] }
    return (0..<40).map { _ in
      let later = Double.random(in: 24...2_400, using: &dice)
      let fall = pow(10, -(8 + 30 * later / 1_600) / 20)
      let sign = Bool.random(using: &dice) ? 1.0 : -1.0
      return (later, sign * fall * Double.random(in: 0.5...1, using: &dice))
    }
  }

  func record() -> ProbeRecording {
    var dice = SeededRandom(seed: seed)
    let played = Probe.sound().map { Int16((Float($0) * volume).rounded()) }
    let source = played.map {
      Double(max(-loudspeakerLimit, min(loudspeakerLimit, Float($0) / 32_768)))
    }
    let gain = pow(10, gainDecibels / 20)
    // The audio thread hands over a frame after it has read one.
    let base = delay * 16 + 160
    let middle = Double(Probe.sweeps[1] * 160)
    let paths = [(later: 0.0, gain: 1.0)] + reflections(&dice)
    var air = [Double](repeating: 0, count: played.count)
    // The whole path at the microphone's clock, then read at the loudspeaker's.
    for path in paths {
      let whole = path.later.rounded(.down)
      for index in Int(whole)..<air.count where source[index - Int(whole)] != 0 {
        air[index] += gain * path.gain * source[index - Int(whole)]
      }
    }
    let noise = 32_768 * pow(10, noiseDecibels / 20)
    var mic: [Int16] = []
    for index in 0..<played.count {
      // A faster loudspeaker is further in its sound than we are.
      let drifted = (Double(index) - middle - base) * (1 + driftPPM * 1e-6) + middle
      let heard = interpolated(air, drifted - (index > jumpAt ? Double(jump) : 0))
      let gauss =
        sqrt(-2 * log(Double.random(in: 1e-12...1, using: &dice)))
        * cos(2 * .pi * Double.random(in: 0..<1, using: &dice))
      var sample = (Float(heard) * 32_768 + Float(noise * gauss)) * microphoneGain
      sample = max(-microphoneLimit * 32_768, min(microphoneLimit * 32_767, sample))
      sample = distort(sample + offset * 32_768, index)
      mic.append(Int16(max(-32_768, min(32_767, sample.rounded()))))
    }
    return ProbeRecording(mic: mic, played: played)
  }

  /// A windowed sinc of 64 samples.
  private func interpolated(_ sound: [Double], _ place: Double) -> Double {
    let whole = Int(place.rounded(.down))
    let part = place - Double(whole)
    guard whole > 32, whole < sound.count - 33 else { return 0 }
    if part < 1e-9 { return sound[whole] }
    let height = sin(Double.pi * part) / Double.pi
    let window = 2 * cos(Double.pi / 33)
    // Cosines of the window one after the other, and signs of the sine in turn.
    var (next, last) = (cos(Double.pi * (-31 - part) / 33), cos(Double.pi * (-32 - part) / 33))
    var sum = 0.0
    for tap in -31...32 {
      let x = Double(tap) - part
      let sign = tap & 1 == 0 ? -1.0 : 1
      sum += sound[whole + tap] * sign * height / x * (0.5 + 0.5 * next)
      (next, last) = (window * next - last, next)
    }
    return sum
  }
}
