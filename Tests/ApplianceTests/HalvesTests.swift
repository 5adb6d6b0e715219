import Linux
import Testing
import VoiceCore

@testable import Appliance

/// Microphone and loudspeaker come and go apart, while the clock goes on.
@Suite struct HalvesTests {
  /// A loop on its own thread, and what it tells frame by frame.
  private final class Stage {
    let bridge: Bridge
    private(set) var heard: [HeardFrame] = []

    init() throws { bridge = try Bridge(volume: 100, records: false) }

    /// - Parameter frame: runs here after each frame; true ends the loop.
    func run(_ frame: (Int) throws -> Bool) throws {
      let audio = LoopBox(AudioLoop(bridge: bridge, interrupter: .init()))
      let thread = try RealtimeThread.start(name: "audio", priority: nil) { audio.run() }
      while !bridge.isStopping {
        try #require(
          try Waiting.firstReadable(of: [bridge.wakeup.number], milliseconds: 30_000) == 0)
        bridge.wakeup.clear()
        while let next = bridge.heard.pop() {
          heard.append(next)
          if try frame(heard.count) { bridge.isStopping = true }
        }
      }
      thread.join()
      while let next = bridge.heard.pop() { heard.append(next) }
      let expected = (1...heard.count).map { Int64($0) * 10 }
      #expect(heard.map(\.time.milliseconds) == expected)
    }
  }

  private final class Ear: Microphone {
    let name = "ear"
    let stumbles = 1
    private let level: Int16
    private let failsAfter: Int
    private var pacer = Pacer()
    private var count = 0
    private let gone: (() -> Void)?

    init(level: Int16, failsAfter: Int = .max, gone: (() -> Void)? = nil) {
      self.level = level
      self.failsAfter = failsAfter
      self.gone = gone
    }
    deinit { gone?() }

    func listen(into mic: inout Frame) throws(CardTrouble) {
      if count == failsAfter { throw CardTrouble(code: -19) }
      count += 1
      pacer.wait()
      mic = Frame(repeating: level)
    }
  }

  private final class Mouth: Loudspeaker {
    let name = "mouth"
    let stumbles = 10
    let delay = SampleSpan.zero
    private let failsAfter: Int
    private(set) var count = 0

    init(failsAfter: Int = .max) { self.failsAfter = failsAfter }

    func play(_ frame: borrowing Frame, behind: Float) throws(CardTrouble) {
      if count == failsAfter { throw CardTrouble(code: -5) }
      count += 1
    }
  }

  @Test func aMicrophoneThatFailsIsGivenBackWhileTheLoudspeakerPlaysOn() throws {
    let stage = try Stage()
    let mouth = Mouth()
    stage.bridge.loudspeaker.offer(mouth)
    stage.bridge.microphone.offer(Ear(level: 77, failsAfter: 5))
    var failures: [Int32?] = []
    try stage.run { number in
      if let returned = stage.bridge.microphone.takeReturned() {
        failures.append(returned.failure)
        stage.bridge.microphone.offer(Ear(level: 99))
      }
      return number == 40
    }
    #expect(failures == [-19])
    #expect(mouth.count == stage.heard.count)
    #expect(stage.bridge.loudspeaker.takeReturned()?.half === mouth)
    #expect(stage.bridge.counters.stumbles.value == 12)
    // Both were heard, and nothing in between; what comes out is 16 ms old.
    #expect(stage.heard[4].sound[80] == 77)
    #expect(stage.heard[7].sound == .silence)
    #expect(stage.heard[39].sound[80] == 99)
  }

  @Test func aLoudspeakerThatFailsIsGivenBackWhileTheMicrophoneHears() throws {
    let stage = try Stage()
    stage.bridge.microphone.offer(Ear(level: 77))
    stage.bridge.loudspeaker.offer(Mouth(failsAfter: 3))
    let second = Mouth()
    var failures: [Int32?] = []
    try stage.run { number in
      if let returned = stage.bridge.loudspeaker.takeReturned() {
        failures.append(returned.failure)
        stage.bridge.loudspeaker.offer(second)
      }
      return number == 30
    }
    #expect(failures == [-5])
    #expect(second.count > 10)
    #expect(stage.heard[5...].allSatisfy { $0.sound[80] == 77 })
  }

  @Test func aMicrophoneThatIsAskedForComesBackAndNobodyElseHasItAnyMore() throws {
    let stage = try Stage()
    var isGone = false
    var wasGone: Bool?
    stage.bridge.microphone.offer(Ear(level: 77) { isGone = true })
    try stage.run { number in
      if number == 5 { stage.bridge.microphone.recall() }
      if let returned = stage.bridge.microphone.takeReturned() {
        #expect(returned.failure == nil)
        wasGone = isGone
      }
      return number == 20
    }
    #expect(wasGone == false)
    // Closed here, when the one who took it let go.
    #expect(isGone)
    #expect(stage.heard[19].sound == .silence)
  }

  @Test func aRecallThatFindsNothingDoesNotTakeTheNextOne() throws {
    let stage = try Stage()
    stage.bridge.microphone.recall()
    stage.bridge.microphone.offer(Ear(level: 77))
    try stage.run { $0 == 10 }
    #expect(stage.heard[9].sound[80] == 77)
  }
}
