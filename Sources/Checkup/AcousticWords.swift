public import Acoustics

/// What the figures mean for somebody with a screwdriver, a line for each part.
public struct AcousticWords {
  private let measured: Measurement
  private let judge: AcousticJudge
  private let volume: Int?
  private let earlier: (gainDecibels: Double, day: String)?
  private let isNewCard: Bool

  /// - Parameters:
  ///   - volume: of the loudspeaker, 0 to 100, while it was measured.
  ///   - earlier: how loud the same loudspeaker came back when it was installed, and when that was.
  ///   - isNewCard: the canceller has known it for a short while.
  public init(
    _ measured: Measurement, volume: Int? = nil,
    earlier: (gainDecibels: Double, day: String)? = nil, isNewCard: Bool = false
  ) {
    self.measured = measured
    self.volume = volume
    self.earlier = earlier
    self.isNewCard = isNewCard
    judge = AcousticJudge(measured, earlierGain: earlier?.gainDecibels)
  }

  public var findings: [Finding] { [microphone, loudspeaker, delay, drift, reduction] }

  private func finding(
    _ part: String, _ verdict: AcousticJudge.Verdict, good: String
  ) -> Finding {
    guard let fault = verdict.fault else { return Finding(part, verdict.grade, "", good) }
    return Finding(part, verdict.grade, fault.code, says(fault), advice: advice(fault))
  }

  private var microphone: Finding {
    finding(
      "microphone", judge.microphone,
      good: "noise \(decibels(measured.noiseDecibels)), no clipping")
  }

  private var loudspeaker: Finding {
    if judge.isCancelled, judge.loudspeaker.grade == .good {
      return .good(
        "loudspeaker",
        "not heard, for this card cancels its own echo: that it sounds only ears can tell")
    }
    var good =
      measured.echo.map {
        "heard \(whole($0.aboveNoiseDecibels)) dB above the noise, \(decibels($0.gainDecibels)) of what is sent"
      } ?? "the microphone gives nothing to tell by"
    if judge.loudspeaker.grade == .unknown, measured.echo != nil { good += ", which is loud" }
    return finding("loudspeaker", judge.loudspeaker, good: good)
  }

  private var delay: Finding {
    finding(
      "delay", judge.delay,
      good: heardEcho.map { "\(milliseconds($0.delay)) from card to microphone" } ?? silence)
  }

  private var drift: Finding {
    let good =
      heardEcho.map {
        $0.driftPPM.map { "the two clocks differ by \(Figure.text(abs($0), places: 1)) ppm" }
          ?? "not clear enough to tell"
      } ?? silence
    return finding("drift", judge.drift, good: good)
  }

  private var reduction: Finding {
    var good =
      measured.reductionDecibels.map { "\(decibels($0)) taken away" }
      ?? "the canceller had nothing to take away"
    if judge.reduction.grade == .unknown, measured.reductionDecibels != nil {
      good = "only \(good), for the reason above"
    }
    if isNewCard, judge.reduction.grade == .remark {
      return .unknown("echo", "\(good) so far: it is still learning this card")
    }
    return finding("echo", judge.reduction, good: heardEcho == nil ? silence : good)
  }

  /// Nil where the card leaves none to tell by.
  private var heardEcho: Measurement.Echo? { judge.isCancelled ? nil : measured.echo }
  private var silence: String {
    judge.isCancelled ? "the card cancels its own echo" : "nothing was heard"
  }

  // MARK: What is wrong

  private func says(_ fault: AcousticFault) -> String {
    let echo = measured.echo ?? Measurement.Echo()
    let ppm = echo.driftPPM ?? 0
    let faster = ppm > 0 ? "loudspeaker" : "microphone"
    switch fault {
    case .silentMicrophone:
      return measured.cancelsEcho
        ? "it gives nothing but zeros: muted, or so while nobody speaks"
        : "it gives nothing but zeros"
    case .stuckMicrophone:
      return
        "it gives the same sample all the time (\(percent(measured.offset)) of full scale)"
    case .onlyVoltage:
      return
        "it gives a constant voltage (\(percent(measured.offset)) of full scale) and no sound"
    case .clippingMicrophone:
      return
        "it clips while the loudspeaker sounds (\(percent(measured.clippedShare)) of the samples)"
    case .noisyMicrophone:
      return "noise \(decibels(measured.noiseDecibels)): people will be hard to hear"
    case .microphoneOffset:
      return
        "noise \(decibels(measured.noiseDecibels)), on a constant voltage of \(percent(measured.offset)) of full scale"
    case .noEchoPath: return "the microphone does not hear it"
    case .swappedChannels:
      return
        "the microphone hears it by wire, not through the air: that is the card's loopback"
    case .faintLoudspeaker:
      return "heard only \(whole(echo.aboveNoiseDecibels)) dB above the noise"
    case .distortingLoudspeaker: return "\(percent(echo.distortion ?? 0)) distortion"
    case .quieterLoudspeaker, .louderLoudspeaker:
      let change = echo.gainDecibels - (earlier?.gainDecibels ?? 0)
      return
        "\(whole(abs(change))) dB \(change < 0 ? "quieter" : "louder") than on \(earlier?.day ?? "")"
    case .jumpingDelay:
      return
        "the sound jumped by \(milliseconds(abs(echo.jump ?? 0))) while it was measured"
    case .longDelay:
      return
        "\(milliseconds(echo.delay)) from card to microphone: the echo canceller reaches \(whole(AcousticJudge.longestDelay)) ms"
    case .drift: return "the \(faster)'s clock is \(whole(abs(ppm))) ppm faster"
    case .wrongRate:
      return
        "the \(faster) runs \(Figure.text(abs(ppm) / 10_000, places: 2)) % faster: a card's rate is not what it claims"
    case .weakReduction:
      return
        "only \(decibels(measured.reductionDecibels ?? 0)) taken away: the device may hear itself"
    }
  }

  private func advice(_ fault: AcousticFault) -> String {
    switch fault {
    case .silentMicrophone:
      if measured.cancelsEcho { return "speak, and look whether auricle watch shows a level" }
      return "is it plugged in, its switch on, its capture level up? auricle sound list"
    case .stuckMicrophone:
      return "unplug it and plug it in again; if that does not help it is broken"
    case .onlyVoltage:
      return "is a microphone connected to that input, and of the kind that it wants?"
    case .clippingMicrophone:
      return "lower its capture level, or the volume; or move it away from the loudspeaker"
    case .noisyMicrophone:
      return "is something loud beside it, a fan, a supply? else lower its capture level"
    case .microphoneOffset: return "it still hears; another microphone or card would have more room"
    case .noEchoPath:
      let up = volume.map { " and up (the volume is \($0))" } ?? ""
      return
        "is it plugged in, switched on\(up), and the one that is used? auricle sound list; if it cancels its own echo: alsa.cancels_echo = yes"
    case .swappedChannels:
      return "correct alsa.microphone_channel, and alsa.reference_channel with it"
    case .faintLoudspeaker: return "turn it up, or is something in front of it?"
    case .distortingLoudspeaker:
      return "lower the volume or the card's playback level; if it stays it is broken"
    case .quieterLoudspeaker:
      return "is something in front of it or of the microphone, or a level turned down?"
    case .louderLoudspeaker:
      return "was a level turned up? if it is meant: auricle sound measure --accept"
    case .jumpingDelay:
      return "the card stumbles: is the machine busy? a larger alsa.buffer may help"
    case .longDelay:
      return
        "is a sound server or a wireless loudspeaker in between? a smaller alsa.buffer may help"
    case .drift: return "use one card for both: these two clocks are too far apart"
    case .wrongRate: return "use one card for both, or set alsa.rate to another one"
    case .weakReduction:
      return
        "lower the volume; does the loudspeaker rattle, or a sound server change the sound?"
    }
  }

  // MARK: Figures in words

  private func whole(_ value: Double) -> String { Figure.text(value) }
  private func decibels(_ value: Double) -> String { "\(whole(value)) dB" }
  private func milliseconds(_ value: Double) -> String { "\(Figure.text(value, places: 1)) ms" }
  private func percent(_ part: Double) -> String {
    let percent = abs(part) * 100
    return "\(Figure.text(percent, places: percent < 9.95 ? 1 : 0)) %"
  }
}
