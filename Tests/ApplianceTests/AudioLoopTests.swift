import Linux
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

@Suite struct AudioLoopTests {
  private func bridge(volume: Int = 100, records: Bool = false) throws -> Bridge {
    try Bridge(volume: volume, records: records)
  }

  @Test func everyFrameIsTenMillisecondsLaterThanTheLast() throws {
    let bridge = try bridge()
    let card = ScriptedCard(on: bridge, frames: 300)
    card.run()
    #expect(card.heard.map(\.time.milliseconds) == (1...300).map { $0 * 10 })
    #expect(card.played.count == 300 && card.played.allSatisfy { $0.isSilent })
    #expect(bridge.counters.frames.value == 300)
    #expect(bridge.microphone.takeReturned()?.half === card)
  }

  @Test func mutedMeansThatNothingHadTheSound() throws {
    let bridge = try bridge(records: true)
    let voice = Frame.cut(Voice(seed: 111).speak(seconds: 2))
    let card = ScriptedCard(on: bridge, frames: 200) { number, _, mic in mic = voice[number] }
    var recorded: [RecordedFrame] = []
    card.beforeFrame = { number in
      while let frame = bridge.recording?.pop() { recorded.append(frame) }
      bridge.isMuted = number >= 50 && number < 150
    }
    card.run()
    let isMuted = { (number: Int) in number >= 50 && number < 150 }
    let passed = voice.indices.map { isMuted($0) ? .silence : voice[$0] }
    // What was said before the mute may still come out after it; what is said in it never does.
    let sounds = passed.delayed(by: HearingChain<NoHint>.cleanDelay)
    for (number, frame) in card.heard.enumerated() {
      #expect(frame.sound == sounds[number])
      #expect(!isMuted(number) || frame.mic.power == 0)
      if number < recorded.count { #expect(recorded[number].mic == passed[number]) }
    }
    // A moment after the last sound, somebody who is muted is not speaking.
    #expect(!card.heard[90..<150].contains { $0.isSpeech })
    #expect(card.heard.contains { $0.isSpeech })
  }

  @Test func whenNobodyTakesTheFramesTheyAreCountedAndTheLoopGoesOn() throws {
    let bridge = try bridge(records: true)
    let card = ScriptedCard(on: bridge, frames: 400)
    card.takes = false
    card.run()
    #expect(bridge.counters.frames.value == 400)
    #expect(bridge.counters.droppedFrames.value == 400 - 256)
    #expect(bridge.counters.lostRecording.value == 400 - 256)
    // What was kept is the oldest, in order.
    #expect(bridge.heard.pop()?.time == .start + Frame.span)
  }

  @Test func aReplyThatRunsDryIsCountedOnce() throws {
    let bridge = try bridge()
    let reply = ReplyID(1)
    bridge.audible = reply
    let card = ScriptedCard(on: bridge, frames: 60)
    card.beforeFrame = { number in
      if number < 10 || number == 30 {
        _ = bridge.toPlay.push(
          PlayableFrame(reply: reply, kind: .sound, frame: Frame(repeating: 1_000)))
      }
    }
    card.run()
    #expect(bridge.counters.underruns.value == 2)
    #expect(card.played.filter { !$0.isSilent }.count == 11)
    #expect(card.heard.last?.playhead.state == .underrun)
    #expect(card.heard.last?.playhead.played == .milliseconds(110))
  }

  @Test func whatIsStillOnItsWayToTheAirDoesNotCountAsPlayed() throws {
    let bridge = try bridge()
    bridge.audible = ReplyID(1)
    let card = ScriptedCard(on: bridge, frames: 20)
    card.delay = .milliseconds(30)
    card.beforeFrame = { _ in
      _ = bridge.toPlay.push(
        PlayableFrame(reply: ReplyID(1), kind: .sound, frame: Frame(repeating: 1_000)))
    }
    card.run()
    #expect(card.heard[0].playhead.played == .zero)
    #expect(card.heard[19].playhead.played == .milliseconds(170))
  }

  /// The promise the product makes: silent in the very frame in which the hold is decided.
  @Test(arguments: [122, 123] as [UInt64])
  func aTalkerOverAReplySilencesItInTheFrameOfTheDecision(seed: UInt64) throws {
    let bridge = try bridge()
    let reply = ReplyID(5)
    bridge.audible = reply
    let voice = Frame.cut(Voice(seed: seed).speak(seconds: 7, decibels: -20))
    let script = try TalkerScript.parse("wait 4 s\nsay stop.wav")
    let room = RoomBox(
      Room(
        script: script, sounds: [Voice(seed: seed + 50).speak(seconds: 2)],
        acoustics: RoomAcoustics(seed: seed)))
    let card = ScriptedCard(on: bridge, frames: 600) { _, played, mic in
      room.next(hearing: played, into: &mic)
    }
    var next = 0
    card.beforeFrame = { _ in
      while next < voice.count, !bridge.toPlay.isFull {
        _ = bridge.toPlay.push(PlayableFrame(reply: reply, kind: .sound, frame: voice[next]))
        next += 1
      }
    }
    card.run()

    let confirmed = try #require(
      card.heard.firstIndex { if case .confirmed = $0.verdict { true } else { false } })
    // A voice that nobody has may be taken for none for a moment, and the reply goes on: what counts
    // is the hold that lasted.
    let held = try #require(
      card.heard[..<confirmed].lastIndex { $0.verdict == .held }, "seed \(seed)")
    let began = 4_000 / 10
    #expect((began...began + 100).contains(held), "seed \(seed): held in frame \(held)")
    #expect(card.played[held].all[80...].allSatisfy { $0 == 0 })
    for number in held + 1...confirmed { #expect(card.played[number].isSilent) }
    // Over is over, though the conversation still calls it audible and frames are waiting.
    #expect(card.played[confirmed...].allSatisfy { $0.isSilent })
    #expect(card.played[100..<held].contains { !$0.isSilent })
    // What was heard of the reply is told exactly: it began in the first frame.
    let heardOfIt = card.heard[confirmed].playhead.played
    let isFirstHold = card.heard.firstIndex { $0.verdict == .held } == held
    #expect(isFirstHold ? heardOfIt == .frames(held + 1) : heardOfIt < .frames(held + 1))
    print("seed \(seed): held \((held + 1) * 10 - 4_000) ms after the talker began")
  }

  /// The echo's path as the desk had it, each time it was asked for in a frame and once at the end.
  private func paths(askedIn frames: Set<Int>, mutedIn muted: Range<Int> = 0..<0) throws
    -> [EchoMemory]
  {
    let bridge = try bridge()
    bridge.audible = ReplyID(5)
    let voice = Frame.cut(Voice(seed: 151).speak(seconds: 8, decibels: -20))
    let room = RoomBox(
      Room(
        script: try TalkerScript.parse(""), sounds: [], acoustics: RoomAcoustics(seed: 151)))
    let card = ScriptedCard(on: bridge, frames: 750) { _, played, mic in
      room.next(hearing: played, into: &mic)
    }
    var paths: [EchoMemory] = []
    var next = 0
    card.beforeFrame = { number in
      bridge.echo.take { paths.append(copy $0) }
      if frames.contains(number) { bridge.echo.ask() }
      bridge.isMuted = muted.contains(number)
      while next < voice.count, !bridge.toPlay.isFull {
        _ = bridge.toPlay.push(
          PlayableFrame(reply: ReplyID(5), kind: .sound, frame: voice[next]))
        next += 1
      }
    }
    var settings = Interrupter.Settings()
    settings.isEnabled = false
    card.run(settings)
    bridge.echo.take { paths.append(copy $0) }
    return paths
  }

  private func difference(_ left: EchoMemory, _ right: EchoMemory) -> Float {
    var difference: Float = 0
    var all: Float = 0
    for index in 0..<EchoMemory.tapCount {
      let tap = left.taps[index] - right.taps[index]
      difference += tap * tap
      all += left.taps[index] * left.taps[index]
    }
    return difference / all
  }

  @Test func whatWasLearnedOfTheEchoIsLeftWhenAskedForAndAtTheEnd() throws {
    let paths = try paths(askedIn: [10, 700])
    // In frame 10 there was nothing to tell.
    try #require(paths.count == 2)
    #expect(paths.allSatisfy { $0.isPlausible })
    #expect(difference(paths[0], paths[1]) < 0.05)
  }

  @Test func aMutedMicrophoneDoesNotForgetTheEcho() throws {
    let paths = try paths(askedIn: [390, 590], mutedIn: 400..<600)
    try #require(paths.count == 3)
    #expect(difference(paths[0], paths[1]) < 0.2)
  }

  @Test func withInterruptionsSwitchedOffTheReplyGoesOn() throws {
    let bridge = try bridge()
    bridge.audible = ReplyID(1)
    let voice = Frame.cut(Voice(seed: 131).speak(seconds: 2))
    let card = ScriptedCard(on: bridge, frames: 200) { number, _, mic in mic = voice[number] }
    card.beforeFrame = { _ in
      _ = bridge.toPlay.push(
        PlayableFrame(reply: ReplyID(1), kind: .sound, frame: Frame(repeating: 900)))
    }
    var settings = Interrupter.Settings()
    settings.isEnabled = false
    card.run(settings)
    #expect(card.played.allSatisfy { !$0.isSilent })
    #expect(card.heard.allSatisfy { $0.verdict == .none })
  }
}
