internal import ALSA
internal import Linux
internal import Settings
internal import SoundPath
internal import VoiceCore

/// A real card's playback side, in the shape it has. What it plays follows the microphone's clock,
/// and what it has not played yet can be taken back, where the card gives it back.
final class ALSALoudspeaker: Loudspeaker {
  /// In front of it, in samples of ours. What can be taken back may be longer: nobody waits for it.
  private static let softCushion = 192
  private static let hardCushion = 128
  /// A sound server moves in steps of its own.
  private static let servedCushion = 320
  /// Three milliseconds: the shortest that does not click on small loudspeakers.
  private static let fade = 48
  /// What the card may be fetching just now, in thousandths of a second.
  private static let margin = 1
  /// What a card whose position moves by periods is taken to fetch ahead, until it has been seen: a USB
  /// card keeps twelve transfers of a period under way, and 18 ms at most.
  private static let mostTransfers = 12
  private static let mostFetched = 288
  /// It may swing by a transfer: what is less than this is no change, in samples of ours.
  private static let fetchedSwing = 32

  /// A stall as long as this is nothing that a cushion could help, in microseconds.
  private static let stall: Int64 = 100_000
  /// Frames in which a card that plays must have moved: half a second.
  private static let mostStill = 50
  /// Frames in a row in which it had to begin anew: a second in which nothing was heard.
  private static let mostBeginnings = 100
  /// Over which what is left out is blended, in samples of ours.
  private static let blend = 32

  private var pcm: PCM
  private let shape: CardShape
  private let isHardware: Bool
  private var output: CardOutput
  private var tape = PlayedTape()
  private var keeper: QueueKeeper
  private var cushion: Cushion
  /// The cushion as it is now and what the card has fetched; it changes when nobody hears it.
  private var depth: Int
  private var canTakeBack = false
  /// What the card fetches before it plays it, in samples of ours: the cushion lies in front of that.
  private var fetched: Int
  private var mostSeen = 0
  private var least = Int.max
  private var frames = 0
  private var spills = 0
  /// Samples of silence put in, less those left out.
  private var jumped = 0
  private var lastDelay = 0
  private var resets = 0
  private var pace: PaceMeter
  /// What it was given since it was opened, in its own frames; where it was in that, and for how long.
  private var given: Int64 = 0
  private var position: Int64 = 0
  private var still = 0
  private var beginnings = 0
  /// When the last frame came, in microseconds; 0 before the first.
  private var lastTime: Int64 = 0
  let name: String
  let card: String?

  static func open(
    _ settings: DeviceSettings.ALSA, after experience: CardExperience = CardExperience()
  ) throws(ALSAError) -> ALSALoudspeaker {
    let wish = ShapeWish(rate: settings.rate, leastChannels: settings.loudspeakerChannel)
    let pcm = try PCM.open(
      settings.loudspeaker, .loudspeaker, wish: wish, period: settings.period,
      buffer: settings.buffer)
    return ALSALoudspeaker(pcm, channel: settings.loudspeakerChannel, experience.pace)
  }

  private init(_ pcm: consuming PCM, channel: Int, _ pace: Int?) {
    let granted = pcm.granted
    shape = granted.shape.running(at: pace)
    isHardware = granted.isHardware
    name = "\(pcm.device) (\(granted.shape.words(pace)))"
    self.pace = PaceMeter(rate: shape.rate)
    card = pcm.card
    self.pcm = pcm
    output = CardOutput(shape, channel: channel)
    let start = ALSALoudspeaker.cushion(
      granted.isHardware ? ALSALoudspeaker.hardCushion : ALSALoudspeaker.servedCushion, in: granted)
    cushion = Cushion(start: start, limit: ALSALoudspeaker.roomForCushion(granted))
    let ahead = granted.period * Frame.sampleRate / shape.rate * ALSALoudspeaker.mostTransfers
    fetched = granted.isCoarse ? min(ahead, ALSALoudspeaker.mostFetched) : 0
    depth = start + fetched
    keeper = QueueKeeper(kind: granted.isHardware ? .hardware : .converting)
  }

  // MARK: Playing

  func play(_ frame: borrowing Frame, behind: Float) throws(CardTrouble) {
    let isSilent = frame.isSilent
    do throws(ALSAError) {
      var leftOut = 0
      if let queue = pcm.isRunning ? pcm.queue : nil {
        try check(queue.length)
        beginnings = 0
        leftOut = try keep(queue, behind, isQuiet: isSilent && output.isQuiet)
      } else {
        beginnings += 1
        if beginnings > ALSALoudspeaker.mostBeginnings { throw PCM.stuck(pcm.device) }
        try restart(behind)
      }
      tape.write(frame)
      let count =
        leftOut > 0 && !isSilent
        ? output.take(
          ALSALoudspeaker.leaveOut(leftOut, of: frame), from: leftOut, isSilent: isSilent)
        : output.take(frame, from: leftOut, isSilent: isSilent)
      // What does not fit is dropped: the keeper sees to it that there is room again.
      let written = try hand(over: count)
      if written < count {
        spills += 1
        jumped -= ours(count - written)
      }
      // One that has stumbled in between has nothing to begin with: it begins with the next frame.
      if pcm.isReady, written > 0 || pcm.available < pcm.granted.buffer { try pcm.start() }
    } catch {
      throw CardTrouble(code: error.code)
    }
    lastTime = MonotonicClock.microseconds()
  }

  /// Hands what is in `output.bytes` to the card.
  private func hand(over count: Int) throws(ALSAError) -> Int {
    let written = try pcm.write(output.bytes, frameCount: count)
    given += Int64(written)
    return written
  }

  /// Whether it moves, and as fast as it claims.
  private func check(_ queued: Int) throws(ALSAError) {
    // A sound server's delay is a guess of its own.
    guard isHardware else { return }
    let now = given - Int64(queued)
    still = now == position ? still + 1 : 0
    position = now
    if still > ALSALoudspeaker.mostStill { throw PCM.stuck(pcm.device) }
    if let real = pace.hear(position: now, at: MonotonicClock.microseconds()) {
      throw PCM.pace(pcm.device, real)
    }
  }

  /// - Returns: how many samples of the frame are to be left out.
  private func keep(
    _ queue: PCM.Queue, _ behind: Float, isQuiet: Bool
  ) throws(ALSAError) -> Int {
    let queued = ours(queue.length)
    lastDelay = queued + Frame.sampleCount
    least = min(least, ours(queue.waiting))
    mostSeen = max(mostSeen, ours(queue.fetched))
    frames += 1
    if frames == QueueKeeper.blockFrames {
      _ = cushion.survived(least: least)
      if mostSeen > fetched || mostSeen < fetched - ALSALoudspeaker.fetchedSwing {
        fetched = min(mostSeen, Cushion.most)
      }
      beginBlock()
    }
    if isQuiet, cushion.length + fetched != depth { return try resize() }
    let jump = keeper.hear(lag: Float(queued) + behind, moved: output.moved, isSilent: isQuiet)
    output.setStretch(ppm: keeper.stretchPPM)
    if jump != 0 { resets += 1 }
    if jump >= 0 {
      let more = min(jump, Cushion.most)
      jumped += more
      try write(silence: more)
      return 0
    }
    let less = min(-jump, Frame.sampleCount - ALSALoudspeaker.blend)
    jumped -= less
    return less
  }

  private func beginBlock() {
    frames = 0
    mostSeen = 0
    least = .max
  }

  /// In silence, to what the cushion is now.
  ///
  /// - Returns: how many samples of the frame are to be left out.
  private func resize() throws(ALSAError) -> Int {
    let more = max(
      cushion.length + fetched - depth, ALSALoudspeaker.blend - Frame.sampleCount)
    depth += more
    jumped += more
    keeper.move(by: Float(more))
    if more > 0 {
      tape.writeSilence(more)
      try write(silence: more)
    }
    return max(0, -more)
  }

  /// It is new or ran dry: as much silence first as belongs in front of it.
  private func restart(_ behind: Float) throws(ALSAError) {
    let now = MonotonicClock.microseconds()
    if lastTime != 0, now - lastTime < ALSALoudspeaker.stall { cushion.ranDry() }
    try pcm.makeReady()
    if lastTime != 0 { resets += 1 }
    pace.cut()
    still = 0
    if lastTime == 0, isHardware { try tryTakingBack() }
    depth = cushion.length + fetched
    keeper.begin(aim: isHardware ? Float(depth) : nil)
    output.forget()
    beginBlock()
    // What has no room is made good once it plays.
    let room = ALSALoudspeaker.roomForCushion(pcm.granted) + Frame.sampleCount
    try write(silence: max(0, min(depth, room) - Int(behind)))
    tape.writeSilence(depth)
    lastDelay = depth + Frame.sampleCount
  }

  /// Only trying tells whether it gives back what it was given. What does must not be as short.
  private func tryTakingBack() throws(ALSAError) {
    try write(silence: 2)
    let count = pcm.takeBack(2 * shape.rate / Frame.sampleRate)
    canTakeBack = count > 0
    guard canTakeBack else { return }
    given -= Int64(count)
    let granted = pcm.granted
    cushion = Cushion(
      start: ALSALoudspeaker.cushion(ALSALoudspeaker.softCushion, in: granted),
      limit: ALSALoudspeaker.roomForCushion(granted))
  }

  private func write(silence samples: Int) throws(ALSAError) {
    var left = samples * shape.rate / Frame.sampleRate
    while left > 0 {
      let count = min(left, output.capacity)
      output.makeSilence(count)
      if try hand(over: count) < count { return }
      left -= count
    }
  }

  /// The frame without its first samples, so blended that it goes on from what came before.
  private static func leaveOut(_ count: Int, of frame: borrowing Frame) -> Frame {
    var left = copy frame
    for index in 0..<blend {
      let share = Float(index + 1) / Float(blend + 1)
      let sum = Float(frame[index]) * (1 - share) + Float(frame[count + index]) * share
      left[count + index] = Int16(sum)
    }
    return left
  }

  /// As long as is wished, if it and a frame have room in the card.
  private static func cushion(_ wish: Int, in granted: PCM.Granted) -> Int {
    max(blend, min(wish, roomForCushion(granted) + Frame.sampleCount))
  }

  /// Two frames must have room beside it: the one that comes, and one more while we are late.
  private static func roomForCushion(_ granted: PCM.Granted) -> Int {
    granted.buffer * Frame.sampleRate / granted.shape.rate - 2 * Frame.sampleCount
  }

  private func ours(_ frames: Int) -> Int { frames * Frame.sampleRate / shape.rate }

  // MARK: What is in the air

  func readPlayed(into frame: inout Frame) -> Bool {
    tape.read(behind: depth, into: &frame)
    return true
  }

  func takeBack() -> Int {
    guard canTakeBack, pcm.isRunning else { return 0 }
    let granted = pcm.granted
    let margin =
      shape.rate * ALSALoudspeaker.margin / 1_000 + (granted.isCoarse ? granted.period : 0)
    let fade = ALSALoudspeaker.fade * shape.rate / Frame.sampleRate
    let count = pcm.takeBack(output.remembered, but: margin, atLeast: fade)
    guard count > 0 else { return 0 }
    given -= Int64(count)
    output.silence(last: count, fade: fade)
    var done = 0
    while done < count {
      let made = output.remake(last: count, from: done)
      done += made
      // It cannot fail for want of room: there was a sound where this goes. If the card has stumbled
      // meanwhile, the next frame begins anew.
      guard let written = pcm.writeAgain(output.bytes, frameCount: made), written == made else {
        break
      }
      given += Int64(written)
    }
    let samples = ours(count) + output.inside
    output.forget()
    tape.silence(last: samples, fade: ALSALoudspeaker.fade)
    return samples - ALSALoudspeaker.fade
  }

  var moved: Double { output.moved + Double(jumped) }
  var delay: SampleSpan { SampleSpan(samples: Int64(lastDelay)) }
  var echoDelay: SampleSpan {
    SampleSpan(samples: Int64(max(0, lastDelay - Frame.sampleCount - depth)))
  }
  var clock: LoudspeakerClock? {
    LoudspeakerClock(
      latency: keeper.lag ?? Float(depth), ppm: keeper.drift?.ppm ?? 0,
      deviation: keeper.drift?.deviation ?? .infinity, resets: resets)
  }
  var stumbles: Int { pcm.stumbles + spills }
}
