internal import VoiceCore
internal import WireProtocols

/// Makes things go wrong, as often as the scenario says, and ends all of it when it is over.
struct Storm {
  private let scenario: Scenario
  private var dice: Dice
  private var nextAt: Int
  private(set) var cardBackAt = 0
  private(set) var busyUntil = 0
  private(set) var clockOffset: Int64 = 0
  private(set) var until = 0

  init(_ scenario: Scenario, dice: Dice) {
    var dice = dice
    self.scenario = scenario
    nextAt = dice.below(scenario.faultEvery)
    self.dice = dice
  }

  mutating func pass(at now: Int, _ world: World) {
    guard now >= nextAt, !scenario.faults.isEmpty else { return }
    nextAt = now + 1 + dice.below(2 * scenario.faultEvery)
    let fault = dice.pick(scenario.faults)
    let span = length
    world.timeline.add("storm", fault.rawValue, "\(fault), \(span * 10) ms")
    until = max(until, now + span)
    world.struck()
    strike(fault, span, at: now, world)
  }

  /// Mostly short, now and then longer than anything is kept.
  private var length: Int {
    mutating get { dice.within(1...dice.pick([20, 100, 300, 1_000, 2_500])) }
  }

  private mutating func strike(_ fault: Fault, _ span: Int, at now: Int, _ world: World) {
    let network = world.network
    switch fault {
    case .reset: world.cutAll()
    case .halfOpen: network.killAll()
    case .blackout:
      network.killAll()
      network.downUntil = now + span
    case .stallUp:
      for connection in network.connections { connection.up.stalledUntil = now + span }
    case .stallDown:
      for connection in network.connections { connection.down.stalledUntil = now + span }
    case .slow:
      network.speed = dice.within(2...40)
      network.slowUntil = now + span
    case .lag: network.startLag(dice.within(20...250), until: now + span)
    case .refused: network.refusedUntil = now + span
    case .slowConnect: network.slowConnectUntil = now + span
    case .full: world.agent.fullUntil = now + span
    case .unauthorized: world.broker.withdraw(at: now)
    case .brokerDown: world.broker.downUntil = now + span
    case .brokerRefuses: world.broker.refusesUntil = now + span
    case .agentRestart: world.agent.restart(for: span, isSilent: false)
    case .agentCrash: world.agent.restart(for: span, isSilent: true)
    case .agentHang: world.agent.hangsUntil = now + span
    case .drain: world.agent.drain(within: span)
    case .garbled: world.garble(dice.below(3))
    case .loses: network.tamper(.lose)
    case .doubles: network.tamper(.double)
    case .reorders: network.tamper(.delay)
    case .damages: network.tamper(.damage)
    case .spuriousError:
      var wire = NativeAgent()
      let code = dice.pick(["rate_limited", "unsupported", "too_many_turns", "of_its_own"])
      // A fatal one that no close follows: the device has to hang up.
      let isFatal = dice.below(3) == 0
      _ = world.agent.inject(
        wire.encode(.refused(code: code, message: "now and then", isFatal: isFatal)))
    case .cardLost: cardBackAt = now + span
    case .deviceBusy: busyUntil = now + min(span, 400)
    case .clockJump: clockOffset = Int64(dice.within(-100_000_000...100_000_000))
    }
  }

  mutating func calm(at now: Int) {
    cardBackAt = min(cardBackAt, now)
    busyUntil = min(busyUntil, now)
    until = min(until, now)
  }
}
