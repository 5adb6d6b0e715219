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
    /// Meant for the device.
    var isWords = false
  }

  private let mode: TalkMode
  private let manner: Scenario.PersonManner
  private var dice: Dice
  private var stretches: [Stretch] = []
  private var wasAudible = false
  private(set) var isMuting = false
  /// Has pressed the button to talk, and means to talk.
  private var isHolding = false
  private var meansIt = false
  private var lastShown = Shown.offline
  /// Says nothing of their own any more.
  var isQuiet = false

  init(_ manner: Scenario.PersonManner, mode: TalkMode, dice: Dice) {
    self.mode = mode
    self.manner = manner
    self.dice = dice
  }

  mutating func speak(for frames: Int) {
    stretches = [Stretch(frames: frames, probability: 0.95, isWords: true)]
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
      meansIt = false
      guard !isQuiet else { return .silence }
      plan()
    }
    meansIt = stretches[0].isWords
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
      stretches.append(
        Stretch(frames: dice.within(500...3_600), probability: 0.95, isWords: true))
      return
    }
    for index in 0..<dice.within(1...3) {
      if index > 0 {
        stretches.append(
          Stretch(
            frames: dice.within(5...75), probability: 0.05, isWords: mode == .push))
      }
      let probability: Float = dice.percent(manner.doubtful) ? 0.62 : 0.95
      stretches.append(
        Stretch(frames: dice.within(8...180), probability: probability, isWords: true))
    }
  }

  /// The button that somebody who wants to talk has to press, if there is one.
  mutating func pressToTalk(_ shown: Shown) -> Conversation.Press? {
    guard mode != .open else { return nil }
    // It listened, or could not, and that is over: once more.
    let isOver = shown != lastShown && ![.listening, .muted, .fault].contains(shown)
    lastShown = shown
    if isOver, isHolding, meansIt { isHolding = false }
    guard meansIt != isHolding else { return nil }
    isHolding = meansIt
    // A second tap would end what goes on.
    if mode == .tap, isHolding, shown == .listening { return nil }
    return .talk(isDown: isHolding)
  }

  /// What they press in this frame.
  mutating func press() -> Conversation.Press? {
    guard !isQuiet, dice.chance(1, of: 500) else { return nil }
    if isMuting || dice.percent(manner.mutes) {
      isMuting.toggle()
      return .mute(isMuting)
    }
    guard dice.percent(manner.presses * 5) else { return nil }
    if dice.percent(50) { return .listen }
    // Nobody goes on with the thumb on one button when they have pressed the other.
    if mode == .push, meansIt { stretches = [] }
    return .stop
  }

  mutating func unmute() -> Bool {
    defer { isMuting = false }
    return isMuting
  }
}
