import Replay
import Room
import TestSupport
import VoiceCore

/// A room with a person and a reply in it, recorded: what the microphone and the loudspeaker had.
struct Scene {
  var mic: [Frame] = []
  var reference: [Frame] = []

  /// - Parameters:
  ///   - talker: what the person says, and when it begins, in milliseconds.
  ///   - reply: what the loudspeaker says, and when it begins.
  init(
    seconds: Double, talker: (sound: [Int16], at: Int)? = nil,
    reply: (sound: [Int16], at: Int)? = nil, echoDelay: Int64 = 40, echoDecibels: Int = -12,
    noiseDecibels: Int = -65, seed: UInt64 = 1
  ) throws {
    let script = try TalkerScript.parse(talker.map { "wait \($0.at) ms\nsay it.wav" } ?? "")
    var room = Room(
      script: script, sounds: talker.map { [$0.sound] } ?? [],
      acoustics: RoomAcoustics(
        delay: .milliseconds(echoDelay), gainDecibels: echoDecibels,
        noiseDecibels: noiseDecibels, seed: seed))
    let silence = [Int16](repeating: 0, count: (reply?.at ?? 0) * 16)
    let played = Frame.cut(silence + (reply?.sound ?? []))
    for number in 0..<Int(seconds * 100) {
      let loudspeaker = number < played.count ? played[number] : .silence
      var heard = Frame()
      room.next(hearing: loudspeaker, into: &heard)
      mic.append(heard)
      reference.append(loudspeaker)
    }
  }

  func replay(frames: Int = .max) -> [Replay.Step] {
    var replay = Replay(interrupter: Interrupter.Settings(), endpointer: Endpointer.Settings())
    return zip(mic, reference).prefix(frames).map { replay.hear(mic: $0, reference: $1) }
  }
}

extension Replay.Step {
  /// Everything about it that can be compared.
  func isSame(as other: Replay.Step) -> Bool {
    time == other.time && clean == other.clean && probability == other.probability
      && isSpeech == other.isSpeech && isFar == other.isFar && order == other.order
      && delay == other.delay && drift == other.drift && echoReduction == other.echoReduction
      && events == other.events
  }
}

extension [Replay.Step] {
  /// The first moment, in milliseconds, at which something was known, and what was said of it.
  func first<Found>(_ find: (Replay.Event) -> Found?) -> (knownAt: Int64, found: Found)? {
    for step in self {
      for event in step.events {
        if let found = find(event) { return (step.time.milliseconds, found) }
      }
    }
    return nil
  }

  var events: [Replay.Event] { flatMap(\.events) }
  var onset: Int64? {
    first { if case .speechStart(let start) = $0 { start.milliseconds } else { nil } }?.found
  }
  var bargeIn: (knownAt: Int64, found: Int64)? {
    first { if case .bargeIn(let start) = $0 { start.milliseconds } else { nil } }
  }
  var endpoints: [Int64] {
    events.compactMap { if case .endpoint(let end) = $0 { end.milliseconds } else { nil } }
  }
}
