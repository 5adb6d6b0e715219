internal import VoiceCore

/// Sound that says of itself what it is. Downwards each frame carries its number in the signs of its
/// samples, which no fade and no volume change; upwards in its first samples. Packets are no Opus
/// behind their first byte, but are as long as that says.
enum SoundCode {
  static let loudness: Int16 = 12_000
  /// Samples that a fade takes at least.
  static let fade = 80
  /// Signs that are read; where a frame fades out they are long over.
  static let bits = 32

  // MARK: Replies

  /// - Parameter frames: 1, 2 or 6.
  static func replyPacket(first: Int, frames: Int) -> [UInt8] {
    let kind: UInt8 = frames == 1 ? 0x40 : frames == 2 ? 0x48 : 0x58
    var packet = [UInt8](repeating: 0, count: 5 + frames * 4)
    packet[0] = kind
    for index in 0..<4 { packet[1 + index] = UInt8(truncatingIfNeeded: first >> (24 - 8 * index)) }
    return packet
  }

  /// The numbers of its frames.
  static func frames(ofReplyPacket packet: [UInt8]) -> Range<Int> {
    guard packet.count >= 5, let span = PacketCoding.duration(of: packet) else { return 0..<0 }
    let first = packet[1...4].reduce(0) { $0 << 8 | Int($1) }
    return first..<first + span.frames
  }

  static func replyFrame(_ number: Int) -> Frame {
    var frame = Frame()
    for index in 0..<Frame.sampleCount {
      frame[index] = number >> (index % bits) & 1 == 1 ? loudness : -loudness
    }
    return frame
  }

  /// The number of the reply's frame that is heard in this one; nil in silence.
  static func number(heardIn frame: borrowing Frame) -> Int? {
    var number = 0
    for index in 0..<bits {
      let sample = frame[index]
      if sample == 0 { return nil }
      if sample > 0 { number |= 1 << index }
    }
    return number
  }

  // MARK: Turns

  static func micFrame(_ number: Int) -> Frame {
    var frame = Frame.silence
    frame[0] = Int16(truncatingIfNeeded: number)
    frame[1] = Int16(truncatingIfNeeded: number >> 16)
    return frame
  }

  static func number(ofMicFrame frame: borrowing Frame) -> Int {
    Int(UInt16(bitPattern: frame[0])) | Int(frame[1]) << 16
  }

  /// Sixty milliseconds; what fills up the last packet is of number -1.
  static func turnPacket(_ numbers: [Int]) -> [UInt8] {
    var packet: [UInt8] = [0x58]
    packet.reserveCapacity(25)
    for index in 0..<6 {
      let number = index < numbers.count ? numbers[index] : -1
      for shift in [24, 16, 8, 0] { packet.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    return packet
  }

  static func numbers(ofTurnPacket packet: [UInt8]) -> [Int] {
    stride(from: 1, to: packet.count - 3, by: 4).map { place in
      Int(Int32(truncatingIfNeeded: packet[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }))
    }
  }
}
