internal import CALSA
public import SoundPath
public import VoiceCore

/// One direction of a sound card, in a shape of its own: never blocking, recovered when it stumbles.
public struct PCM: ~Copyable {
  public enum Direction: Sendable { case microphone, loudspeaker }

  /// What the card granted, which may not be what was asked.
  public struct Granted: Equatable, Sendable {
    public let shape: CardShape
    /// Samples of each channel.
    public let period: Int
    public let buffer: Int
    /// The card itself, with nothing in between.
    public let isHardware: Bool
    /// Its position moves by whole periods: up to one more may have been fetched than it says.
    public let isCoarse: Bool
  }

  /// What stands between our end and the air, in samples of each channel.
  public struct Queue: Equatable, Sendable {
    /// In the buffer: what runs dry, and what can be taken back.
    public let waiting: Int
    /// In the card's own hands: on the bus, in its converter. Nobody gets it back.
    public let fetched: Int
    public var length: Int { waiting + fetched }
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

  /// - Parameter wish: which shapes would do. A card that takes none of them itself is opened through
  ///   ALSA's conversion.
  public static func open(
    _ device: String, _ direction: Direction, wish: ShapeWish, period: SampleSpan,
    buffer: SampleSpan
  ) throws(ALSAError) -> PCM {
    do throws(ALSAError) {
      return try openAs(device, direction, wish, period, buffer)
    } catch {
      // What was asked for by name must be the card's own.
      guard error.isRefusal, wish == ShapeWish(), device.utf8.starts(with: "hw:".utf8) else {
        throw error
      }
      // What it said of itself is the better reason, should this fail as well.
      do throws(ALSAError) {
        return try openAs("plug" + device, direction, wish, period, buffer)
      } catch _ { throw error }
    }
  }

  private static func openAs(
    _ device: String, _ direction: Direction, _ wish: ShapeWish, _ period: SampleSpan,
    _ buffer: SampleSpan
  ) throws(ALSAError) -> PCM {
    // ALSA writes half a page to standard error for each card that is not there.
    calsa_be_quiet()
    var handle: OpaquePointer?
    let stream = direction == .microphone ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
    try ALSAError.check(
      snd_pcm_open(&handle, device, stream, CInt(SND_PCM_NONBLOCK)), "open", device)
    let granted: Granted
    do throws(ALSAError) {
      granted = try Negotiation(
        handle: handle!, device: device, wish: wish, period: period, buffer: buffer
      ).settle()
    } catch {
      snd_pcm_close(handle)
      throw error
    }
    return PCM(owning: handle!, device, direction, granted)
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

  /// It gives sound as fast as it is read: no clock stands behind it.
  public static func racing(_ device: String) -> ALSAError {
    ALSAError(device: device, action: "get sound in time from", code: -ERANGE)
  }

  /// It runs at another rate than it claims.
  public static func pace(_ device: String, _ rate: Int) -> ALSAError {
    ALSAError(device: device, action: "believe", code: Int32(rate))
  }

  /// - Returns: samples of each channel that were moved, 0 when the card has none ready. A stumble is
  ///   repaired and counted.
  public mutating func read(
    _ bytes: UnsafeMutableRawBufferPointer, frameCount: Int
  ) throws(ALSAError) -> Int {
    precondition(bytes.count >= frameCount * granted.shape.bytesPerFrame)
    let count = snd_pcm_readi(handle, bytes.baseAddress, snd_pcm_uframes_t(frameCount))
    if count >= 0 { return Int(count) }
    try recover(Int32(count))
    return 0
  }

  /// The same for the loudspeaker.
  public mutating func write(
    _ bytes: UnsafeRawBufferPointer, frameCount: Int
  ) throws(ALSAError) -> Int {
    precondition(bytes.count >= frameCount * granted.shape.bytesPerFrame)
    let count = snd_pcm_writei(handle, bytes.baseAddress, snd_pcm_uframes_t(frameCount))
    if count >= 0 { return Int(count) }
    try recover(Int32(count))
    return 0
  }

  /// What was taken back, with nothing repaired.
  ///
  /// - Returns: nil where the card has stumbled.
  public func writeAgain(_ bytes: UnsafeRawBufferPointer, frameCount: Int) -> Int? {
    precondition(bytes.count >= frameCount * granted.shape.bytesPerFrame)
    let count = snd_pcm_writei(handle, bytes.baseAddress, snd_pcm_uframes_t(frameCount))
    return count >= 0 ? Int(count) : nil
  }

  /// Ready to be given sound, should it have stumbled.
  public mutating func makeReady() throws(ALSAError) {
    switch snd_pcm_state(handle) {
    case SND_PCM_STATE_XRUN: try recover(-EPIPE)
    case SND_PCM_STATE_SUSPENDED: try recover(-ESTRPIPE)
    default: break
    }
  }

  private mutating func recover(_ code: Int32) throws(ALSAError) {
    switch -code {
    case EAGAIN, EINTR: return
    case EPIPE: break
    case ESTRPIPE:
      // libasound's own way out of a suspend sleeps for seconds. Not yet awake is asked again.
      let answer = snd_pcm_resume(handle)
      if answer == 0 || answer == -EAGAIN {
        if answer == 0 { stumbles += 1 }
        return
      }
    default: try ALSAError.check(code, "go on with", device)
    }
    stumbles += 1
    try ALSAError.check(snd_pcm_prepare(handle), "go on with", device)
    if direction == .microphone { try start() }
  }

  /// Nil when the card does not say, for it has stumbled or was never started.
  public var queue: Queue? {
    var room: snd_pcm_sframes_t = 0
    var delay: snd_pcm_sframes_t = 0
    // What a sound server has fetched is a guess of its own.
    guard granted.isHardware || granted.isCoarse else {
      guard snd_pcm_delay(handle, &delay) == 0 else { return nil }
      return Queue(waiting: max(0, Int(delay)), fetched: 0)
    }
    guard snd_pcm_avail_delay(handle, &room, &delay) == 0 else { return nil }
    let waiting = max(0, granted.buffer - Int(room))
    return Queue(waiting: waiting, fetched: max(0, Int(delay) - waiting))
  }

  /// Samples of each channel that wait to be read, or for which there is room.
  public var available: Int { max(0, Int(snd_pcm_avail(handle))) }

  /// Takes back what was written last and still waits in the buffer.
  ///
  /// - Parameters:
  ///   - frameCount: at most.
  ///   - margin: so much of it the card may fetch meanwhile: it is left.
  ///   - least: less is not worth it.
  /// - Returns: how many samples of each channel; 0 where the card does not give back.
  public func takeBack(_ frameCount: Int, but margin: Int = 0, atLeast least: Int = 1) -> Int {
    guard granted.isHardware, snd_pcm_avail(handle) >= 0 else { return 0 }
    let most = min(frameCount, Int(snd_pcm_rewindable(handle)) - margin)
    guard most >= max(1, least) else { return 0 }
    return max(0, Int(snd_pcm_rewind(handle, snd_pcm_uframes_t(most))))
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

  /// Set up, and not started yet.
  public var isReady: Bool { snd_pcm_state(handle) == SND_PCM_STATE_PREPARED }
  public var isRunning: Bool { snd_pcm_state(handle) == SND_PCM_STATE_RUNNING }
}
