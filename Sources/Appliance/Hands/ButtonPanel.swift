package import Linux
internal import Settings
package import VoiceCore

/// What each button means, and which of them are held. Pure: keys in, actions out.
package struct ButtonPanel {
  package enum Role: Equatable, Sendable {
    case talk, mute, muteSwitch, volumeUp, volumeDown, stop
  }

  package enum Action: Equatable, Sendable {
    case talk(isDown: Bool)
    case toggleMute
    case muteSwitch(isOn: Bool)
    case volume(by: Int)
    case stop
  }

  /// A press of a volume button changes it by this much.
  package static let volumeStep = 5
  /// Held, it goes on after a while, and then at this pace; the kernel's own is too fast to let go in time.
  package static let repeatAfter = SampleSpan.milliseconds(400)
  package static let repeatEvery = SampleSpan.milliseconds(150)

  package let roles: [(code: InputCode, role: Role)]
  /// Of which device, and what.
  private var down: [(device: Int, role: Role)] = []
  private var repeating: (device: Int, role: Role, next: SampleTime)?

  package init(roles: [(code: InputCode, role: Role)]) { self.roles = roles }

  package var codes: [InputCode] { roles.map { $0.code } }

  /// A key goes down or up, or a switch is thrown.
  package mutating func turn(
    _ code: InputCode, isOn: Bool, of device: Int, at now: SampleTime
  ) -> Action? {
    guard let role = roles.first(where: { $0.code == code })?.role else { return nil }
    return turn(role, isOn, device, now)
  }

  private mutating func turn(
    _ role: Role, _ isOn: Bool, _ device: Int, _ now: SampleTime
  ) -> Action? {
    let place = down.firstIndex { $0.device == device && $0.role == role }
    // Of two who hold the same, both must let go.
    let isHeldElsewhere = down.contains { $0.role == role && $0.device != device }
    guard isOn != (place != nil) else {
      // A switch that comes and stands off says so, too: one that was lost may have been on.
      return role == .muteSwitch && !isOn && !isHeldElsewhere ? .muteSwitch(isOn: false) : nil
    }
    if let place { down.remove(at: place) } else { down.append((device, role)) }
    switch role {
    case .talk: return isHeldElsewhere ? nil : .talk(isDown: isOn)
    case .muteSwitch: return isHeldElsewhere ? nil : .muteSwitch(isOn: isOn)
    case .mute: return isOn ? .toggleMute : nil
    case .stop: return isOn ? .stop : nil
    case .volumeUp, .volumeDown:
      if let now = repeating, now.device == device, now.role == role { repeating = nil }
      guard isOn else { return nil }
      repeating = (device, role, now + ButtonPanel.repeatAfter)
      return step(role)
    }
  }

  private func step(_ role: Role) -> Action {
    .volume(by: role == .volumeUp ? ButtonPanel.volumeStep : -ButtonPanel.volumeStep)
  }

  /// Each frame: a volume button that is held.
  package mutating func tick(at now: SampleTime) -> Action? {
    guard let held = repeating, now >= held.next else { return nil }
    repeating?.next = now + ButtonPanel.repeatEvery
    return step(held.role)
  }

  /// The device is gone: all its keys come up. A switch is not thrown by that.
  package mutating func lose(_ device: Int, at now: SampleTime) -> [Action] {
    var actions: [Action] = []
    for held in down where held.device == device && held.role != .muteSwitch {
      if let action = turn(held.role, false, device, now) { actions.append(action) }
    }
    down.removeAll { $0.device == device }
    return actions
  }

  /// A switch is on somewhere.
  package var isSwitchOn: Bool { down.contains { $0.role == .muteSwitch } }
}

extension ButtonPanel {
  init(_ settings: DeviceSettings.Buttons) {
    var roles: [(code: InputCode, role: Role)] = []
    func add(_ text: String, _ role: Role) {
      for code in ButtonCode.all(in: text) {
        roles.append((InputCode(code.isSwitch ? .toggle : .key, code.number), role))
      }
    }
    add(settings.talk, .talk)
    add(settings.mute, .mute)
    add(settings.muteSwitch, .muteSwitch)
    add(settings.volumeUp, .volumeUp)
    add(settings.volumeDown, .volumeDown)
    add(settings.stop, .stop)
    self.init(roles: roles)
  }
}
