internal import ALSA
internal import Settings
internal import SoundPath
internal import SpeexDSP
internal import VoiceCore

/// A real card's playback side, in the shape it has.
final class ALSALoudspeaker: Loudspeaker {
  /// Frames in front of it: one playing, one waiting. More would delay a mute.
  static let headStart = 2

  private var pcm: PCM
  private let shape: CardShape
  private let channel: Int
  private var converter: RateConverter?
  private let numbers: UnsafeMutableBufferPointer<Float>
  private let converted: UnsafeMutableBufferPointer<Float>
  private let bytes: UnsafeMutableRawBufferPointer
  /// Frames that it had no room for.
  private var spills = 0
  let name: String

  static func open(_ settings: DeviceSettings.ALSA) throws(ALSAError) -> ALSALoudspeaker {
    let wish = ShapeWish(rate: settings.rate, leastChannels: settings.loudspeakerChannel)
    let pcm = try PCM.open(
      settings.loudspeaker, .loudspeaker, wish: wish, period: settings.period,
      buffer: settings.buffer)
    return ALSALoudspeaker(pcm, channel: settings.loudspeakerChannel)
  }

  private init(_ pcm: consuming PCM, channel: Int) {
    shape = pcm.granted.shape
    name = "\(pcm.device) (\(shape.description))"
    card = pcm.card
    self.pcm = pcm
    self.channel = channel
    if shape.rate != Frame.sampleRate {
      converter = RateConverter.open(from: Frame.sampleRate, to: shape.rate)
    }
    numbers = .allocate(capacity: Frame.sampleCount)
    numbers.initialize(repeating: 0)
    // A sample more than the ratio says is what a fraction can come to.
    let most = Frame.sampleCount * shape.rate / Frame.sampleRate + 2
    converted = .allocate(capacity: most)
    converted.initialize(repeating: 0)
    bytes = .allocate(byteCount: most * shape.bytesPerFrame, alignment: 16)
  }
  deinit {
    numbers.deallocate()
    converted.deallocate()
    bytes.deallocate()
  }

  func play(_ frame: borrowing Frame) throws(CardTrouble) {
    do throws(ALSAError) {
      // It is new or ran dry: silence first, so that the next frame has company.
      if !pcm.isRunning {
        for _ in 0..<ALSALoudspeaker.headStart { try write(.silence) }
        if !pcm.isRunning { try pcm.start() }
      }
      try write(frame)
    } catch {
      throw CardTrouble(code: error.code)
    }
  }

  private func write(_ frame: borrowing Frame) throws(ALSAError) {
    for index in 0..<Frame.sampleCount { numbers[index] = Float(frame[index]) }
    var sound = UnsafePointer(numbers.baseAddress!)
    var count = Frame.sampleCount
    if converter != nil {
      count = converter!.convert(sound, count: count, into: converted)
      sound = UnsafePointer(converted.baseAddress!)
    }
    Interleaving.write(sound, frameCount: count, shape, channel: channel, into: bytes)
    // What does not fit is dropped: its clock is slower than the microphone's, or the microphone
    // catches up after a stall.
    let written = try pcm.write(UnsafeRawBufferPointer(bytes), frameCount: count)
    if written < count { spills += 1 }
  }

  let card: String?
  var delay: SampleSpan { pcm.delay }
  var stumbles: Int { pcm.stumbles + spills }
}
