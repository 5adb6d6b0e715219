package import DeviceLink
package import VoiceCore
internal import WireProtocols

/// What can go wrong.
package enum Fault: Int, CaseIterable, Sendable {
  /// Both sides learn of it.
  case reset
  /// Connections are dead and nobody says so; new ones work.
  case halfOpen
  /// Nothing passes for a while, and what was open stays dead.
  case blackout
  /// Bytes of one direction come later, in order.
  case stallUp, stallDown
  case slow, lag
  case refused, slowConnect
  case full, unauthorized, brokerDown
  /// It says no: to this device, or for a while.
  case brokerRefuses
  /// All sessions are lost.
  case agentRestart
  /// The same without a word to the other side.
  case agentCrash
  /// The program stands still, its kernel goes on.
  case agentHang
  case drain
  case garbled
  /// One side does to the next of its messages what TCP never does: it must be broken.
  case loses, doubles, reorders, damages
  case spuriousError
  case cardLost
  /// The conversation's thread stands still; frames are lost when it lasts.
  case deviceBusy
  case clockJump
}

/// What a seed stands for: every choice that is made once for a whole simulation.
package struct Scenario: Sendable {
  package var seed: UInt64
  package var conversation = Conversation.Settings()
  package var interrupter = Interrupter.Settings()
  package var link: LinkMachine.Settings
  /// Those that happen in this one.
  package var faults: [Fault]
  /// Frames between two of them, on average.
  package var faultEvery: Int
  package var lease: SampleSpan
  package var longestSession: SampleSpan?
  /// Grants of the broker are good for so long.
  package var grant: SampleSpan
  /// One way, in frames.
  package var latency: ClosedRange<Int>
  package var agent = AgentManner()
  package var person = PersonManner()
  /// Frames in which faults happen. Then they end, and all must come right.
  package var stormy: Int

  /// How the agent's ears and voice are.
  package struct AgentManner: Sendable {
    /// Frames from the end of a turn to its words.
    package var understanding = 10...60
    /// Percent of turns whose words come very late, or never.
    package var late = 0
    package var voiceFails = 0
    /// Frames between pieces of speech; more than are in one makes it run dry.
    package var pieceEvery = 1...10
    package var pieceFrames = 12
    package var glimpses = 0

    package init() {}
  }

  package struct PersonManner: Sendable {
    package var interrupts = 40
    package var presses = 0
    package var mutes = 0
    package var noises = 10
    package var monologues = 0
    package var doubtful = 0

    package init() {}
  }

  package init(seed: UInt64) {
    self.seed = seed
    var dice = Dice(seed: seed)
    var hello = Upstream.Hello(
      device: "hall", model: "board", firmware: "1", packetMilliseconds: 60,
      replyBuffer: .milliseconds(Int64(dice.pick([300, 1_000, 5_000, 20_000]))))
    // Now and then one that cannot resume, as of before version 1.2.
    if dice.percent(5) { hello.capabilities.remove(.resume) }
    link = LinkMachine.Settings(hello: hello, seed: dice.next())
    link.longestWait = .seconds(Int64(dice.pick([1, 3, 10, 30])))
    link.longestOutage = .seconds(Int64(dice.pick([3, 8, 15, 15])))
    link.idleLimit = dice.percent(15) ? .seconds(Int64(dice.within(2...10))) : nil
    link.usesBroker = dice.percent(30)
    // Few kinds at once in one, all of them in another: rare meetings become likely somewhere.
    let share = dice.pick([0, 10, 25, 50, 100])
    faults = []
    for fault in Fault.allCases where dice.percent(share) { faults.append(fault) }
    if faults.isEmpty, share > 0 { faults = [dice.pick(Fault.allCases)] }
    faultEvery = dice.pick([100, 250, 400, 800])
    lease = .seconds(Int64(dice.pick([2, 10, 30, 30])))
    longestSession = dice.percent(15) ? .seconds(Int64(dice.within(10...120))) : nil
    grant = .seconds(Int64(dice.pick([5, 20, 600])))
    latency = dice.pick([0...0, 0...1, 1...3, 2...8, 10...30])
    conversation.thinkingLimit = .seconds(Int64(dice.pick([6, 15, 15])))
    conversation.longestTurn = .seconds(Int64(dice.pick([5, 30, 30])))
    stormy = .seconds(dice.within(20...50))
    drawManners(&dice)
    drawMode(dice)
  }

  /// With dice of its own: earlier seeds stay what they were, but for those that draw a button.
  private mutating func drawMode(_ dice: Dice) {
    var dice = dice
    switch dice.below(10) {
    case 0: conversation.mode = .push
    case 1: conversation.mode = .tap
    default: break
    }
    interrupter.isEnabled = conversation.mode == .open
  }

  private mutating func drawManners(_ dice: inout Dice) {
    agent.understanding = dice.pick([0...0, 5...40, 20...100])
    agent.late = dice.pick([0, 0, 0, 10, 50])
    agent.voiceFails = dice.pick([0, 0, 0, 5])
    agent.pieceEvery = dice.pick([0...0, 1...10, 8...16, 5...60])
    agent.glimpses = dice.pick([0, 20])
    person.interrupts = dice.pick([0, 20, 60, 90])
    person.presses = dice.pick([0, 0, 5, 15])
    person.mutes = dice.pick([0, 0, 3])
    person.noises = dice.pick([0, 10, 30])
    person.monologues = dice.pick([0, 0, 5])
    person.doubtful = dice.pick([0, 0, 30])
  }

  /// One line about it.
  package var summary: String {
    var names = ""
    for fault in faults { names += " \(fault)" }
    return
      "storm \(stormy * 10) ms, a fault every \(faultEvery * 10) ms:\(names.isEmpty ? " none" : names)"
      + "; latency \(latency.lowerBound * 10)–\(latency.upperBound * 10) ms, lease \(lease.milliseconds)"
      + ", outage \(link.longestOutage.milliseconds), wait \(link.longestWait.milliseconds)"
      + (conversation.mode == .open ? "" : ", \(conversation.mode) to talk")
      + (link.usesBroker ? ", broker (\(grant.milliseconds))" : "")
      + (link.idleLimit.map { ", hangs up after \($0.milliseconds)" } ?? "")
      + (longestSession.map { ", sessions of \($0.milliseconds)" } ?? "")
      + (link.hello.capabilities.contains(.resume) ? "" : ", no resume")
  }
}
