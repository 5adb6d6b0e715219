internal import Linux
internal import Room
internal import VoiceCore

/// The simulated room as a microphone: real time, or a whole multiple of it. `RoomLoudspeaker` is the
/// other half.
final class RoomCard: Microphone {
  private var room: Room
  private let bridge: Bridge
  private var pacer: Pacer
  private let isHurried: Bool
  private var lastFrame: Int64 = 0
  fileprivate var lastPlayed = Frame()
  let name: String

  init(room: consuming Room, speed: Int, name: String, bridge: Bridge) {
    self.room = room
    self.bridge = bridge
    self.name = name
    isHurried = speed > 1
    pacer = Pacer(speed: speed)
  }

  /// Who lives faster than the clock may not leave the others behind, or frames are lost, answers tear
  /// and the agent seems dead: a few frames ahead of the conversation are enough, and while the agent
  /// owes something there is no hurry.
  private func awaitOthers() {
    let start = MonotonicClock.microseconds()
    var now = start
    while bridge.heard.count > RoomCard.framesAhead && now - start < RoomCard.longestWait
      || bridge.isAgentAwaited && now - lastFrame < RoomCard.frame
    {
      if bridge.isStopping { break }
      MonotonicClock.sleep(untilMicroseconds: now + RoomCard.look)
      now = MonotonicClock.microseconds()
    }
    lastFrame = now
  }
  private static let framesAhead = 4
  /// All in microseconds. Who is not back after a second is stuck.
  private static let longestWait: Int64 = 1_000_000
  private static let frame: Int64 = 10_000
  private static let look: Int64 = 30

  func listen(into mic: inout Frame) {
    pacer.wait()
    if isHurried { awaitOthers() }
    room.next(hearing: lastPlayed, into: &mic)
    while let event = room.takeEvent() { _ = bridge.roomEvents.push(event) }
  }

  var trueEchoDelay: Float? { room.echoDelay }
  var stumbles: Int { 0 }

  fileprivate var loudspeakerDelay: SampleSpan { room.loudspeakerDelay }
  fileprivate var loudspeakerStumbles: Int { room.stumbles }
}

/// What plays in the room.
final class RoomLoudspeaker: Loudspeaker {
  private let card: RoomCard

  init(in card: RoomCard) { self.card = card }

  var name: String { card.name }
  func play(_ frame: borrowing Frame, behind: Float) { card.lastPlayed = copy frame }
  var delay: SampleSpan { card.loudspeakerDelay }
  var stumbles: Int { card.loudspeakerStumbles }
}

/// A recording as microphone, its loudspeaker as a recording. After its end comes silence.
final class WaveCard: Microphone, Loudspeaker {
  private let sound: [Int16]
  private var next = 0
  private var pacer: Pacer
  let name: String

  init(sound: [Int16], speed: Int, name: String) {
    self.sound = sound
    self.name = name
    pacer = Pacer(speed: speed)
  }

  func listen(into mic: inout Frame) {
    pacer.wait()
    for index in 0..<Frame.sampleCount {
      mic[index] = next < sound.count ? sound[next] : 0
      next += 1
    }
  }

  /// The loop records what was played.
  func play(_ frame: borrowing Frame, behind: Float) {}

  var stumbles: Int { 0 }
}
