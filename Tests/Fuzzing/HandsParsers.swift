import Appliance
import ControlProtocol
import Linux
import VoiceCore

extension Parser {
  /// `LeftState`: how the device was left, from a disk that may have lost power.
  static let left = Parser(
    "left", longest: 256,
    seeds: {
      [
        "volume=70\ncues=40\nvolume_setting=70\ncue_setting=40\nmuted=no\n\n",
        "muted=lost-switch\n\n", "muted=button\nvolume=0\n\n",
      ].map { Array($0.utf8) }
    }
  ) { input throws(Broken) in
    guard let left = LeftState.parse(input) else { return 1 }
    for level in [left.volume, left.cues, left.volumeSetting, left.cueSetting] {
      try hold(0...100 ~= level ?? 0, "a level of \(level ?? 0)")
    }
    try hold(
      LeftState.parse(left.encode()) == left, "a state does not come back from its own file")
    return 1
  }

  /// `ButtonPanel`: keys of several devices that come and go, in any order.
  static let buttons = Parser(
    "buttons", longest: 512,
    seeds: {
      [
        [0, 0, 1, 6, 10, 0, 0, 0], [0, 3, 1, 6, 60, 6, 60, 0, 3, 0],
        [0, 0, 1, 1, 0, 1, 7, 0, 7, 1, 0, 2, 1, 7, 0],
      ]
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    var run = ButtonRun()
    var count = 0
    while !choices.isEmpty {
      try run.step(&choices)
      count += 1
    }
    try run.end()
    return count
  }

  /// `VolumeShare`: a mixer with whatever scale its driver has.
  static let mixer = Parser(
    "mixer", longest: 64, seeds: { [[0, 0, 70], [255, 255, 255, 255, 255, 100], [1, 2, 3, 4]] }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let all = Int64(Int32.min)...Int64(Int32.max)
    let one = choices.number(-5_000, in: choices.isRare(2) ? Int64.min...Int64.max : all)
    let other = choices.number(0, in: choices.isRare(2) ? Int64.min...Int64.max : all)
    let range = Int(min(one, other))...Int(max(one, other))
    let share = VolumeShare(decibels: range)
    var now = share.start(of: Int(choices.number(-1_000, in: all)))
    var last = Int.min
    while !choices.isEmpty {
      let percent = choices.pick(101)
      let granted = Int(choices.number(0, in: all))
      try hold(share.rest(percent, granted: granted) <= 0, "we would make it louder")
      try hold(0...100 ~= share.percent(of: granted), "\(share.percent(of: granted)) %")
      let next = VolumeShare.glided(from: now, to: share.wanted(percent))
      try hold(abs(next - now) <= VolumeShare.glide, "a jump of \(next - now)")
      now = next
      let wanted = share.wanted(100)
      try hold(last == .min || last == wanted, "full scale moved")
      last = wanted
      let frames = (share.wanted(percent) - share.start(of: granted)) / VolumeShare.glide
      try hold(frames <= 160, "a glide of \(frames) frames")
      if share.least <= share.wanted(percent) {
        try hold(share.percent(of: share.wanted(percent)) == percent, "\(percent) % is another")
      }
    }
    return 1
  }
}

/// A panel, and which of its keys we hold.
private struct ButtonRun {
  private static let roles: [ButtonPanel.Role] = [
    .talk, .mute, .muteSwitch, .volumeUp, .volumeDown, .stop,
  ]
  private var panel = ButtonPanel(
    roles: ButtonRun.roles.indices.map {
      (InputCode(ButtonRun.roles[$0] == .muteSwitch ? .toggle : .key, UInt16($0)), roles[$0])
    })
  private var now = SampleTime.start
  private var held: [[Bool]] = Array(repeating: Array(repeating: false, count: 6), count: 3)
  private var isTalking = false
  private var pressed = 0

  mutating func step(_ choices: inout Choices) throws(Broken) {
    switch choices.pick(8) {
    case 0...5:
      let (device, key) = (choices.pick(3), choices.pick(7))
      let isOn = choices.byte() & 1 == 1
      let role = key < 6 ? ButtonRun.roles[key] : nil
      let code = InputCode(role == .muteSwitch ? .toggle : .key, UInt16(key))
      let action = panel.turn(code, isOn: isOn, of: device, at: now)
      guard let role else {
        return try hold(action == nil, "a key without a meaning did something")
      }
      let isNews = held[device][key] != isOn
      held[device][key] = isOn
      if !isNews {
        let isOff = role == .muteSwitch && action == .muteSwitch(isOn: false) && !isHeld(2)
        try hold(action == nil || isOff, "\(role) did something twice")
      }
      try take(action)
    case 6:
      for _ in 0...choices.pick(100) {
        now = now + .milliseconds(10)
        let action = panel.tick(at: now)
        if action != nil {
          try hold(isHeld(3) || isHeld(4), "a volume that nobody holds goes on")
        }
        try take(action)
      }
    default:
      let device = choices.pick(3)
      held[device] = held[device].map { _ in false }
      for action in panel.lose(device, at: now) { try take(action) }
    }
    try hold(isTalking == isHeld(0), "talk is \(isTalking) and held \(isHeld(0))")
    try hold(panel.isSwitchOn == isHeld(2), "the switch is \(panel.isSwitchOn)")
  }

  private func isHeld(_ key: Int) -> Bool { held.contains { $0[key] } }

  private mutating func take(_ action: ButtonPanel.Action?) throws(Broken) {
    guard case .talk(let isDown)? = action else { return }
    try hold(isDown != isTalking, "talk goes \(isDown ? "down" : "up") twice")
    isTalking = isDown
  }

  mutating func end() throws(Broken) {
    for device in 0..<3 {
      held[device] = held[device].map { _ in false }
      for action in panel.lose(device, at: now) { try take(action) }
    }
    try hold(!isTalking && !panel.isSwitchOn, "all is gone, and something is held")
    now = now + .seconds(10)
    try hold(panel.tick(at: now) == nil, "all is gone, and the volume goes on")
  }
}
