import TestSupport
import Testing
import VoiceCore
import WireProtocols

/// What arrives may be anything: every parser must answer, none may trap.
struct HostileInputTests {
  /// Every message either side can send, without those of the beginning.
  private func recorded() throws -> (up: [WireMessage], down: [WireMessage]) {
    var device = NativeDevice()
    var agent = NativeAgent()
    let up = upstream.map { device.encode($0) }
    for message in up { _ = try agent.taken(message) }
    let down = (downstream + [.interruptAcknowledged(ReplyID(1))]).map { agent.encode($0) }
    let between = notices.map { NativeDevice.encode($0) }
    return (up + between, down + between)
  }

  /// The same as `talking`, with one interrupt on its way.
  private func listening() throws -> (device: NativeDevice, agent: NativeAgent) {
    var (device, agent) = try talking()
    _ = device.encode(.interrupt(ReplyID(1), played: .zero))
    return (device, agent)
  }

  /// A shorter packet still is one, as long as there is a byte of it.
  private func isStillSound(_ message: WireMessage) -> Bool {
    !message.isText && message.bytes.count > NativeHeader.size
  }

  @Test func everyShorterMessageIsRefused() throws {
    let (up, down) = try recorded()
    for whole in up {
      for length in 0..<whole.bytes.count {
        var agent = try listening().agent
        let message = whole.with(Array(whole.bytes.prefix(length)))
        if isStillSound(message) {
          _ = try agent.taken(message)
        } else {
          #expect(throws: WireError.self) { try agent.taken(message) }
        }
      }
    }
    for whole in down {
      for length in 0..<whole.bytes.count {
        var device = try listening().device
        let message = whole.with(Array(whole.bytes.prefix(length)))
        if isStillSound(message) {
          _ = try device.taken(message)
        } else {
          #expect(throws: WireError.self) { try device.taken(message) }
        }
      }
    }
  }

  @Test func everyShorterBeginningIsRefused() {
    var device = NativeDevice()
    var agent = NativeAgent()
    let greetings = [hello, helloAgain].map { device.encode(.hello($0)) }
    for whole in greetings {
      for length in 0..<whole.bytes.count {
        var stranger = NativeAgent()
        #expect(throws: WireError.self) {
          try stranger.taken(.text(Array(whole.bytes.prefix(length))))
        }
      }
    }
    let answers = [welcome, welcomeBack].map { agent.encode(.welcome($0)) }
    for whole in answers {
      for length in 0..<whole.bytes.count {
        var stranger = NativeDevice()
        #expect(throws: WireError.self) {
          try stranger.taken(.text(Array(whole.bytes.prefix(length))))
        }
      }
    }
  }

  @Test(arguments: [5, 6] as [UInt64])
  func aBeginningThatWasChangedIsAnsweredNeverTrappedOn(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let hello = NativeDevice().encodedOnce(.hello(helloAgain))
    let welcome = NativeAgent().encodedOnce(.welcome(welcomeBack))
    for _ in 0..<5_000 {
      var agent = NativeAgent()
      let asked = hello.with(hello.bytes.mutated(using: &random))
      do { _ = try agent.taken(asked) } catch { _ = error.description }
      var device = NativeDevice()
      let granted = welcome.with(welcome.bytes.mutated(using: &random))
      do { _ = try device.taken(granted) } catch { _ = error.description }
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomChangesAreAnsweredNeverTrappedOn(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let (up, down) = try recorded()
    var (device, agent) = try listening()
    var taken = 0
    for _ in 0..<5_000 {
      let one = up.randomElement(using: &random)!
      let changed = one.with(one.bytes.mutated(using: &random))
      do { if try agent.decode(changed) != .nothing { taken += 1 } } catch { _ = error.description }
      let other = down.randomElement(using: &random)!
      let changedToo = other.with(other.bytes.mutated(using: &random))
      do { if try device.decode(changedToo) != .nothing { taken += 1 } } catch {
        _ = error.description
      }
    }
    #expect(taken > 0, "seed \(seed): the changes are too coarse to test anything")
  }

  @Test(arguments: [11, 12] as [UInt64])
  func noiseIsAnswered(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var (device, agent) = try listening()
    for _ in 0..<5_000 {
      let noise = (0..<Int.random(in: 0..<64, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      for message in [WireMessage.text(noise), .binary(noise)] {
        do { _ = try device.taken(message) } catch { _ = error.description }
        do { _ = try agent.taken(message) } catch { _ = error.description }
      }
    }
  }

  @Test(arguments: [
    "", " ", "null", "7", "[]", #""hello""#, "{}", #"{"type":7}"#, #"{"type":""}"#,
    #"{"type":null}"#, #"{"Type":"volume","level":1}"#, #"{"type":"volume","level":1}{}"#,
    #"{"type":"volume","level":1,"level":2}"#, #"{"type":"\u0000"}"#,
  ])
  func aTextThatIsNoMessageIsRefused(text: String) throws {
    var device = try listening().device
    #expect(throws: WireError.self) { try device.taken(.json(text)) }
  }
}
