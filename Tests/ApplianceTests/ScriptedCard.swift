import Room
import VoiceCore

@testable import Appliance

/// A card that does what a test says, as fast as it can. It takes what the loop tells after each
/// frame, so one thread is enough.
final class ScriptedCard: Microphone, Loudspeaker {
  let name = "scripted"
  var delay = SampleSpan.zero
  var stumbles = 0
  private let bridge: Bridge
  private let frames: Int
  /// What the microphone hears in frame `number`, knowing what was played in the one before.
  private let hear: (_ number: Int, _ played: Frame, _ mic: inout Frame) throws(CardTrouble) -> Void
  private var number = 0
  private(set) var played: [Frame] = []
  private(set) var heard: [HeardFrame] = []
  var takes = true
  var beforeFrame: (Int) -> Void = { _ in }

  init(
    on bridge: Bridge, frames: Int,
    hear: @escaping (Int, Frame, inout Frame) throws(CardTrouble) -> Void = { _, _, _ in }
  ) {
    self.bridge = bridge
    self.frames = frames
    self.hear = hear
  }

  func listen(into mic: inout Frame) throws(CardTrouble) {
    take()
    defer { number += 1 }
    if number == frames - 1 { bridge.isStopping = true }
    beforeFrame(number)
    mic = .silence
    try hear(number, played.last ?? .silence, &mic)
  }

  func play(_ frame: borrowing Frame, behind: Float) { played.append(copy frame) }

  func take() {
    guard takes else { return }
    while let frame = bridge.heard.pop() { heard.append(frame) }
  }

  func run(_ settings: Interrupter.Settings = .init(), cues: CuePlayer = CuePlayer()) {
    bridge.microphone.offer(self)
    bridge.loudspeaker.offer(self)
    var loop = AudioLoop(bridge: bridge, interrupter: settings, cues: cues)
    loop.run()
    take()
  }
}

/// Closures may not capture what cannot be copied.
final class RoomBox {
  private var room: Room
  init(_ room: consuming Room) { self.room = room }
  func next(hearing frame: Frame, into mic: inout Frame) { room.next(hearing: frame, into: &mic) }
}

/// Made here, run on another thread, touched by nobody else.
final class LoopBox: @unchecked Sendable {
  private var loop: AudioLoop
  init(_ loop: consuming AudioLoop) { self.loop = loop }
  func run() { loop.run() }
}
