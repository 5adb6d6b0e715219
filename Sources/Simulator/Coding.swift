internal import VoiceCore

/// The daemon's `Uplink` over sound that says what it is.
struct Packer {
  private static let packet = SampleSpan.milliseconds(60)
  private var numbers: [Int] = []
  private var at = SampleSpan.zero

  mutating func add(_ frame: Frame, of turn: TurnID) -> Upstream? {
    numbers.append(SoundCode.number(ofMicFrame: frame))
    return numbers.count == 6 ? code(turn) : nil
  }

  mutating func finish(_ turn: TurnID) -> Upstream? {
    defer { abandon() }
    return numbers.isEmpty ? nil : code(turn)
  }

  mutating func skip(_ turn: TurnID, to place: SampleSpan) -> Upstream? {
    defer { at = place }
    return numbers.isEmpty ? nil : code(turn)
  }

  mutating func abandon() {
    numbers = []
    at = .zero
  }

  private mutating func code(_ turn: TurnID) -> Upstream {
    defer {
      numbers.removeAll(keepingCapacity: true)
      at += Packer.packet
    }
    return .turnAudio(turn, packet: SoundCode.turnPacket(numbers), at: at)
  }
}

/// The daemon's `Downlink` over sound that says what it is.
struct Unpacker {
  private var reply = ReplyID(0)
  private var frames: Range<Int> = 0..<0
  private var hasEnded = false

  mutating func pump(into ring: inout Queue<PlayableFrame>, steps: () -> JitterBuffer.Step?) {
    while ring.count < SharedState.mostToPlay {
      if let number = frames.first {
        frames = frames.dropFirst()
        ring.push(
          PlayableFrame(reply: reply, kind: .sound, frame: SoundCode.replyFrame(number)))
      } else if hasEnded {
        ring.push(PlayableFrame(reply: reply, kind: .end))
        hasEnded = false
      } else {
        guard let step = steps() else { return }
        take(step)
      }
    }
  }

  private mutating func take(_ step: JitterBuffer.Step) {
    switch step {
    case .packet(let reply, let packet):
      if reply != self.reply { begin(reply) }
      frames = SoundCode.frames(ofReplyPacket: packet)
    case .end(let reply):
      if reply != self.reply { begin(reply) }
      hasEnded = true
    }
  }

  private mutating func begin(_ reply: ReplyID) {
    self.reply = reply
    frames = 0..<0
    hasEnded = false
  }
}
