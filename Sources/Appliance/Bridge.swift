internal import Linux
internal import Room
internal import Synchronization
internal import VoiceCore

/// Everything the audio thread and the conversation thread share: a ring each way, counters, and
/// what may be heard. There is nothing else between them.
final class Bridge: @unchecked Sendable {
  /// The conversation may be away for 2.5 s (a slow disk, a name server) before a frame is lost.
  let heard = Ring<HeardFrame>(capacity: 256, filler: HeardFrame(time: .start))
  /// 160 ms of reply ahead of the loudspeaker. It may be deep: what is silenced is dropped by name.
  let toPlay = Ring<PlayableFrame>(
    capacity: 16, filler: PlayableFrame(reply: ReplyID(0), kind: .end))
  let roomEvents = Ring<RoomEvent>(capacity: 64, filler: RoomEvent(.scriptEnded, at: .start))
  /// Only when a recording was asked for.
  let recording: Ring<RecordedFrame>?
  let echo = EchoDesk()
  let echoPlaces = EchoPlaces()
  let measure = MeasureDesk()
  let microphone = Handover<any Microphone>()
  let loudspeaker = Handover<any Loudspeaker>()
  let counters = Counters()
  let wakeup: Wakeup

  private let audibleReply = Atomic<Int64>(-1)
  /// Two gains in one word, so that nobody reads one of before with one of now.
  private let gains = Atomic<UInt64>(0)
  private let mixerGain = Atomic<UInt32>(Float(1).bitPattern)
  private let mutedFlag = Atomic<Bool>(false)
  private let awaitedFlag = Atomic<Bool>(false)
  private let stopFlag = Atomic<Bool>(false)
  /// A cue's number, or that there is to be none; 0 when nothing was ordered.
  private let cueOrder = Atomic<Int>(0)
  private static let noCue = -1

  init(volume: Int, records: Bool) throws(LinuxError) {
    wakeup = try Wakeup.open()
    recording = records ? Ring(capacity: 256, filler: RecordedFrame()) : nil
    let gain = Volume.gain(volume)
    setGain(gain, cues: gain)
  }

  /// The one reply that may be heard.
  var audible: ReplyID? {
    get {
      let number = audibleReply.load(ordering: .acquiring)
      return number < 0 ? nil : ReplyID(UInt32(truncatingIfNeeded: number))
    }
    set { audibleReply.store(newValue.map { Int64($0.number) } ?? -1, ordering: .releasing) }
  }
  /// What we do to replies and to cues; a card's own volume comes behind it.
  func setGain(_ gain: Float, cues: Float) {
    gains.store(UInt64(gain.bitPattern) << 32 | UInt64(cues.bitPattern), ordering: .relaxed)
  }
  /// What the card's mixer does to both behind us. The canceller's reference has it, or every change of
  /// the volume would be another room.
  var hardwareGain: Float {
    get { Float(bitPattern: mixerGain.load(ordering: .relaxed)) }
    set { mixerGain.store(newValue.bitPattern, ordering: .relaxed) }
  }
  var gain: (replies: Float, cues: Float) {
    let both = gains.load(ordering: .relaxed)
    return (
      Float(bitPattern: UInt32(both >> 32)), Float(bitPattern: UInt32(truncatingIfNeeded: both))
    )
  }
  var isMuted: Bool {
    get { mutedFlag.load(ordering: .relaxed) }
    set { mutedFlag.store(newValue, ordering: .relaxed) }
  }
  /// The agent owes us something. Only a room that hurries asks: the network does not hurry with it.
  var isAgentAwaited: Bool {
    get { awaitedFlag.load(ordering: .relaxed) }
    set { awaitedFlag.store(newValue, ordering: .relaxed) }
  }
  var isStopping: Bool {
    get { stopFlag.load(ordering: .acquiring) }
    set { stopFlag.store(newValue, ordering: .releasing) }
  }

  // MARK: Cues

  /// Conversation side. One that was not taken yet is replaced: the newest is what matters.
  func order(_ order: CueOrder) {
    let number =
      switch order {
      case .play(let cue): cue.rawValue
      case .stop: Bridge.noCue
      }
    cueOrder.store(number, ordering: .releasing)
  }
  /// Audio side: each order once.
  func takeCueOrder() -> CueOrder? {
    guard cueOrder.load(ordering: .relaxed) != 0 else { return nil }
    let number = cueOrder.exchange(0, ordering: .acquiring)
    return Cue(rawValue: number).map { .play($0) } ?? .stop
  }
}

/// What the audio thread counts instead of logging.
final class Counters: Sendable {
  let frames = Counter()
  /// Heard frames the conversation had no room for.
  let droppedFrames = Counter()
  let underruns = Counter()
  /// Times the cards ran dry or over.
  let stumbles = Counter()
  let lostRecording = Counter()

  // What `ClockNews` tells.
  /// From a decision to the air, in samples; 0 where nobody knows.
  let latency = Counter()
  /// By how many millionths the loudspeaker's clock is faster than the microphone's.
  let drift = Counter()
  let isDriftKnown = Counter()
  /// Times the loudspeaker's queue had to begin anew.
  let resets = Counter()
}

/// One number that one thread changes and any thread reads.
struct Counter: ~Copyable, Sendable {
  private let number = Atomic<Int>(0)

  func add(_ more: Int = 1) { number.add(more, ordering: .relaxed) }
  var value: Int {
    get { number.load(ordering: .relaxed) }
    nonmutating set { number.store(newValue, ordering: .relaxed) }
  }
}

/// Ten milliseconds for the recording: what the microphone took and what the loudspeaker gave.
struct RecordedFrame: BitwiseCopyable {
  var mic = Frame()
  var speaker = Frame()
}
