/// What the figures mean for somebody with a screwdriver.
public struct AcousticJudge {
  // MARK: Where good ends

  /// Noise of the microphone in a quiet moment: above, speech from afar drowns.
  static let noise = (remark: -45.0, wrong: -30.0)
  /// Constant voltage takes room from the sound.
  static let offset = 0.03
  /// Of the samples: clipped sound cannot be taken out again.
  static let clipping = 0.001
  /// What the loudspeaker is to be heard above the noise.
  static let audible = (remark: 12.0, wrong: 6.0)
  static let distortion = (remark: 0.05, wrong: 0.12)
  /// dB less or more than at the last good check.
  static let change = (remark: 3.0, wrong: 10.0)
  /// The echo canceller reaches this far.
  static let longestDelay = 320.0
  /// Two quartzes differ by less than the first; the canceller undoes the second.
  static let drift = (remark: 200.0, wrong: 300.0)
  /// No clock: a rate that was never what the card said.
  static let wrongRate = 1_500.0
  static let reduction = (remark: 15.0, wrong: 8.0)
  /// Weaker than this after the first four milliseconds, there is no room in it.
  static let wire = -36.0

  public var measured: Measurement
  /// Of the loudspeaker, 0 to 100, while it was measured.
  public var volume: Int?
  /// How loud the same loudspeaker came back when it was installed, and when that was.
  public var earlier: (gainDecibels: Double, day: String)?

  public init(
    _ measured: Measurement, volume: Int? = nil,
    earlier: (gainDecibels: Double, day: String)? = nil
  ) {
    self.measured = measured
    self.volume = volume
    self.earlier = earlier
  }

  public var findings: [Finding] { [microphone, loudspeaker, delay, drift, reduction] }

  public var worst: Finding.Grade {
    findings.reduce(.unknown) { max($0, $1.grade) }
  }

  var microphone: Finding {
    let part = "microphone"
    if measured.isConstant {
      return measured.offset == 0
        ? Finding(
          part, .wrong, "silent-microphone", "it gives nothing but zeros",
          advice: "is it plugged in, its switch on, its capture level up? auricle sound list")
        : Finding(
          part, .wrong, "stuck-microphone",
          "it gives the same sample all the time (\(percent(measured.offset)) of full scale)",
          advice: "unplug it and plug it in again; if that does not help it is broken")
    }
    if isOnlyVoltage {
      return Finding(
        part, .wrong, "dc-microphone",
        "it gives a constant voltage (\(percent(measured.offset)) of full scale) and no sound",
        advice: "is a microphone connected to that input, and of the kind that it wants?")
    }
    if measured.clippedShare > AcousticJudge.clipping {
      return Finding(
        part, .wrong, "clipping-microphone",
        "it clips while the loudspeaker sounds (\(percent(measured.clippedShare)) of the samples)",
        advice: "lower its capture level, or the volume; or move it away from the loudspeaker")
    }
    let noise = "noise \(decibels(measured.noiseDecibels))"
    if measured.noiseDecibels > AcousticJudge.noise.remark {
      return Finding(
        part, measured.noiseDecibels > AcousticJudge.noise.wrong ? .wrong : .remark,
        "noisy-microphone", "\(noise): people will be hard to hear",
        advice: "is something loud beside it, a fan, a supply? else lower its capture level")
    }
    if abs(measured.offset) > AcousticJudge.offset {
      return Finding(
        part, .remark, "microphone-offset",
        "\(noise), on a constant voltage of \(percent(measured.offset)) of full scale",
        advice: "it still hears; another microphone or card would have more room")
    }
    return .good(part, "\(noise), no clipping")
  }

  private var isOnlyVoltage: Bool {
    abs(measured.offset) > 0.01 && measured.noiseDecibels < -80 && measured.echo == nil
  }

  var loudspeaker: Finding {
    let part = "loudspeaker"
    guard let echo = measured.echo else {
      if measured.isConstant || isOnlyVoltage {
        return .unknown(part, "the microphone gives nothing to tell by")
      }
      let volume = volume.map { " and up (the volume is \($0))" } ?? ""
      return Finding(
        part, .wrong, "no-echo-path", "the microphone does not hear it",
        advice:
          "is it plugged in, switched on\(volume), and the one that is used? auricle sound list"
      )
    }
    if isWire(echo) {
      return Finding(
        part, .wrong, "swapped-channels",
        "the microphone hears it by wire, not through the air: that is the card's loopback",
        advice: "correct alsa.microphone_channel, and alsa.reference_channel with it")
    }
    if echo.aboveNoiseDecibels < AcousticJudge.audible.remark {
      let isWrong = echo.aboveNoiseDecibels < AcousticJudge.audible.wrong
      return Finding(
        part, isWrong ? .wrong : .remark, "faint-loudspeaker",
        "heard only \(whole(echo.aboveNoiseDecibels)) dB above the noise",
        advice: "turn it up, or is something in front of it?")
    }
    if let distortion = echo.distortion, distortion > AcousticJudge.distortion.remark,
      measured.clippedShare <= AcousticJudge.clipping
    {
      let isWrong = distortion > AcousticJudge.distortion.wrong
      return Finding(
        part, isWrong ? .wrong : .remark, "distorting-loudspeaker",
        "\(percent(distortion)) distortion",
        advice: "lower the volume or the card's playback level; if it stays it is broken")
    }
    let heard =
      "heard \(whole(echo.aboveNoiseDecibels)) dB above the noise, \(decibels(echo.gainDecibels)) of what is sent"
    return changed(echo, part) ?? .good(part, heard)
  }

  private func changed(_ echo: Measurement.Echo, _ part: String) -> Finding? {
    guard let earlier else { return nil }
    let change = echo.gainDecibels - earlier.gainDecibels
    guard abs(change) >= AcousticJudge.change.remark else { return nil }
    let isQuieter = change < 0
    return Finding(
      part, abs(change) > AcousticJudge.change.wrong ? .wrong : .remark,
      isQuieter ? "quieter-loudspeaker" : "louder-loudspeaker",
      "\(whole(abs(change))) dB \(isQuieter ? "quieter" : "louder") than on \(earlier.day)",
      advice: isQuieter
        ? "is something in front of it or of the microphone, or a level turned down?"
        : "was a level turned up? if it is meant, auricle sound measure --accept")
  }

  /// A room answers for longer than four milliseconds.
  private func isWire(_ echo: Measurement.Echo) -> Bool {
    echo.roomDecibels < AcousticJudge.wire && echo.gainDecibels > -40
      && echo.aboveNoiseDecibels > 25
  }

  var delay: Finding {
    let part = "delay"
    guard let echo = measured.echo else { return .unknown(part, "nothing was heard") }
    if let jump = echo.jump {
      return Finding(
        part, .wrong, "jumping-delay",
        "the sound jumped by \(Figure.text(abs(jump), places: 1)) ms while it was measured",
        advice: "the card stumbles: is the machine busy? a larger alsa.buffer may help")
    }
    let delay = "\(Figure.text(echo.delay, places: 1)) ms from card to microphone"
    if echo.delay > AcousticJudge.longestDelay {
      return Finding(
        part, .wrong, "long-delay", "\(delay): the echo canceller reaches 320 ms",
        advice: "is a sound server or a wireless loudspeaker in between? lower alsa.buffer")
    }
    return .good(part, delay)
  }

  var drift: Finding {
    let part = "drift"
    guard let echo = measured.echo else { return .unknown(part, "nothing was heard") }
    guard let ppm = echo.driftPPM else { return .unknown(part, "not clear enough to tell") }
    let size = abs(ppm)
    let faster = ppm > 0 ? "loudspeaker" : "microphone"
    if size > AcousticJudge.wrongRate {
      return Finding(
        part, .wrong, "wrong-rate",
        "the \(faster) runs \(Figure.text(size / 10_000, places: 2)) % faster: a card's rate is not what it claims",
        advice: "use one card for both, or set alsa.rate to another one")
    }
    if size > AcousticJudge.drift.remark {
      return Finding(
        part, size > AcousticJudge.drift.wrong ? .wrong : .remark, "drift",
        "the \(faster)'s clock is \(whole(size)) ppm faster",
        advice: "use one card for both: these two clocks are too far apart")
    }
    return .good(part, "\(Figure.text(ppm, places: 1)) ppm")
  }

  var reduction: Finding {
    let part = "echo"
    guard let echo = measured.echo else { return .unknown(part, "nothing was heard") }
    guard let reduction = measured.reductionDecibels else {
      return .unknown(part, "the canceller had nothing to take away")
    }
    let says = "\(whole(reduction)) dB taken away"
    // Echo that hardly stands out of the noise cannot be taken away by more than it does.
    let possible = min(AcousticJudge.reduction.remark, echo.aboveNoiseDecibels - 10)
    if reduction < possible {
      return Finding(
        part, reduction < AcousticJudge.reduction.wrong ? .wrong : .remark, "weak-echo-reduction",
        "only \(says): the device may hear itself",
        advice: "lower the volume; does the loudspeaker rattle, or a sound server change the sound?"
      )
    }
    return .good(part, says)
  }

  // MARK: Figures in words

  private func whole(_ value: Double) -> String { Figure.text(value) }
  private func decibels(_ value: Double) -> String { "\(whole(value)) dB" }
  private func percent(_ part: Double) -> String {
    let percent = abs(part) * 100
    return "\(Figure.text(percent, places: percent < 9.95 ? 1 : 0)) %"
  }
}
