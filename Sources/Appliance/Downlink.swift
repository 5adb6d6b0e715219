internal import Opus
internal import VoiceCore

/// Decodes a reply just ahead of the loudspeaker and cuts it into frames.
struct Downlink: ~Copyable {
  private var decoder: SpeechDecoder
  private var reply = ReplyID(0)
  private var sound: [Int16] = []
  private var next = 0
  private var hasEnded = false

  init(decoder: consuming SpeechDecoder) { self.decoder = decoder }

  /// Fills the ring from `steps` as far as there is room.
  ///
  /// - Returns: packets that were no Opus and were left out.
  mutating func pump(
    into ring: Ring<PlayableFrame>, steps: () -> JitterBuffer.Step?
  ) -> Int {
    var broken = 0
    while !ring.isFull {
      if sound.count - next >= Frame.sampleCount || (hasEnded && next < sound.count) {
        _ = ring.push(PlayableFrame(reply: reply, kind: .sound, frame: cut()))
      } else if hasEnded {
        _ = ring.push(PlayableFrame(reply: reply, kind: .end))
        hasEnded = false
      } else {
        guard let step = steps() else { return broken }
        if !take(step) { broken += 1 }
      }
    }
    return broken
  }

  private mutating func take(_ step: JitterBuffer.Step) -> Bool {
    switch step {
    case .packet(let reply, let packet):
      if reply != self.reply { begin(reply) }
      sound.removeFirst(next)
      next = 0
      do throws(OpusError) { sound += try decoder.decode(packet) } catch { return false }
    case .end(let reply):
      if reply != self.reply { begin(reply) }
      hasEnded = true
    }
    return true
  }

  private mutating func begin(_ reply: ReplyID) {
    self.reply = reply
    sound.removeAll(keepingCapacity: true)
    next = 0
    hasEnded = false
    decoder.reset()
  }

  private mutating func cut() -> Frame {
    var frame = Frame()
    let count = min(Frame.sampleCount, sound.count - next)
    for index in 0..<count { frame[index] = sound[next + index] }
    next += count
    return frame
  }
}
