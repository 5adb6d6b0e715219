internal import VoiceCore
internal import DeviceLink
internal import WireProtocols

/// What became of one seed.
package struct Outcome: Sendable {
  package let seed: UInt64
  package let hash: UInt64
  package let broken: Broken?
  /// Frames that were simulated.
  package let frames: Int
  package let turns: Int
  package let replies: Int
  package let lines: [String]
}

/// One seed: a person, a device, a network and an agent, from the first frame until all is well again
/// or a promise was broken.
package final class World {
  /// When the weather is good again, the device must be ready within what it may wait between tries,
  /// and this.
  private static let recovery = Int.seconds(45)
  /// And answer the next thing that is said to it within this.
  private static let answer = Int.seconds(14)

  private enum Chapter {
    case stormy, clearing(since: Int), asking(since: Int, turn: UInt32), resting(since: Int), over
  }

  let timeline: Timeline
  let network: Network
  let broker: Broker
  let agent: AgentProcess
  private let scenario: Scenario
  private let judge: Judge
  private let device: Device
  private var audio: AudioThread
  private var person: Person
  private var storm: Storm
  private var dice: Dice
  private var now = 0
  private var chapter = Chapter.stormy

  package init(_ scenario: Scenario, isTraced: Bool = false) {
    self.scenario = scenario
    var dice = Dice(seed: scenario.seed ^ 0xA0D1_0A11_CE00_0001)
    timeline = Timeline(isKept: isTraced)
    judge = Judge(timeline: timeline, scenario: scenario)
    network = Network(latency: scenario.latency, dice: dice.fork())
    broker = Broker(grant: scenario.grant, dice: dice.fork())
    agent = AgentProcess(scenario, network: network, judge: judge, dice: dice.fork())
    device = Device(scenario, network: network, broker: broker, judge: judge)
    audio = AudioThread(scenario.interrupter)
    person = Person(scenario.person, mode: scenario.conversation.mode, dice: dice.fork())
    storm = Storm(scenario, dice: dice.fork())
    self.dice = dice
  }

  package func run() -> Outcome {
    device.isServing = { [unowned self] in agent.isServing(at: now) }
    agent.onReset = { [unowned self] in cut($0) }
    network.onTampering = { [unowned self] in
      timeline.add("net", 14, "\($1)s a message \($2 ? "up" : "down") on connection \($0.number)")
      judge.spoil(connection: $0.number)
      agent.spoil($0)
    }
    timeline.add("world", 0, scenario.summary)
    loop: while judge.broken == nil {
      if case .over = chapter { break loop }
      step()
    }
    return Outcome(
      seed: scenario.seed, hash: timeline.hash, broken: judge.broken, frames: now,
      turns: Int(judge.lastTurn), replies: judge.ledger.replies.count, lines: timeline.lines)
  }

  private func step() {
    now += 1
    timeline.now = now
    turnPage()
    if case .stormy = chapter { storm.pass(at: now, self) }
    device.shared.isCardThere = now >= storm.cardBackAt
    network.pass(at: now)
    answerCalls()
    let wallClock = Int64(1_790_000_000_000) + Int64(now * 10)
    if now < storm.until || now < broker.downUntil || now < broker.refusesUntil || judge.isSpoiled {
      judge.calmSince = now
    }
    audio.step(now, person.voice(isReplyAudible: audio.isReplyAudible), &device.shared, judge)
    // Who comes first is a matter of luck.
    let isAgentFirst = dice.percent(50)
    if isAgentFirst { agent.run(at: now, wallClock: wallClock) }
    if now >= storm.busyUntil {
      if let press = person.pressToTalk(device.shown) {
        device.press(press)
      }
      if let press = person.press() { device.press(press) }
      device.run(at: now, wallClock: max(0, wallClock + storm.clockOffset))
    } else {
      judge.busyUntil = now + 5
    }
    if !isAgentFirst { agent.run(at: now, wallClock: wallClock) }
    judge.check(journalBytes: device.journalBytes, refusedPackets: device.refusedPackets)
  }

  // MARK: What happens to the line

  private func answerCalls() {
    for connection in network.connections
    where !connection.isOpen && now >= connection.answerAt {
      guard case .opens = connection.fate else { continue }
      if now < network.downUntil {
        connection.fate = .silence
      } else if !agent.isServing(at: now) {
        connection.fate = .refused
      } else if scenario.link.usesBroker, now >= broker.goodUntil {
        connection.fate = .status(401)
      } else if now < agent.fullUntil {
        connection.fate = .status(503)
      } else if !agent.isStill {
        agent.take(connection)
        device.opened(connection)
      }
    }
  }

  func struck() { judge.struck() }

  func cutAll() {
    for connection in network.connections where connection.isOpen { cut(connection) }
  }

  private func cut(_ connection: Connection) {
    connection.isDead = true
    device.reset(connection)
    agent.lose(connection, code: nil)
  }

  func garble(_ kind: Int) {
    let text: String =
      switch kind {
      case 0: "{\"type\":\"response.start\",\"response\":-1,\"turn\":1}"
      case 1: "{\"type\":\"welcome\"}"
      default: "nonsense"
      }
    if agent.inject(.text(Array(text.utf8))) { device.isGarbled = true }
  }

  // MARK: The story

  private func turnPage() {
    switch chapter {
    case .stormy:
      guard now >= scenario.stormy else { return }
      timeline.add("world", 1, "all faults are over")
      storm.calm(at: now)
      network.calm(at: now)
      agent.calm(at: now)
      broker.downUntil = min(broker.downUntil, now)
      broker.refusesUntil = min(broker.refusesUntil, now)
      // Whoever was tampered with need not be right, but must be able to begin anew.
      if judge.isSpoiled { agent.restart(for: 10, isSilent: false) }
      person.isQuiet = true
      person.stop()
      if person.unmute() { device.press(.mute(false)) }
      chapter = .clearing(since: now)
    case .clearing(let since):
      if device.shown == .idle, now - since >= 300 {
        timeline.add("world", 2, "all is quiet; one more question")
        person.speak(for: 120)
        chapter = .asking(since: now, turn: judge.lastTurn)
      } else if now - since > World.recovery + scenario.link.longestWait.steps {
        judge.fail(
          "recovers",
          "\((now - since) * 10) ms after the last fault it is \(device.shown)")
      }
    case .asking(let since, let before):
      let isHeard = judge.answered.contains { $0 > before }
      if isHeard, device.shown == .idle { chapter = .resting(since: now) }
      if !isHeard, now - since > World.answer {
        judge.fail("recovers", "the question after the storm was not answered")
      } else if now - since > .seconds(60) {
        judge.fail("recovers", "the answer after the storm does not end")
      }
    case .resting(let since):
      // Time for the last reports.
      guard now - since >= .seconds(3) else { return }
      agent.checkAgreement()
      chapter = .over
    case .over: break
    }
  }
}
