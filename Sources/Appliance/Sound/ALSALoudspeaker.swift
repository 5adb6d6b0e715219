internal import ALSA
internal import VoiceCore

/// A real card's playback side.
final class ALSALoudspeaker: Loudspeaker {
  /// Frames in front of it: one playing, one waiting. More would delay a mute.
  static let headStart = 2

  private var pcm: PCM
  /// Frames that it had no room for.
  private var spills = 0
  let name: String

  static func open(
    _ device: String, period: SampleSpan, buffer: SampleSpan
  ) throws(ALSAError) -> ALSALoudspeaker {
    ALSALoudspeaker(try PCM.open(device, .loudspeaker, period: period, buffer: buffer))
  }

  private init(_ pcm: consuming PCM) {
    name = "\(pcm.device) (\(pcm.granted.period)/\(pcm.granted.buffer))"
    card = pcm.card
    self.pcm = pcm
  }

  func play(_ frame: borrowing Frame) throws(CardTrouble) {
    do throws(ALSAError) {
      // It is new or ran dry: silence first, so that the next frame has company.
      if !pcm.isRunning {
        for _ in 0..<ALSALoudspeaker.headStart { _ = try write(.silence) }
        if !pcm.isRunning { try pcm.start() }
      }
      // What does not fit is dropped: its clock is slower than the microphone's, or the microphone
      // catches up after a stall.
      if try write(frame) < Frame.sampleCount { spills += 1 }
    } catch {
      throw CardTrouble(code: error.code)
    }
  }

  private func write(_ frame: borrowing Frame) throws(ALSAError) -> Int {
    let sound = copy frame
    return try withUnsafeBytes(of: sound.samples) { (bytes) throws(ALSAError) in
      try pcm.write(bytes.bindMemory(to: Int16.self))
    }
  }

  let card: String?
  var delay: SampleSpan { pcm.delay }
  var stumbles: Int { pcm.stumbles + spills }
}
