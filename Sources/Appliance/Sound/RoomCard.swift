internal import Room
internal import VoiceCore

/// The simulated room, both halves at once: real time, or a whole multiple of it.
final class RoomCard: Microphone, Loudspeaker {
  private var room: Room
  private let bridge: Bridge
  private var pacer: Pacer
  private var lastPlayed = Frame()
  let name: String

  init(room: consuming Room, speed: Int, name: String, bridge: Bridge) {
    self.room = room
    self.bridge = bridge
    self.name = name
    pacer = Pacer(speed: speed)
  }

  func listen(into mic: inout Frame) {
    pacer.wait()
    room.next(hearing: lastPlayed, into: &mic)
    while let event = room.takeEvent() { _ = bridge.roomEvents.push(event) }
  }

  func play(_ frame: borrowing Frame, behind: Float) { lastPlayed = copy frame }

  var stumbles: Int { 0 }
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
