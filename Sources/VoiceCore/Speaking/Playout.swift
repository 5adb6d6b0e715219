/// Ten milliseconds of a reply on the way to the loudspeaker, or the mark of its end.
public struct PlayableFrame: Sendable, BitwiseCopyable {
  public enum Kind: Equatable, Sendable, BitwiseCopyable { case sound, end }

  public var reply: ReplyID
  public var kind: Kind
  public var frame: Frame

  public init(reply: ReplyID, kind: Kind, frame: Frame = .silence) {
    self.reply = reply
    self.kind = kind
    self.frame = frame
  }
}

/// How far the loudspeaker is in which reply.
public struct Playhead: Equatable, Sendable, BitwiseCopyable {
  public enum State: Equatable, Sendable, BitwiseCopyable {
    case silent, playing, held, underrun, drained
  }

  public var state: State
  /// Meaningful unless silent.
  public var reply: ReplyID
  public var played: SampleSpan

  public init(state: State, reply: ReplyID = ReplyID(0), played: SampleSpan = .zero) {
    self.state = state
    self.reply = reply
    self.played = played
  }

  /// A person could speak over it: sound comes out, was held, or will go on in a moment.
  public var isAudible: Bool { state == .playing || state == .held || state == .underrun }
}

/// What the loudspeaker gets: the audible reply and nothing else, with soft edges.
///
/// Stale sound is refused by name: frames of any other reply are dropped as they come.
public struct Playout: Sendable {
  /// A change of gain is spread over this many samples (5 ms): a hard cut clicks.
  static let fade = 80

  public private(set) var playhead = Playhead(state: .silent)
  private var gain: Float = 0
  private var dropped: ReplyID?
  /// The reply's last frames as they came, and how many samples of them are to come again.
  private var past = PastFrames()
  private var back = 0

  private let duckedGain: Float

  public init(duckedGain: Float = Interrupter.Settings().duckedGain) {
    self.duckedGain = duckedGain
  }

  /// Whether a reply sounds that `next` is about to silence.
  public func isCut(audible: ReplyID?, order: Interrupter.Order) -> Bool {
    playhead.state == .playing && gain > 0
      && (order == .hold || order == .drop || audible != playhead.reply)
  }

  /// So many samples of the reply that were handed over will not be heard: the card gave them back.
  /// Should the reply go on, it goes on with them.
  public mutating func tookBack(_ samples: Int) {
    let most = min(PastFrames.samples - Frame.sampleCount, Int(playhead.played.samples))
    let count = min(samples, most - back)
    guard count > 0 else { return }
    back += count
    playhead.played = playhead.played - SampleSpan(samples: Int64(count))
    gain = 0
  }

  /// Fills `out` with what the loudspeaker plays next.
  ///
  /// - Parameters:
  ///   - audible: the one reply that may be heard.
  ///   - peek: the next queued frame, left where it is.
  ///   - pop: removes it.
  public mutating func next(
    audible: ReplyID?, order: Interrupter.Order, volume: Float, into out: inout Frame,
    peek: () -> PlayableFrame?, pop: () -> Void
  ) {
    let wasPlaying = playhead.state == .playing && gain > 0
    if order == .drop, playhead.isAudible { dropped = playhead.reply }
    let isOver = dropped == playhead.reply || audible != playhead.reply
    if wasPlaying && isOver {
      // Its last frame fades; the next call finds whatever may be heard then.
      take(playhead.reply, into: &out, peek: peek, pop: pop)
      ramp(&out, to: 0)
      playhead.state = .silent
      return
    }
    if isOver { playhead.state = .silent }
    if let audible, audible != playhead.reply {
      playhead = Playhead(state: .silent, reply: audible)
      back = 0
    }

    // A held reply keeps its place; only the fade-out still moves it.
    if order == .hold, playhead.isAudible {
      if gain == 0 { out = .silence } else { take(audible, into: &out, peek: peek, pop: pop) }
      if playhead.isAudible { playhead.state = .held }
      ramp(&out, to: 0)
      return
    }
    let count = take(dropped == audible ? nil : audible, into: &out, peek: peek, pop: pop)
    guard playhead.state == .playing else {
      // What comes after silence fades in.
      gain = 0
      return
    }
    ramp(&out, to: order == .duck ? volume * duckedGain : volume)
    // Nothing behind it: whether the next frame is late or this was the last of a reply that broke
    // off, it must not end in a cut.
    let next = peek()
    let goesOn = back > 0 || next?.kind == .sound && next?.reply == playhead.reply
    if !goesOn { fadeTail(&out, count: count) }
  }

  /// The next frame of `wanted`; everything else in front of it is thrown away.
  ///
  /// - Returns: how many samples of it are sound.
  @discardableResult
  private mutating func take(
    _ wanted: ReplyID?, into out: inout Frame, peek: () -> PlayableFrame?, pop: () -> Void
  ) -> Int {
    out = .silence
    if wanted == playhead.reply, back >= Frame.sampleCount {
      past.read(back, into: &out)
      back -= Frame.sampleCount
      return sound(Frame.sampleCount)
    }
    // Bounded by the queue: every pass takes one frame out of it.
    while let queued = peek() {
      guard let wanted, queued.reply == wanted else {
        pop()
        continue
      }
      guard queued.kind == .sound else {
        if back > 0 { return rest(into: &out) }
        pop()
        playhead.state = .drained
        return 0
      }
      pop()
      past.add(queued.frame)
      past.read(back + Frame.sampleCount, into: &out)
      return sound(Frame.sampleCount)
    }
    if wanted == playhead.reply, back > 0 { return rest(into: &out) }
    if playhead.state == .playing || playhead.state == .held { playhead.state = .underrun }
    return 0
  }

  /// What is to come again is less than a frame, and nothing follows.
  private mutating func rest(into out: inout Frame) -> Int {
    past.read(back, into: &out)
    for index in back..<Frame.sampleCount { out[index] = 0 }
    defer { back = 0 }
    return sound(back)
  }

  private mutating func sound(_ count: Int) -> Int {
    playhead.state = .playing
    playhead.played += SampleSpan(samples: Int64(count))
    return count
  }

  private mutating func ramp(_ frame: inout Frame, to target: Float) {
    let step = (target - gain) / Float(Playout.fade)
    for index in 0..<Frame.sampleCount {
      if index < Playout.fade { gain += step }
      frame[index] = scaled(frame[index], gain)
    }
    gain = target
  }

  /// The last of the first `count` samples.
  private mutating func fadeTail(_ frame: inout Frame, count: Int) {
    let fade = min(Playout.fade, count)
    for index in 0..<fade {
      let place = count - fade + index
      frame[place] = scaled(frame[place], 1 - Float(index + 1) / Float(fade))
    }
    gain = 0
  }

  private func scaled(_ sample: Int16, _ gain: Float) -> Int16 {
    Int16(max(-32_768, min(32_767, (Float(sample) * gain).rounded())))
  }
}

/// Volume as people think of it: 0 is silence, 100 is full scale, each step sounds alike.
public enum Volume {
  public static let range = 0...100

  public static func gain(_ percent: Int) -> Float {
    guard percent > 0 else { return 0 }
    // 40 dB over the range.
    return gain(decibels: (Float(min(percent, 100)) - 100) * 0.4)
  }

  public static func gain(decibels: Float) -> Float { exp2(decibels / 6.0206) }
}
