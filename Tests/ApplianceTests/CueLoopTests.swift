import Glibc
import Linux
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

/// Cues through the audio thread's own loop.
@Suite struct CueLoopTests {
  private static let plain = CuePlayer(
    sounds: CueSounds { cue in [Int16](repeating: Int16(cue.rawValue * 1_000), count: 16_000) })

  private func bridge() throws -> Bridge { try Bridge(volume: 100, records: false) }

  private func sound(_ card: ScriptedCard) -> [Int16] { card.played.flatMap(\.all) }

  @Test func aCueIsPlayedAtOnceAndTheEchoCancellerKnowsOfIt() throws {
    let bridge = try bridge()
    let card = ScriptedCard(on: bridge, frames: 100)
    card.beforeFrame = { if $0 == 10 { bridge.order(.play(.problem)) } }
    card.run()
    let cue = CueSounds().sound(of: .problem)
    #expect(Array(sound(card)[(1_600 + 160)..<(1_600 + cue.count)]) == Array(cue[160...]))
    #expect(card.played[(10 + 45)...].allSatisfy { $0.isSilent })
    // What is told of the loudspeaker, and used as the reference, is what was played.
    for (number, frame) in card.played.enumerated() {
      #expect(card.heard[number].speaker == Loudness(of: frame))
    }
  }

  /// What the device hears of its own cues, two seconds from one to the next, from cold: the
  /// canceller has never heard this room.
  private func heardOfItself(
    _ order: [Cue], _ cues: CuePlayer = CuePlayer(), echo decibels: Int, seed: UInt64
  ) throws -> [HeardFrame] {
    let bridge = try bridge()
    let acoustics = RoomAcoustics(gainDecibels: decibels, seed: seed)
    let room = RoomBox(
      Room(script: try TalkerScript.parse(""), sounds: [], acoustics: acoustics))
    let card = ScriptedCard(on: bridge, frames: order.count * 200) { _, played, mic in
      room.next(hearing: played, into: &mic)
    }
    card.beforeFrame = { number in
      if number % 200 == 20 { bridge.order(.play(order[number / 200])) }
    }
    card.run(cues: cues)
    return card.heard
  }

  /// A tone that the canceller did not expect is easily taken for a hum, and one that begins a turn
  /// throws the answer away. So each after each other, at full volume, however near the microphone.
  @Test(arguments: [-12, 0, 6])
  func theEchoOfACueIsNobodySpeaking(echo: Int) throws {
    for first in Cue.allCases {
      for second in Cue.allCases {
        let heard = try heardOfItself([first, second], echo: echo, seed: 241)
        #expect(heard.contains { $0.speaker > .decibels(-40) })
        #expect(!heard.contains { $0.isSpeech }, "\(first.word), then \(second.word)")
      }
    }
  }

  @Test(arguments: [204, 205, 206] as [UInt64])
  func norIsTheEchoOfASpokenOne(seed: UInt64) throws {
    let voice = Voice(seed: seed).speak(seconds: 1.5, decibels: -20)
    let cues = CuePlayer(sounds: CueSounds { _ in voice })
    for decibels in [-12, 0, 6] {
      let heard = try heardOfItself([.problem, .thinking], cues, echo: decibels, seed: seed)
      #expect(!heard.contains { $0.isSpeech }, "\(decibels) dB")
    }
  }

  @Test func theAnswerEndsTheCueWithinTwentyMilliseconds() throws {
    let bridge = try bridge()
    let card = ScriptedCard(on: bridge, frames: 60)
    card.beforeFrame = { number in
      if number == 5 { bridge.order(.play(.noNetwork)) }
      if number == 20 { bridge.audible = ReplyID(1) }
      // Ordered over the answer: it is not heard.
      if number == 40 { bridge.order(.play(.problem)) }
      while number >= 20, !bridge.toPlay.isFull {
        _ = bridge.toPlay.push(
          PlayableFrame(reply: ReplyID(1), kind: .sound, frame: Frame(repeating: -500)))
      }
    }
    card.run(cues: Self.plain)
    #expect(card.played[19].all.allSatisfy { $0 == 3_000 })
    #expect(card.played[22...].allSatisfy { $0 == Frame(repeating: -500) })
  }

  @Test func aCueThatFollowsADroppedAnswerIsHeard() throws {
    let bridge = try bridge()
    bridge.audible = ReplyID(1)
    let card = ScriptedCard(on: bridge, frames: 40)
    card.beforeFrame = { number in
      if number == 10 {
        bridge.audible = nil
        bridge.order(.play(.problem))
      }
      _ = bridge.toPlay.push(
        PlayableFrame(reply: ReplyID(1), kind: .sound, frame: Frame(repeating: -500)))
    }
    card.run(cues: Self.plain)
    #expect(card.played[12...].allSatisfy { $0 == Frame(repeating: 4_000) })
  }

  @Test func whoBeginsToSpeakEndsTheCue() throws {
    let bridge = try bridge()
    let voice = Frame.cut(Voice(seed: 221).speak(seconds: 1, decibels: -20))
    let card = ScriptedCard(on: bridge, frames: 130) { number, _, mic in
      if number >= 30 { mic = voice[number - 30] }
    }
    card.beforeFrame = { number in
      if number == 20 { bridge.order(.play(.noNetwork)) }
      // Given while somebody speaks, it is heard: the conversation had its reasons.
      if number == 80 { bridge.order(.play(.listening)) }
    }
    card.run(cues: Self.plain)
    let began = try #require(
      card.heard.firstIndex { if case .started = $0.change { true } else { false } })
    #expect((31...60).contains(began))
    #expect(card.played[began - 1].all.allSatisfy { $0 == 3_000 })
    #expect(card.played[(began + 2)..<80].allSatisfy { $0.isSilent })
    #expect(card.played[81] == Frame(repeating: 1_000))
  }

  @Test func aStopEndsIt() throws {
    let bridge = try bridge()
    let card = ScriptedCard(on: bridge, frames: 40)
    card.beforeFrame = { number in
      if number == 5 { bridge.order(.play(.problem)) }
      if number == 20 { bridge.order(.stop) }
    }
    card.run(cues: Self.plain)
    #expect(card.played[19] == Frame(repeating: 4_000))
    #expect(card.played[22...].allSatisfy { $0.isSilent })
  }

  /// The room as the daemon has it, on a thread of its own and in a hurry.
  @Test func inASimulatedRoomEachOrderIsHeardOnce() throws {
    let bridge = try Bridge(volume: 100, records: true)
    let room = Room(
      script: try TalkerScript.parse(""), sounds: [], acoustics: RoomAcoustics(seed: 231))
    let card = RoomCard(room: room, speed: 50, name: "room", bridge: bridge)
    bridge.microphone.offer(card)
    bridge.loudspeaker.offer(RoomLoudspeaker(in: card))
    let audio = LoopBox(AudioLoop(bridge: bridge, interrupter: .init()))
    let thread = try RealtimeThread.start(name: "audio", priority: nil) { audio.run() }
    let cues: [Cue] = [.listening, .problem, .thinking, .thinking, .noNetwork]
    var starts: [Int] = []
    var played: [Int16] = []
    var ordered = 0
    var lastSound = 0
    // The next one when the one before was heard, and then silence.
    while ordered < cues.count || starts.count < cues.count || played.count < lastSound + 3_200 {
      try #require(
        try Waiting.firstReadable(of: [bridge.wakeup.number], milliseconds: 30_000) == 0)
      bridge.wakeup.clear()
      while bridge.heard.pop() != nil {}
      while let frame = bridge.recording?.pop() {
        if !frame.speaker.isSilent {
          if played.count - lastSound > 3_200 { starts.append(played.count) }
          lastSound = played.count
        }
        played += frame.speaker.all
      }
      if ordered < cues.count, ordered == starts.count, played.count > lastSound + 3_200 {
        bridge.order(.play(cues[ordered]))
        ordered += 1
      }
    }
    bridge.isStopping = true
    thread.join()
    #expect(bridge.counters.lostRecording.value == 0)
    try #require(starts.count == cues.count)
    for (start, cue) in zip(starts, cues) {
      let sound = CueSounds().sound(of: cue)
      #expect(played[(start + 160)..<(start + sound.count)] == sound[160...])
      #expect(played[(start + sound.count)..<(start + sound.count + 1_600)].allSatisfy { $0 == 0 })
    }
  }
}

/// An order crosses from one thread to the other by one word.
@Suite struct CueOrderTests {
  @Test func anOrderIsTakenOnceAndTheNewestHolds() throws {
    let bridge = try Bridge(volume: 100, records: false)
    #expect(bridge.takeCueOrder() == nil)
    for order in Cue.allCases.map(CueOrder.play) + [.stop] {
      bridge.order(order)
      #expect(bridge.takeCueOrder() == order)
      #expect(bridge.takeCueOrder() == nil)
    }
    bridge.order(.play(.thinking))
    bridge.order(.stop)
    bridge.order(.play(.problem))
    #expect(bridge.takeCueOrder() == .play(.problem))
    #expect(bridge.takeCueOrder() == nil)
  }

  @Test func betweenTwoThreadsNoneIsLostOrDoubled() throws {
    let bridge = try Bridge(volume: 100, records: false)
    let taken = Taken()
    let rounds = 2_000
    // The next order is given when the one before was taken: then there are as many of each.
    let thread = try RealtimeThread.start(name: "orders", priority: nil) {
      for number in 0..<rounds {
        bridge.order(.play(Cue.allCases[number % 4]))
        while taken.count.value <= number { sched_yield() }
      }
    }
    var orders: [CueOrder] = []
    while orders.count < rounds {
      guard let order = bridge.takeCueOrder() else {
        sched_yield()
        continue
      }
      orders.append(order)
      taken.count.add()
    }
    thread.join()
    #expect(orders == (0..<rounds).map { .play(Cue.allCases[$0 % 4]) })
    #expect(bridge.takeCueOrder() == nil)
  }

  @Test func inARaceTheLastOrderArrives() throws {
    let bridge = try Bridge(volume: 100, records: false)
    let taken = Taken()
    for number in 0..<200 {
      let last = CueOrder.play(Cue.allCases[number % 4])
      let thread = try RealtimeThread.start(name: "orders", priority: nil) {
        for _ in 0..<50 {
          bridge.order(.play(.thinking))
          bridge.order(.stop)
        }
        bridge.order(last)
        taken.count.add()
      }
      var newest: CueOrder?
      while taken.count.value <= number {
        if let order = bridge.takeCueOrder() { newest = order }
      }
      thread.join()
      if let order = bridge.takeCueOrder() { newest = order }
      #expect(newest == last)
    }
  }

  private final class Taken: Sendable { let count = Counter() }
}
