internal import ALSA
internal import Settings
internal import SoundPath
internal import VoiceCore

/// A real card's capture side, in the shape it has.
final class ALSAMicrophone: Microphone {
  /// A card that gives nothing for this long is gone, whatever it says.
  static let longestWait: Int32 = 500
  /// Reads and waits for one frame: a healthy card needs a few.
  static let mostPasses = 200
  /// Stumbles in one frame: each costs about as long as a frame.
  static let mostStumbles = 20

  private var pcm: PCM
  private let shape: CardShape
  private let bytes: UnsafeMutableRawBufferPointer
  /// The most that is read at a time, in samples of each channel.
  private let blockSize: Int
  private let sound: CapturedChannel
  private let played: CapturedChannel?
  private var isStarted = false
  let name: String

  static func open(_ settings: DeviceSettings.ALSA) throws(ALSAError) -> ALSAMicrophone {
    let wish = ShapeWish(
      rate: settings.rate,
      leastChannels: max(settings.microphoneChannel, settings.referenceChannel))
    let pcm = try PCM.open(
      settings.microphone, .microphone, wish: wish, period: settings.period,
      buffer: settings.buffer)
    return ALSAMicrophone(pcm, settings)
  }

  private init(_ pcm: consuming PCM, _ settings: DeviceSettings.ALSA) {
    shape = pcm.granted.shape
    name = "\(pcm.device) (\(shape.description))"
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
      if !isStarted { try pcm.start() }
      isStarted = true
      var passes = 0
      let stumbles = pcm.stumbles
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
          try pcm.wait(milliseconds: ALSAMicrophone.longestWait)
        } else {
          sound.take(UnsafeRawBufferPointer(bytes), frameCount: count)
          played?.take(UnsafeRawBufferPointer(bytes), frameCount: count)
        }
      }
    } catch {
      throw CardTrouble(code: error.code)
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
