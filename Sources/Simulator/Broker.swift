internal import DeviceLink
internal import VoiceCore

/// Gives the device tokens that do not last.
final class Broker {
  private let grant: SampleSpan
  private var dice: Dice
  private var asked: [Int] = []
  private(set) var goodUntil = 0
  var downUntil = 0
  /// It says no.
  var refusesUntil = 0

  init(grant: SampleSpan, dice: Dice) {
    self.grant = grant
    self.dice = dice
  }

  func ask(at now: Int) { asked.append(now + dice.within(1...40)) }

  func answers(at now: Int) -> [LinkMachine.Event] {
    guard let first = asked.first, first <= now else { return [] }
    asked.removeFirst()
    if now < downUntil {
      // Some brokers say no, some say nothing.
      return dice.percent(70) ? [.notGranted(LinkLoss("the broker is down", advice: ""))] : []
    }
    if now < refusesUntil {
      var loss = LinkLoss("the broker says no", advice: "")
      // This device, or all of them for a while.
      if dice.percent(50) {
        loss.needsSomebody = true
      } else {
        loss.needsRoom = true
        loss.shortestWait = .seconds(Int64(dice.within(0...20)))
      }
      return [.notGranted(loss)]
    }
    goodUntil = now + grant.steps
    return [.granted(lifetime: grant)]
  }

  func withdraw(at now: Int) { goodUntil = now }
}
