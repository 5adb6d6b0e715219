internal import ALSA
internal import Linux
internal import Settings
internal import SoundPath
internal import VoiceCore

/// A real card's capture side, in the shape it has.
final class ALSAMicrophone: Microphone {
  /// A card that gives nothing for this long is gone, whatever it says: the clock stands still
  /// meanwhile. A sound server wakes up as seldom as it likes.
  private static let longestWait: Int32 = 200
  private static let longestServedWait: Int32 = 500
  /// One that was given up for its silence must give sound within this before it is taken again.
  private static let proof: Int32 = 100
  /// Reads and waits for one frame: a healthy card needs a few.
  static let mostPasses = 200
  /// Looks at a card whose position is exact, before it is left to wake us: a period's worth.
  private static let mostNaps = 12
  /// A nap ends a little later than the sample that it waits for, and lasts as long as a USB card's
  /// position stands still, at least; in microseconds.
  private static let spare: Int64 = 100
  private static let shortestNap: Int64 = 1_000
  /// Frames that a sound server may have kept for us, and in how many microseconds it may give them at
  /// once. ALSA's `null` gives them for ever, and the device's clock would run with it.
  private static let mostKept = 200
  private static let leastTime: Int64 = 400_000
  /// Stumbles in one frame: each costs about as long as a frame.
  static let mostStumbles = 20

  private var pcm: PCM
  private let shape: CardShape
  private let longestWait: Int32
  /// Its position moves with the samples, or by periods so short that it hardly matters.
  private let isExact: Bool
  private let bytes: UnsafeMutableRawBufferPointer
  /// The most that is read at a time, in samples of each channel.
  private let blockSize: Int
  private let sound: CapturedChannel
  private let played: CapturedChannel?
  private var isStarted = false
  private var pace: PaceMeter
  private var position: Int64 = 0
  private var lastStumbles = 0
  /// Of a block of `mostKept` frames: how many there were, and when it began.
  private var frames = 0
  private var began: Int64 = 0
  let name: String

  static func open(
    _ settings: DeviceSettings.ALSA, after experience: CardExperience = CardExperience()
  ) throws(ALSAError) -> ALSAMicrophone {
    let wish = ShapeWish(
      rate: settings.rate,
      leastChannels: max(settings.microphoneChannel, settings.referenceChannel))
    let pcm = try PCM.open(
      settings.microphone, .microphone, wish: wish, period: settings.period,
      buffer: settings.buffer)
    if experience.wasSilent {
      try pcm.start()
      try pcm.wait(milliseconds: proof)
    }
    return ALSAMicrophone(pcm, settings, experience.pace)
  }

  private init(_ pcm: consuming PCM, _ settings: DeviceSettings.ALSA, _ pace: Int?) {
    shape = pcm.granted.shape.running(at: pace)
    name = "\(pcm.device) (\(pcm.granted.shape.words(pace)))"
    self.pace = PaceMeter(rate: shape.rate)
    isExact =
      pcm.granted.isHardware
      && (!pcm.granted.isCoarse || pcm.granted.period <= 2 * shape.rate / 1_000)
    longestWait =
      pcm.granted.isHardware ? ALSAMicrophone.longestWait : ALSAMicrophone.longestServedWait
    self.pcm = pcm
    blockSize = 2 * shape.rate * Frame.sampleCount / Frame.sampleRate
    bytes = .allocate(byteCount: blockSize * shape.bytesPerFrame, alignment: 16)
    sound = CapturedChannel(
      shape, channel: settings.microphoneChannel, except: settings.referenceChannel,
      blockSize: blockSize)
    played =
      settings.referenceChannel == 0
      ? nil
      : CapturedChannel(shape, channel: settings.referenceChannel, blockSize: blockSize)
  }
  deinit { bytes.deallocate() }

  func listen(into mic: inout Frame) throws(CardTrouble) {
    do throws(ALSAError) {
      if !isStarted, !pcm.isRunning { try pcm.start() }
      if !isStarted { began = MonotonicClock.microseconds() }
      isStarted = true
      var passes = 0
      let stumbles = pcm.stumbles
      var naps = 0
      while !sound.pop(&mic) {
        passes += 1
        // A card that is neither ready nor broken must not keep a real-time thread busy, nor one that
        // stumbles again and again keep the clock from going on.
        if passes > ALSAMicrophone.mostPasses
          || pcm.stumbles - stumbles > ALSAMicrophone.mostStumbles
        {
          throw PCM.stuck(pcm.device)
        }
        let count = try pcm.read(bytes, frameCount: missing)
        if count == 0 {
          try wait(&naps)
        } else {
          position += Int64(count)
          sound.take(UnsafeRawBufferPointer(bytes), frameCount: count)
          played?.take(UnsafeRawBufferPointer(bytes), frameCount: count)
        }
      }
    } catch {
      throw CardTrouble(code: error.code)
    }
    try checkPace()
  }

  /// Until the rest of a frame should be there. A card wakes us at the ends of its periods alone, and
  /// libasound only if there is a whole one: of which a part may have been read already.
  private func wait(_ naps: inout Int) throws(ALSAError) {
    guard isExact, naps < ALSAMicrophone.mostNaps else {
      return try pcm.wait(milliseconds: longestWait)
    }
    naps += 1
    let rest = Int64(missing) * 1_000_000 / Int64(shape.rate)
    let span = max(rest, ALSAMicrophone.shortestNap) + ALSAMicrophone.spare
    MonotonicClock.sleep(untilMicroseconds: MonotonicClock.microseconds() + span)
  }

  private func checkPace() throws(CardTrouble) {
    // What a sound server gives is in time, whatever its card does.
    guard pcm.granted.isHardware else { return try checkTime() }
    if pcm.stumbles != lastStumbles { pace.cut() }
    lastStumbles = pcm.stumbles
    let now = MonotonicClock.microseconds()
    if let real = pace.hear(position: position, at: now) { throw CardTrouble(code: Int32(real)) }
  }

  private func checkTime() throws(CardTrouble) {
    frames += 1
    guard frames == ALSAMicrophone.mostKept else { return }
    frames = 0
    let before = began
    began = MonotonicClock.microseconds()
    if began - before < ALSAMicrophone.leastTime {
      throw CardTrouble(code: PCM.racing(pcm.device).code)
    }
  }

  /// What a frame still needs of the card, in samples of each channel.
  private var missing: Int {
    let samples = Frame.sampleCount - sound.waiting
    return max(1, min(blockSize, (samples * shape.rate + Frame.sampleRate - 1) / Frame.sampleRate))
  }

  func readReference(into reference: inout Frame) -> Bool { played?.pop(&reference) ?? false }

  var pending: Float {
    Float(sound.waiting)
      + Float(pcm.available) * Float(Frame.sampleRate) / Float(shape.rate)
  }
  var stumbles: Int { pcm.stumbles }
}
