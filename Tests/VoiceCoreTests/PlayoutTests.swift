import Testing
import VoiceCore

/// A queue of frames and what playout made of them.
private struct Loudspeaker {
  var playout = Playout()
  var queue: [PlayableFrame] = []
  var audible: ReplyID?

  mutating func queueReply(_ number: UInt32, frames: Int, value: Int16 = 10_000) {
    for _ in 0..<frames {
      queue.append(
        PlayableFrame(reply: ReplyID(number), kind: .sound, frame: Frame(repeating: value)))
    }
    queue.append(PlayableFrame(reply: ReplyID(number), kind: .end))
  }

  mutating func play(_ order: Interrupter.Order = .play) -> Frame {
    var out = Frame()
    var queue = queue
    playout.next(
      audible: audible, order: order, volume: 1, into: &out, peek: { queue.first },
      pop: { queue.removeFirst() })
    self.queue = queue
    return out
  }
}

@Suite struct PlayoutTests {
  @Test func theFrameInWhichAHoldIsDecidedEndsSilent() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queueReply(1, frames: 10)
    _ = speaker.play()
    #expect(speaker.play()[159] == 10_000)
    let fading = speaker.play(.hold)
    #expect(fading[0] > 9_000)
    #expect(fading[80] == 0 && fading[159] == 0)
    #expect(speaker.play(.hold).isSilent)
  }

  @Test func aHeldReplyGoesOnFromWhereItWasHeld() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queueReply(1, frames: 10)
    for _ in 0..<3 { _ = speaker.play() }
    _ = speaker.play(.hold)
    let left = speaker.queue.count
    for _ in 0..<50 { _ = speaker.play(.hold) }
    #expect(speaker.queue.count == left)
    #expect(speaker.playout.playhead.state == .held)
    #expect(speaker.play()[159] == 10_000)
    #expect(speaker.playout.playhead.played == .milliseconds(50))
  }

  private func numbered(_ number: Int) -> Frame {
    var frame = Frame()
    for index in 0..<Frame.sampleCount { frame[index] = Int16(1 + number * 160 + index) }
    return frame
  }

  /// Every sample of the reply is heard once and in order, whatever was taken back in between; only
  /// what fades is quieter.
  @Test(arguments: [0, 30, 160, 250, 333, 900])
  func whatWasTakenBackComesAgain(samples: Int) {
    var speaker = Loudspeaker(audible: ReplyID(1))
    for number in 0..<30 {
      speaker.queue.append(
        PlayableFrame(reply: ReplyID(1), kind: .sound, frame: numbered(number)))
    }
    speaker.queue.append(PlayableFrame(reply: ReplyID(1), kind: .end))
    var air: [Int16] = []
    func hear(_ order: Interrupter.Order) {
      let frame = speaker.play(order)
      for index in 0..<Frame.sampleCount { air.append(frame[index]) }
    }
    for _ in 0..<10 { hear(.play) }
    #expect(speaker.playout.isCut(audible: ReplyID(1), order: .hold))
    speaker.playout.tookBack(samples)
    air.removeLast(samples)
    #expect(speaker.playout.playhead.played == SampleSpan(samples: Int64(air.count)))
    if samples > 0 {
      // Silent already: nothing is left to fade.
      for _ in 0..<5 { #expect(speaker.play(.hold).isSilent) }
      #expect(speaker.playout.playhead.state == .held)
    }
    while speaker.playout.playhead.state != .drained, air.count < 10_000 { hear(.play) }
    #expect(speaker.playout.playhead.played == .frames(30))
    let begins = 1_600 - samples
    for index in 80..<4_720 where samples == 0 || !(begins..<begins + 80).contains(index) {
      #expect(air[index] == Int16(index + 1))
    }
    #expect(air[4_799...].allSatisfy { $0 == 0 })
  }

  @Test func ofAnotherReplyNothingComesAgain() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queueReply(1, frames: 10, value: 1_111)
    for _ in 0..<5 { _ = speaker.play() }
    speaker.audible = ReplyID(2)
    speaker.queueReply(2, frames: 5, value: 2_222)
    #expect(speaker.playout.isCut(audible: ReplyID(2), order: .play))
    speaker.playout.tookBack(300)
    #expect(speaker.playout.playhead.played == SampleSpan(samples: 500))
    var heard: Set<Int16> = []
    for _ in 0..<10 { heard.insert(speaker.play()[159]) }
    #expect(heard == [2_222, 0])
    #expect(speaker.playout.playhead.played == .milliseconds(50))
  }

  @Test func whatComesAgainAndRunsDryFades() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    for _ in 0..<3 {
      speaker.queue.append(
        PlayableFrame(reply: ReplyID(1), kind: .sound, frame: Frame(repeating: 10_000)))
    }
    for _ in 0..<3 { _ = speaker.play() }
    speaker.playout.tookBack(100)
    _ = speaker.play(.hold)
    let rest = speaker.play()
    #expect(rest[50] > 0 && rest[99] == 0 && rest[100] == 0)
    #expect(speaker.play().isSilent && speaker.playout.playhead.state == .underrun)
  }

  @Test func aDroppedReplyIsNeverHeardAgain() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queueReply(1, frames: 10)
    _ = speaker.play()
    _ = speaker.play(.hold)
    _ = speaker.play(.drop)
    // The conversation has not caught up yet: the same reply is still called audible.
    for _ in 0..<20 { #expect(speaker.play().isSilent) }
  }

  @Test func onlyTheAudibleReplyIsPlayed() {
    var speaker = Loudspeaker(audible: ReplyID(2))
    speaker.queueReply(1, frames: 5, value: 1_111)
    speaker.queueReply(2, frames: 5, value: 2_222)
    var heard: Set<Int16> = []
    for _ in 0..<10 { heard.insert(speaker.play()[159]) }
    #expect(heard == [2_222, 0])
    #expect(speaker.playout.playhead.state == .drained)
  }

  @Test func noEdgeIsACut() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queueReply(1, frames: 30)
    var last: Int16 = 0
    var steepest = 0
    for order in [.play, .play, .duck, .hold, .hold, .play, .play, .drop, .drop, .drop]
      as [Interrupter.Order]
    {
      let frame = speaker.play(order)
      for index in 0..<Frame.sampleCount {
        steepest = max(steepest, abs(Int(frame[index]) - Int(last)))
        last = frame[index]
      }
    }
    // 5 ms from full level to nothing is 125 a sample.
    #expect(steepest <= 130)
  }

  @Test func runningDryIsToldAndSurvived() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queue = [PlayableFrame(reply: ReplyID(1), kind: .sound, frame: Frame(repeating: 5))]
    _ = speaker.play()
    _ = speaker.play()
    #expect(speaker.playout.playhead.state == .underrun)
    speaker.queueReply(1, frames: 2)
    _ = speaker.play()
    #expect(speaker.playout.playhead.state == .playing)
  }

  @Test func runningDryAndGoingOnDoesNotClick() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    var last: Int16 = 0
    var steepest = 0
    for round in 0..<12 {
      if round % 3 == 0 {
        speaker.queue.append(
          PlayableFrame(reply: ReplyID(1), kind: .sound, frame: Frame(repeating: 10_000)))
      }
      let frame = speaker.play()
      for index in 0..<Frame.sampleCount {
        steepest = max(steepest, abs(Int(frame[index]) - Int(last)))
        last = frame[index]
      }
    }
    #expect(steepest <= 130)
  }

  @Test func aReplyThatBreaksOffEndsSoftly() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queueReply(1, frames: 2)
    _ = speaker.play()
    let last = speaker.play()
    #expect(last[79] == 10_000 && last[120] < 6_000 && last[159] == 0)
    #expect(speaker.play().isSilent && speaker.playout.playhead.state == .drained)
  }

  @Test func aStoppedReplyFadesInsteadOfBeingCut() {
    var speaker = Loudspeaker(audible: ReplyID(1))
    speaker.queueReply(1, frames: 10)
    _ = speaker.play()
    _ = speaker.play()
    speaker.audible = nil
    let last = speaker.play()
    #expect(last[0] > 9_000 && last[159] == 0)
    #expect(speaker.play().isSilent)
    #expect(speaker.playout.playhead.state == .silent)
  }

  @Test func volumeIsSilentAtZeroAndFullAtHundred() {
    #expect(Volume.gain(0) == 0)
    #expect(abs(Volume.gain(100) - 1) < 0.001)
    #expect(Volume.gain(50) < 0.15 && Volume.gain(50) > 0.05)
    #expect(Volume.gain(1_000) <= 1.001)
  }
}
