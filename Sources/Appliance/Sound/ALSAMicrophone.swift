internal import ALSA
internal import VoiceCore

/// A real card's capture side.
final class ALSAMicrophone: Microphone {
  /// A card that gives nothing for this long is gone, whatever it says.
  static let longestWait: Int32 = 500
  /// Reads and waits for one frame: a healthy card needs a few.
  static let mostPasses = 200

  private var pcm: PCM
  private let block: UnsafeMutableBufferPointer<Int16>
  private var isStarted = false
  let name: String

  static func open(
    _ device: String, period: SampleSpan, buffer: SampleSpan
  ) throws(ALSAError) -> ALSAMicrophone {
    ALSAMicrophone(try PCM.open(device, .microphone, period: period, buffer: buffer))
  }

  private init(_ pcm: consuming PCM) {
    name = "\(pcm.device) (\(pcm.granted.period)/\(pcm.granted.buffer))"
    self.pcm = pcm
    block = .allocate(capacity: Frame.sampleCount)
    block.initialize(repeating: 0)
  }
  deinit { block.deallocate() }

  func listen(into mic: inout Frame) throws(CardTrouble) {
    do throws(ALSAError) {
      if !isStarted { try pcm.start() }
      isStarted = true
      var filled = 0
      var passes = 0
      while filled < Frame.sampleCount {
        passes += 1
        // A card that is neither ready nor broken must not keep a real-time thread busy.
        if passes > ALSAMicrophone.mostPasses { throw PCM.stuck(pcm.device) }
        let count = try pcm.read(UnsafeMutableBufferPointer(rebasing: block[filled...]))
        filled += count
        if count == 0 { try pcm.wait(milliseconds: ALSAMicrophone.longestWait) }
      }
    } catch {
      throw CardTrouble(code: error.code)
    }
    for index in 0..<Frame.sampleCount { mic[index] = block[index] }
  }

  var stumbles: Int { pcm.stumbles }
}
