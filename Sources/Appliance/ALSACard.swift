internal import ALSA
internal import VoiceCore

/// A real sound card, both directions on one thread. The microphone is the clock.
final class ALSACard: SoundCard {
  /// A card that gives nothing for this long is gone, whatever it says.
  static let longestWait: Int32 = 500
  /// Frames in front of the loudspeaker: one playing, one waiting. More would delay a mute.
  static let headStart = 2
  /// Reads and waits for one frame: a healthy card needs a few.
  static let mostPasses = 200

  private var microphone: PCM
  private var loudspeaker: PCM
  private var block: UnsafeMutableBufferPointer<Int16>
  private var filled = 0
  private var isStarted = false
  /// Frames that the loudspeaker had no room for.
  private var spills = 0
  let name: String

  static func open(
    microphone: String, loudspeaker: String, period: SampleSpan, buffer: SampleSpan
  ) throws(ALSAError) -> ALSACard {
    let hears = try PCM.open(microphone, .microphone, period: period, buffer: buffer)
    let speaks = try PCM.open(loudspeaker, .loudspeaker, period: period, buffer: buffer)
    return ALSACard(microphone: hears, loudspeaker: speaks)
  }

  private init(microphone: consuming PCM, loudspeaker: consuming PCM) {
    name =
      "alsa \(microphone.device) (\(microphone.granted.period)/\(microphone.granted.buffer)), \(loudspeaker.device) (\(loudspeaker.granted.period)/\(loudspeaker.granted.buffer))"
    self.microphone = microphone
    self.loudspeaker = loudspeaker
    block = .allocate(capacity: Frame.sampleCount)
    block.initialize(repeating: 0)
  }
  deinit { block.deallocate() }

  func listen(into mic: inout Frame) throws(CardTrouble) {
    do throws(ALSAError) {
      if !isStarted {
        try fillLoudspeaker()
        try microphone.start()
        isStarted = true
      }
      var passes = 0
      while filled < Frame.sampleCount {
        passes += 1
        // A card that is neither ready nor broken must not keep a real-time thread busy.
        if passes > ALSACard.mostPasses { throw PCM.stuck(microphone.device) }
        let rest = UnsafeMutableBufferPointer(rebasing: block[filled...])
        let count = try microphone.read(rest)
        filled += count
        if count == 0 { try microphone.wait(milliseconds: ALSACard.longestWait) }
      }
    } catch {
      throw CardTrouble(code: error.code)
    }
    filled = 0
    for index in 0..<Frame.sampleCount { mic[index] = block[index] }
  }

  func play(_ frame: borrowing Frame) throws(CardTrouble) {
    let sound = copy frame
    do throws(ALSAError) {
      // It ran dry: silence first, so that the next frame has company.
      if !loudspeaker.isRunning { try fillLoudspeaker() }
      try withUnsafeBytes(of: sound.samples) { (bytes) throws(ALSAError) in
        // What does not fit is dropped: the loudspeaker's clock is slower than the microphone's, or
        // the microphone catches up after a stall.
        let written = try loudspeaker.write(bytes.bindMemory(to: Int16.self))
        if written < Frame.sampleCount { spills += 1 }
      }
    } catch {
      throw CardTrouble(code: error.code)
    }
  }

  private func fillLoudspeaker() throws(ALSAError) {
    block.update(repeating: 0)
    for _ in 0..<ALSACard.headStart {
      _ = try loudspeaker.write(UnsafeBufferPointer(block))
    }
    if !loudspeaker.isRunning { try loudspeaker.start() }
    filled = 0
  }

  var playbackDelay: SampleSpan { loudspeaker.delay }
  var stumbles: Int { microphone.stumbles + loudspeaker.stumbles + spills }
}
