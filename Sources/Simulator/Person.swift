internal import VoiceCore

/// How certain it is in a frame that somebody speaks, and how much like words it sounds.
struct Voice {
  var probability: Float
  var openness: Float
  static let silence = Voice(probability: 0.02, openness: 1)
}

/// Somebody before the device, who speaks, pauses, interrupts, presses and mutes as it comes.
struct Person {
  private struct Stretch {
    var frames: Int
    var probability: Float
    var openness: Float = 1
  }

  private let manner: Scenario.PersonManner
  private var dice: Dice
  private var stretches: [Stretch] = []
  private var wasAudible = false
  private(set) var isMuting = false
  /// Says nothing of their own any more.
  var isQuiet = false

  init(_ manner: Scenario.PersonManner, dice: Dice) {
    self.manner = manner
    self.dice = dice
  }

  mutating func speak(for frames: Int) {
    stretches = [Stretch(frames: frames, probability: 0.95)]
  }

  mutating func stop() { stretches = [] }

  mutating func voice(isReplyAudible: Bool) -> Voice {
    if isReplyAudible, !wasAudible, !isQuiet, dice.percent(manner.interrupts) {
      // Now, or somewhere in the middle of it.
      stretches = [Stretch(frames: dice.below(dice.pick([10, 100, 400])) + 1, probability: 0.02)]
      utter()
    }
    wasAudible = isReplyAudible
    if stretches.isEmpty {
      guard !isQuiet else { return .silence }
      plan()
    }
    stretches[0].frames -= 1
    let voice = Voice(probability: stretches[0].probability, openness: stretches[0].openness)
    if stretches[0].frames <= 0 { stretches.removeFirst() }
    return voice
  }

  private mutating func plan() {
    stretches.append(
      Stretch(frames: dice.within(20...dice.pick([100, 300, 800])), probability: 0.03))
    if dice.percent(manner.noises) {
      let isHum = dice.percent(40)
      stretches.append(
        Stretch(
          frames: dice.within(1...(isHum ? 80 : 14)), probability: 0.9, openness: isHum ? 0.1 : 1))
    } else {
      utter()
    }
  }

  private mutating func utter() {
    if dice.percent(manner.monologues) {
      stretches.append(Stretch(frames: dice.within(500...3_600), probability: 0.95))
      return
    }
    for index in 0..<dice.within(1...3) {
      if index > 0 {
        stretches.append(Stretch(frames: dice.within(5...75), probability: 0.05))
      }
      let probability: Float = dice.percent(manner.doubtful) ? 0.62 : 0.95
      stretches.append(Stretch(frames: dice.within(8...180), probability: probability))
    }
  }

  /// What they press in this frame.
  mutating func press() -> Conversation.Press? {
    guard !isQuiet, dice.chance(1, of: 500) else { return nil }
    if isMuting || dice.percent(manner.mutes) {
      isMuting.toggle()
      return .mute(isMuting)
    }
    guard dice.percent(manner.presses * 5) else { return nil }
    return dice.percent(50) ? .listen : .stop
  }

  mutating func unmute() -> Bool {
    defer { isMuting = false }
    return isMuting
  }
}
