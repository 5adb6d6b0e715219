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

  /// A stall as long as this is nothing that a cushion could help, in microseconds.
  private static let stall: Int64 = 100_000
  /// Over which what is left out is blended, in samples of ours.
  private static let blend = 32

  private var pcm: PCM
  private let shape: CardShape
  private let isHardware: Bool
  private var output: CardOutput
  private var tape = PlayedTape()
  private var keeper: QueueKeeper
  private var cushion: Cushion
  /// The cushion as it is now; it changes when nobody hears it.
  private var depth: Int
  private var canTakeBack = false
  private var least = Int.max
  private var frames = 0
  private var spills = 0
  /// Samples of silence put in, less those left out.
  private var jumped = 0
  private var lastDelay = 0
  /// When the last frame came, in microseconds; 0 before the first.
  private var lastTime: Int64 = 0
  let name: String
  let card: String?

  static func open(_ settings: DeviceSettings.ALSA) throws(ALSAError) -> ALSALoudspeaker {
    let wish = ShapeWish(rate: settings.rate, leastChannels: settings.loudspeakerChannel)
    let pcm = try PCM.open(
      settings.loudspeaker, .loudspeaker, wish: wish, period: settings.period,
      buffer: settings.buffer)
    return ALSALoudspeaker(pcm, channel: settings.loudspeakerChannel)
  }

  private init(_ pcm: consuming PCM, channel: Int) {
    let granted = pcm.granted
    shape = granted.shape
    isHardware = granted.isHardware
    name = "\(pcm.device) (\(shape.description))"
    card = pcm.card
    self.pcm = pcm
    output = CardOutput(shape, channel: channel)
    depth =
      granted.isHardware
      ? ALSALoudspeaker.hardCushion : ALSALoudspeaker.servedCushion
    cushion = Cushion(start: depth)
    keeper = QueueKeeper(kind: granted.isHardware ? .hardware : .converting)
  }

  // MARK: Playing

  func play(_ frame: borrowing Frame, behind: Float) throws(CardTrouble) {
    let isSilent = frame.isSilent
    do throws(ALSAError) {
      var leftOut = 0
      if let queued = pcm.isRunning ? pcm.delay : nil {
        leftOut = try keep(ours(queued), behind, isQuiet: isSilent && output.isQuiet)
      } else {
        try restart(behind)
      }
      tape.write(frame)
      let count =
        leftOut > 0 && !isSilent
        ? output.take(
          ALSALoudspeaker.leaveOut(leftOut, of: frame), from: leftOut, isSilent: isSilent)
        : output.take(frame, from: leftOut, isSilent: isSilent)
      // What does not fit is dropped: the keeper sees to it that there is room again.
      let written = try pcm.write(output.bytes, frameCount: count)
      if written < count {
        spills += 1
        jumped -= ours(count - written)
      }
      // One that has stumbled in between has nothing to begin with: it begins with the next frame.
      if written > 0, !pcm.isRunning { try pcm.start() }
    } catch {
      throw CardTrouble(code: error.code)
    }
    lastTime = MonotonicClock.microseconds()
  }

  /// - Returns: how many samples of the frame are to be left out.
  private func keep(_ queued: Int, _ behind: Float, isQuiet: Bool) throws(ALSAError) -> Int {
    lastDelay = queued + Frame.sampleCount
    least = min(least, queued)
    frames += 1
    if frames == QueueKeeper.blockFrames {
      _ = cushion.survived(least: least)
      frames = 0
      least = .max
    }
    if isQuiet, cushion.length != depth { return try resize() }
    let jump = keeper.hear(lag: Float(queued) + behind, moved: output.moved, isSilent: isQuiet)
    output.setStretch(ppm: keeper.stretchPPM)
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

  /// In silence, to what the cushion is now.
  ///
  /// - Returns: how many samples of the frame are to be left out.
  private func resize() throws(ALSAError) -> Int {
    let more = max(cushion.length - depth, ALSALoudspeaker.blend - Frame.sampleCount)
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
    depth = cushion.length
    keeper.begin(aim: isHardware ? Float(depth) : nil)
    output.forget()
    frames = 0
    least = .max
    try write(silence: max(0, depth - Int(behind)))
    if lastTime == 0, isHardware { try tryTakingBack() }
    tape.writeSilence(depth)
    lastDelay = depth + Frame.sampleCount
  }

  /// Only trying tells whether it gives back what it was given. What does must not be as short.
  private func tryTakingBack() throws(ALSAError) {
    let count = pcm.takeBack(1)
    canTakeBack = count > 0
    guard canTakeBack else { return }
    output.makeSilence(count)
    _ = try pcm.write(output.bytes, frameCount: count)
    let more = ALSALoudspeaker.softCushion - depth
    guard more > 0 else { return }
    depth += more
    cushion = Cushion(start: depth)
    keeper.begin(aim: Float(depth))
    try write(silence: more)
  }

  private func write(silence samples: Int) throws(ALSAError) {
    var left = samples * shape.rate / Frame.sampleRate
    while left > 0 {
      let count = min(left, output.capacity)
      output.makeSilence(count)
      if try pcm.write(output.bytes, frameCount: count) < count { return }
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

  private func ours(_ frames: Int) -> Int { frames * Frame.sampleRate / shape.rate }

  // MARK: What is in the air

  func readPlayed(into frame: inout Frame) -> Bool {
    tape.read(behind: depth, into: &frame)
    return true
  }

  func takeBack() -> Int {
    guard canTakeBack, let queued = pcm.delay else { return 0 }
    let granted = pcm.granted
    let margin =
      shape.rate * ALSALoudspeaker.margin / 1_000 + (granted.isCoarse ? granted.period : 0)
    let fade = ALSALoudspeaker.fade * shape.rate / Frame.sampleRate
    let wanted = min(queued - margin, output.remembered)
    guard wanted > fade else { return 0 }
    let count = pcm.takeBack(wanted)
    guard count > 0 else { return 0 }
    let faded = min(fade, count)
    output.silence(last: count, fade: faded)
    var done = 0
    while done < count {
      let made = output.remake(last: count, from: done)
      done += made
      // It cannot fail for want of room: there was a sound where this goes. If the card has stumbled
      // meanwhile, the next frame begins anew.
      guard let written = pcm.writeAgain(output.bytes, frameCount: made), written == made else {
        break
      }
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
      deviation: keeper.drift?.deviation ?? .infinity)
  }
  var stumbles: Int { pcm.stumbles + spills }
}
