internal import CALSA
public import VoiceCore

/// One direction of a sound card: 16 kHz mono, never blocking, recovered when it stumbles.
public struct PCM: ~Copyable {
  public enum Direction: Sendable { case microphone, loudspeaker }

  /// What the card granted, which may not be what was asked.
  public struct Granted: Equatable, Sendable {
    public let rate: Int
    public let period: Int
    public let buffer: Int
  }

  public let device: String
  public let direction: Direction
  public let granted: Granted
  /// Times the card ran out of room (microphone) or of sound (loudspeaker).
  public private(set) var stumbles = 0
  private let handle: OpaquePointer

  private init(
    owning handle: OpaquePointer, _ device: String, _ direction: Direction,
    _ granted: Granted
  ) {
    self.handle = handle
    self.device = device
    self.direction = direction
    self.granted = granted
  }
  deinit { snd_pcm_close(handle) }

  public static func open(
    _ device: String, _ direction: Direction, period: SampleSpan, buffer: SampleSpan
  ) throws(ALSAError) -> PCM {
    // ALSA writes half a page to standard error for each card that is not there.
    calsa_be_quiet()
    var handle: OpaquePointer?
    let stream = direction == .microphone ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
    try ALSAError.check(
      snd_pcm_open(&handle, device, stream, CInt(SND_PCM_NONBLOCK)), "open", device)
    let granted: Granted
    do throws(ALSAError) {
      granted = try negotiate(handle!, device, direction, period: period, buffer: buffer)
    } catch {
      snd_pcm_close(handle)
      throw error
    }
    return PCM(owning: handle!, device, direction, granted)
  }

  private static func negotiate(
    _ handle: OpaquePointer, _ device: String, _ direction: Direction, period: SampleSpan,
    buffer: SampleSpan
  ) throws(ALSAError) -> Granted {
    var hardware: OpaquePointer?
    snd_pcm_hw_params_malloc(&hardware)
    defer { snd_pcm_hw_params_free(hardware) }
    func check(_ code: Int32, _ action: String) throws(ALSAError) {
      try ALSAError.check(code, action, device)
    }
    try check(snd_pcm_hw_params_any(handle, hardware), "ask what it can do,")
    try check(
      snd_pcm_hw_params_set_access(handle, hardware, SND_PCM_ACCESS_RW_INTERLEAVED),
      "set interleaved access on")
    try check(
      snd_pcm_hw_params_set_format(handle, hardware, SND_PCM_FORMAT_S16_LE), "set 16 bit on")
    try check(snd_pcm_hw_params_set_channels(handle, hardware, 1), "set one channel on")
    try check(
      snd_pcm_hw_params_set_rate(handle, hardware, CUnsignedInt(Frame.sampleRate), 0),
      "set 16 kHz on")
    var direction: CInt = 0
    var periodFrames = snd_pcm_uframes_t(period.samples)
    try check(
      snd_pcm_hw_params_set_period_size_near(handle, hardware, &periodFrames, &direction),
      "set the period of")
    var bufferFrames = snd_pcm_uframes_t(buffer.samples)
    try check(
      snd_pcm_hw_params_set_buffer_size_near(handle, hardware, &bufferFrames),
      "set the buffer of")
    try check(snd_pcm_hw_params(handle, hardware), "configure")

    var software: OpaquePointer?
    snd_pcm_sw_params_malloc(&software)
    defer { snd_pcm_sw_params_free(software) }
    try check(snd_pcm_sw_params_current(handle, software), "read the parameters of")
    try check(
      snd_pcm_sw_params_set_avail_min(handle, software, snd_pcm_uframes_t(Frame.sampleCount)),
      "set the wake-up of")
    // We start both directions ourselves, so that they start together.
    try check(
      snd_pcm_sw_params_set_start_threshold(handle, software, bufferFrames * 2),
      "set the start of")
    try check(snd_pcm_sw_params(handle, software), "set the parameters of")
    return Granted(
      rate: Frame.sampleRate, period: Int(periodFrames), buffer: Int(bufferFrames))
  }

  public func start() throws(ALSAError) {
    try ALSAError.check(snd_pcm_start(handle), "start", device)
  }

  /// Waits for something to read or room to write. Nothing in time is an error: the card is stuck.
  public func wait(milliseconds: Int32) throws(ALSAError) {
    // An error that it answers with is told by the next read or write, which can repair it.
    if snd_pcm_wait(handle, milliseconds) == 0 {
      throw ALSAError(device: device, action: "get an answer from", code: -ETIMEDOUT)
    }
  }

  /// It answers, but with nothing.
  public static func stuck(_ device: String) -> ALSAError {
    ALSAError(device: device, action: "get sound from", code: -EIO)
  }

  /// Samples moved, 0 when the card has none ready. A stumble is repaired and counted.
  public mutating func read(_ samples: UnsafeMutableBufferPointer<Int16>) throws(ALSAError) -> Int {
    let count = snd_pcm_readi(handle, samples.baseAddress, snd_pcm_uframes_t(samples.count))
    if count >= 0 { return Int(count) }
    try recover(Int32(count))
    return 0
  }

  /// The same for the loudspeaker.
  public mutating func write(_ samples: UnsafeBufferPointer<Int16>) throws(ALSAError) -> Int {
    let count = snd_pcm_writei(handle, samples.baseAddress, snd_pcm_uframes_t(samples.count))
    if count >= 0 { return Int(count) }
    try recover(Int32(count))
    return 0
  }

  private mutating func recover(_ code: Int32) throws(ALSAError) {
    if code == -EAGAIN { return }
    stumbles += 1
    try ALSAError.check(snd_pcm_recover(handle, code, 1), "go on with", device)
    if direction == .microphone { try start() }
  }

  /// Samples between our end and the air; 0 when the card does not say.
  public var delay: SampleSpan {
    var frames: snd_pcm_sframes_t = 0
    guard snd_pcm_delay(handle, &frames) == 0, frames > 0 else { return .zero }
    return SampleSpan(samples: Int64(frames))
  }

  /// ALSA's name of the card behind it; nil where there is none, or several.
  public var card: String? {
    var info: OpaquePointer?
    guard snd_pcm_info_malloc(&info) == 0 else { return nil }
    defer { snd_pcm_info_free(info) }
    guard snd_pcm_info(handle, info) == 0 else { return nil }
    let number = snd_pcm_info_get_card(info)
    return number >= 0 ? "hw:\(number)" : nil
  }

  public var isRunning: Bool { snd_pcm_state(handle) == SND_PCM_STATE_RUNNING }
}
