internal import Linux
internal import Settings
internal import VoiceCore
internal import WebSockets

/// What people reach with their hands: volume, mute, buttons and lights, as they left them.
final class Hands {
  let volume: VolumeDesk
  var mute: MuteDesk
  private let settings: DeviceSettings
  private let loop: EventLoop
  private let left: LeftKeeper
  private let lights: LightDesk
  private var buttons: ButtonDesk?

  init(_ settings: DeviceSettings, bridge: Bridge, loop: EventLoop) {
    self.settings = settings
    self.loop = loop
    left = LeftKeeper(folder: settings.device.state)
    lights = LightDesk(settings.lights)
    let (speaker, state) = (settings.speaker, left.state)
    func begin(_ setting: Int, _ before: Int?, _ kept: Int?) -> Int {
      // Who has changed the setting since means it.
      speaker.remembers && before == setting ? kept ?? setting : setting
    }
    volume = VolumeDesk(
      bridge: bridge, loop: loop, mixer: speaker.mixer,
      percent: begin(speaker.volume, state.volumeSetting, state.volume),
      cues: begin(speaker.cueLevel, state.cueSetting, state.cues))
    mute = MuteDesk(wish: Hands.wish(settings.sound.muteAtStart, left))
  }

  private static func wish(_ setting: DeviceSettings.Sound.MuteAtStart, _ left: LeftKeeper)
    -> MuteDesk.Hand?
  {
    switch setting {
    case .on: .start
    case .off: nil
    // Nobody knows how it was left: better deaf than overheard.
    case .asLeft: left.isDamaged ? .start : left.state.mute
    }
  }

  /// Reads how the switches stand, among others.
  func start(
    switchLost: @escaping () -> Void,
    act: @escaping (ButtonPanel.Action, _ device: String) -> Void
  ) {
    let buttons = ButtonDesk(settings.buttons, loop: loop, switchLost: switchLost, act: act)
    self.buttons = buttons
    buttons.start()
  }

  /// The devices whose buttons are read.
  var buttonNames: String { buttons?.names ?? "" }

  func tick(_ shown: Shown, isClosed: Bool, isSilent: Bool, at now: SampleTime) {
    buttons?.tick(at: now)
    volume.tick(isSilent: isSilent)
    lights.tick(shown, isClosed: isClosed, at: now)
    left.tick(at: now)
  }

  /// Writes down how it is left: a mute at once, a volume when it has come to rest.
  func keep(at now: SampleTime, isUrgent: Bool) {
    var state = LeftState()
    if settings.speaker.remembers {
      state.volume = volume.percent
      state.cues = volume.cues
      state.volumeSetting = settings.speaker.volume
      state.cueSetting = settings.speaker.cueLevel
    }
    // A switch says how it stands at the next start, too.
    state.mute = mute.wish
    left.keep(state, at: now, isUrgent: isUrgent)
  }

  func finish(at now: SampleTime) {
    left.write()
    lights.end(at: now)
  }
}
