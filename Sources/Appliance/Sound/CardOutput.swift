internal import SoundPath
internal import SpeexDSP
internal import VoiceCore

/// Our frames on their way to a card's bytes: made longer or shorter, converted to its rate, written in
/// its shape. It remembers what it made, so that a part that was taken back can be made again, quieter.
struct CardOutput: ~Copyable {
  /// Frames without a sound after which nothing of it is left in the filters.
  private static let quietAfter = 2

  private let shape: CardShape
  private let channel: Int
  private var slewer = Slewer()
  private var converter: RateConverter?
  private let numbers: UnsafeMutableBufferPointer<Float>
  private let slewed: UnsafeMutableBufferPointer<Float>
  private let converted: UnsafeMutableBufferPointer<Float>
  private let room: UnsafeMutableRawBufferPointer
  /// The last that was made, at the card's rate, in a ring.
  private let past: UnsafeMutableBufferPointer<Float>
  private var pastCount: Int64 = 0
  private var quietFrames = CardOutput.quietAfter
  /// What silence owes to a rate whose frames are no whole number, in parts of a sample.
  private var owed = 0

  /// The most that `bytes` can hold, in samples of each channel.
  let capacity: Int
  /// Samples of ours that went in and have not come out.
  let inside: Int

  init(_ shape: CardShape, channel: Int) {
    self.shape = shape
    self.channel = channel
    var inside = Slewer.delay
    if shape.rate != Frame.sampleRate {
      let made = RateConverter.open(from: Frame.sampleRate, to: shape.rate)
      inside += Int((made.delay * Double(Frame.sampleRate)).rounded())
      converter = consume made
    }
    self.inside = inside
    numbers = .allocate(capacity: Frame.sampleCount)
    numbers.initialize(repeating: 0)
    slewed = .allocate(capacity: Slewer.mostOutput)
    slewed.initialize(repeating: 0)
    // A sample more than the ratio says is what a fraction can come to.
    capacity = Slewer.mostOutput * shape.rate / Frame.sampleRate + 2
    converted = .allocate(capacity: capacity)
    converted.initialize(repeating: 0)
    room = .allocate(byteCount: capacity * shape.bytesPerFrame, alignment: 16)
    var size = 1_024
    while size < shape.rate / 10 { size *= 2 }
    past = .allocate(capacity: size)
    past.initialize(repeating: 0)
  }
  deinit {
    numbers.deallocate()
    slewed.deallocate()
    converted.deallocate()
    room.deallocate()
    past.deallocate()
  }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(room) }
  var moved: Double { slewer.moved }
  /// What went in last was silence, and so is all that has yet to come out.
  var isQuiet: Bool { quietFrames >= CardOutput.quietAfter }

  mutating func setStretch(ppm: Float) { slewer.setStretch(ppm: ppm) }

  /// What has not come out will not be heard.
  mutating func forget() {
    slewer.forget()
    converter?.forget()
    quietFrames = CardOutput.quietAfter
  }

  /// - Parameter first: what comes before it is left out.
  /// - Returns: how many samples of each channel are in `bytes`.
  mutating func take(_ frame: borrowing Frame, from first: Int, isSilent: Bool) -> Int {
    let wasQuiet = isQuiet
    quietFrames = isSilent ? min(quietFrames + 1, CardOutput.quietAfter) : 0
    let count = Frame.sampleCount - first
    guard !(wasQuiet && isSilent) else { return takeSilence(count) }
    for index in 0..<count { numbers[index] = Float(frame[first + index]) }
    var made = slewer.pass(
      numbers.baseAddress!, count: count, isSilent: isSilent, into: slewed)
    var sound = slewed.baseAddress!
    if converter != nil {
      made = converter!.convert(sound, count: made, into: converted)
      sound = converted.baseAddress!
    }
    remember(sound, count: made)
    Interleaving.write(sound, frameCount: made, shape, channel: channel, into: room)
    return made
  }

  private mutating func takeSilence(_ count: Int) -> Int {
    let made = slewer.pass(numbers.baseAddress!, count: count, isSilent: true, into: slewed)
    owed += made * shape.rate
    let frames = min(owed / Frame.sampleRate, capacity)
    owed %= Frame.sampleRate
    makeSilence(frames)
    return frames
  }

  /// - Parameter frameCount: `capacity` at most.
  mutating func makeSilence(_ frameCount: Int) {
    for index in 0..<frameCount { converted[index] = 0 }
    remember(converted.baseAddress!, count: frameCount)
    // Nought is silence in every format.
    let count = frameCount * shape.bytesPerFrame
    UnsafeMutableRawBufferPointer(rebasing: room[..<count]).initializeMemory(
      as: UInt8.self, repeating: 0)
  }

  // MARK: What was made

  /// Samples of each channel that can be made again.
  var remembered: Int { Int(min(pastCount, Int64(past.count))) }

  private mutating func remember(_ sound: UnsafePointer<Float>, count: Int) {
    let mask = Int64(past.count - 1)
    for index in 0..<count { past[Int((pastCount + Int64(index)) & mask)] = sound[index] }
    pastCount += Int64(count)
  }

  /// The last `count` samples fade to nothing within the first `fade` of them.
  mutating func silence(last count: Int, fade: Int) {
    let mask = Int64(past.count - 1)
    for index in 0..<count {
      let gain = index < fade ? 1 - Float(index + 1) / Float(fade) : 0
      past[Int((pastCount - Int64(count - index)) & mask)] *= gain
    }
  }

  /// Makes a piece of the last `count` samples again, beginning with the `first` of them.
  ///
  /// - Returns: how many samples of each channel are in `bytes`.
  mutating func remake(last count: Int, from first: Int) -> Int {
    let mask = Int64(past.count - 1)
    let made = min(count - first, capacity)
    for index in 0..<made {
      converted[index] = past[Int((pastCount - Int64(count - first - index)) & mask)]
    }
    Interleaving.write(
      converted.baseAddress!, frameCount: made, shape, channel: channel, into: room)
    return made
  }
}
