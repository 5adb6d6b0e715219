internal import CALSA
internal import SoundPath
internal import VoiceCore

/// Finds the best shape that a card takes, and sets it.
struct Negotiation {
  /// For a card whose position moves by periods: what it has fetched beyond its position is out of
  /// reach. A USB card keeps up to twelve transfers under way, of a millisecond at least.
  private static let shortPeriod: SampleSpan = .milliseconds(1)
  /// Two of our frames and a little must have room, or there is none while one is on its way.
  private static let leastBuffer: SampleSpan = .milliseconds(25)
  /// What the settings say of themselves: any other was chosen by somebody.
  private static let usualPeriod: SampleSpan = .milliseconds(10)

  let handle: OpaquePointer
  let device: String
  let wish: ShapeWish
  let period: SampleSpan
  let buffer: SampleSpan

  private func check(_ code: Int32, _ action: String) throws(ALSAError) {
    try ALSAError.check(code, action, device)
  }

  func settle() throws(ALSAError) -> PCM.Granted {
    var hardware: OpaquePointer?
    snd_pcm_hw_params_malloc(&hardware)
    defer { snd_pcm_hw_params_free(hardware) }
    var spare: OpaquePointer?
    snd_pcm_hw_params_malloc(&spare)
    defer { snd_pcm_hw_params_free(spare) }
    let isHardware = snd_pcm_type(handle) == SND_PCM_TYPE_HW
    // ALSA's own conversion of the rate is rougher than ours: it is the last resort.
    var isFound = try choose(
      hardware!, spare!, isHardware ? .hardware : .converting, withItsResampling: false)
    if !isFound && !isHardware {
      isFound = try choose(hardware!, spare!, .converting, withItsResampling: true)
    }
    guard isFound else { throw refusal }
    let granted = try configure(hardware!, isHardware: isHardware)
    try wakeUps(granted)
    return granted
  }

  /// Leaves the first wish that it takes in `hardware`.
  private func choose(
    _ hardware: OpaquePointer, _ spare: OpaquePointer, _ kind: ShapeWish.Kind,
    withItsResampling: Bool
  ) throws(ALSAError) -> Bool {
    try check(snd_pcm_hw_params_any(handle, hardware), "ask what it can do,")
    try check(
      snd_pcm_hw_params_set_rate_resample(handle, hardware, withItsResampling ? 1 : 0),
      "choose who resamples for")
    try check(
      snd_pcm_hw_params_set_access(handle, hardware, SND_PCM_ACCESS_RW_INTERLEAVED),
      "set interleaved access on")
    for rate in wish.wantedRates {
      guard snd_pcm_hw_params_test_rate(handle, hardware, CUnsignedInt(rate), 0) == 0 else {
        continue
      }
      if take(rate, kind, hardware, spare) { return true }
    }
    guard wish.rate == 0 else { return false }
    // None of the usual ones: whatever is nearest to 48 kHz, if it is a rate for sound at all.
    var rate = CUnsignedInt(48_000)
    snd_pcm_hw_params_copy(spare, hardware)
    guard snd_pcm_hw_params_set_rate_near(handle, spare, &rate, nil) == 0,
      ShapeWish.rates.contains(Int(rate))
    else { return false }
    return take(Int(rate), kind, hardware, spare)
  }

  private func take(
    _ rate: Int, _ kind: ShapeWish.Kind, _ hardware: OpaquePointer, _ spare: OpaquePointer
  ) -> Bool {
    for format in wish.wantedFormats {
      guard snd_pcm_hw_params_test_format(handle, hardware, format.alsa) == 0 else { continue }
      for channels in wish.wantedChannels(of: kind) {
        snd_pcm_hw_params_copy(spare, hardware)
        guard
          snd_pcm_hw_params_set_rate(handle, spare, CUnsignedInt(rate), 0) == 0,
          snd_pcm_hw_params_set_format(handle, spare, format.alsa) == 0,
          snd_pcm_hw_params_set_channels(handle, spare, CUnsignedInt(channels)) == 0
        else { continue }
        snd_pcm_hw_params_copy(hardware, spare)
        return true
      }
    }
    return false
  }

  private func configure(
    _ hardware: OpaquePointer, isHardware: Bool
  ) throws(ALSAError) -> PCM.Granted {
    var rate: CUnsignedInt = 0
    try check(snd_pcm_hw_params_get_rate(hardware, &rate, nil), "read the rate of")
    let perSecond = Int64(Frame.sampleRate)
    // ALSA's conversion stands in front of a card of its own; a sound server has positions of its own.
    let isCard = isHardware || snd_pcm_type(handle) == SND_PCM_TYPE_PLUG
    let isCoarse = isCard && snd_pcm_hw_params_is_batch(hardware) == 1
    let wanted = isCoarse && period == Negotiation.usualPeriod ? Negotiation.shortPeriod : period
    var periodFrames = snd_pcm_uframes_t(wanted.samples * Int64(rate) / perSecond)
    var bufferFrames = snd_pcm_uframes_t(buffer.samples * Int64(rate) / perSecond)
    // Of a card that takes a few periods only, short ones must not make the buffer short.
    if isCoarse {
      try check(
        snd_pcm_hw_params_set_buffer_size_near(handle, hardware, &bufferFrames),
        "set the buffer of")
    }
    try check(
      snd_pcm_hw_params_set_period_size_near(handle, hardware, &periodFrames, nil),
      "set the period of")
    if !isCoarse {
      try check(
        snd_pcm_hw_params_set_buffer_size_near(handle, hardware, &bufferFrames),
        "set the buffer of")
    }
    try check(snd_pcm_hw_params(handle, hardware), "configure")

    // What was asked for is not always what was granted.
    var channels: CUnsignedInt = 0
    var format = SND_PCM_FORMAT_UNKNOWN
    try check(snd_pcm_hw_params_get_rate(hardware, &rate, nil), "read the rate of")
    try check(snd_pcm_hw_params_get_channels(hardware, &channels), "read the channels of")
    try check(snd_pcm_hw_params_get_format(hardware, &format), "read the format of")
    try check(
      snd_pcm_hw_params_get_period_size(hardware, &periodFrames, nil), "read the period of")
    try check(snd_pcm_hw_params_get_buffer_size(hardware, &bufferFrames), "read the buffer of")
    guard let format = SampleFormat(format), channels >= 1, rate >= 1, bufferFrames >= 1 else {
      throw refusal
    }
    guard Int64(bufferFrames) * perSecond >= Negotiation.leastBuffer.samples * Int64(rate) else {
      throw ALSAError(
        device: device,
        action: "get a buffer of \(Negotiation.leastBuffer.milliseconds) ms from", code: -EINVAL,
        advice:
          "its own holds \(Int64(bufferFrames) * 1_000 / Int64(rate)) ms, too little to speak or hear without gaps: use another card"
      )
    }
    return PCM.Granted(
      shape: CardShape(rate: Int(rate), channels: Int(channels), format: format),
      period: Int(periodFrames), buffer: Int(bufferFrames), isHardware: isHardware,
      isCoarse: isCoarse)
  }

  private func wakeUps(_ granted: PCM.Granted) throws(ALSAError) {
    var software: OpaquePointer?
    snd_pcm_sw_params_malloc(&software)
    defer { snd_pcm_sw_params_free(software) }
    try check(snd_pcm_sw_params_current(handle, software), "read the parameters of")
    let frame = granted.shape.rate * Frame.sampleCount / Frame.sampleRate
    try check(
      snd_pcm_sw_params_set_avail_min(
        handle, software, snd_pcm_uframes_t(max(1, min(frame, granted.buffer / 2)))),
      "set the wake-up of")
    // We say when it starts.
    try check(
      snd_pcm_sw_params_set_start_threshold(
        handle, software, snd_pcm_uframes_t(granted.buffer * 2)),
      "set the start of")
    try check(snd_pcm_sw_params(handle, software), "set the parameters of")
  }

  private var refusal: ALSAError {
    if wish.rate != 0 {
      return ALSAError(
        device: device, action: "get \(wish.rate) Hz from", code: -EINVAL,
        advice: "set alsa.rate to 0, which takes what the card can do")
    }
    if wish.leastChannels > 1 {
      return ALSAError(
        device: device, action: "get \(wish.leastChannels) channels from", code: -EINVAL,
        advice: "the card has fewer: correct the channels in [alsa]")
    }
    return ALSAError(device: device, action: "find a shape for", code: -EINVAL)
  }
}

extension SampleFormat {
  var alsa: snd_pcm_format_t {
    switch self {
    case .int16: SND_PCM_FORMAT_S16_LE
    case .int24: SND_PCM_FORMAT_S24_LE
    case .int24Packed: SND_PCM_FORMAT_S24_3LE
    case .int32: SND_PCM_FORMAT_S32_LE
    case .float32: SND_PCM_FORMAT_FLOAT_LE
    }
  }

  init?(_ format: snd_pcm_format_t) {
    for known in SampleFormat.allCases where known.alsa == format {
      self = known
      return
    }
    return nil
  }
}
