/// Whether the microphone is to be closed, and who says so.
///
/// Two say so: whoever pressed or commanded it, and a switch, which cannot be overruled. Each lifts
/// only its own.
package struct MuteDesk: Equatable {
  /// By whose wish it is muted, apart from switches.
  package enum Hand: CaseIterable, Equatable {
    case command, button
    /// `sound.mute_at_start`, or a state of before that cannot be read.
    case start
    /// A switch that was pulled out while it was on: its last word holds until somebody says otherwise,
    /// be it a switch that is plugged in.
    case lostSwitch

    package var word: String {
      switch self {
      case .command: "command"
      case .button: "button"
      case .start: "start"
      case .lostSwitch: "lost-switch"
      }
    }

    package static func named(_ word: String) -> Hand? {
      for hand in allCases where hand.word.utf8.elementsEqual(word.utf8) { return hand }
      return nil
    }
  }

  /// Nil: nobody wants it muted.
  package private(set) var wish: Hand?
  /// The device whose switch is on.
  package private(set) var switchedBy: String?

  package init(wish: Hand? = nil) { self.wish = wish }

  package var isMuted: Bool { wish != nil || switchedBy != nil }

  /// Who holds it closed; empty when it is open.
  package var by: String { switchedBy != nil ? "switch" : wish?.word ?? "" }

  /// - Returns: false when a switch is on, which has the last word: then nothing is changed.
  package mutating func set(_ isMuted: Bool, by hand: Hand) -> Bool {
    guard isMuted || switchedBy == nil else { return false }
    // Who muted it first is who did it.
    wish = isMuted ? wish ?? hand : nil
    return true
  }

  /// - Returns: false when that is how it was.
  package mutating func turnSwitch(_ isOn: Bool, of device: String) -> Bool {
    // To compare the devices' names would bring tables of 40 KB into the program, and tell nothing.
    let before = (wish: wish, isOn: switchedBy != nil)
    switchedBy = isOn ? device : nil
    if wish == .lostSwitch { wish = nil }
    return wish != before.wish || isOn != before.isOn
  }

  package mutating func loseSwitch() {
    guard switchedBy != nil else { return }
    switchedBy = nil
    wish = wish ?? .lostSwitch
  }
}
