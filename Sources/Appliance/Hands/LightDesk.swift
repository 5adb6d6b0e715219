internal import Settings
package import VoiceCore

/// What the lights show, on the conversation thread: looked at with the frames that come anyway, written
/// only when something changes.
package final class LightDesk {
  /// At most twenty times a second.
  package static let every = SampleSpan.milliseconds(50)

  private let status: Light?
  private let mute: Light?
  private let brightness: Int
  private var shown = Shown.connecting
  private var since = SampleTime.start
  private var next = SampleTime.start

  package init(status: Light?, mute: Light?, brightness: Int) {
    self.status = status
    self.mute = mute
    self.brightness = brightness
  }

  /// - Parameter isClosed: the microphone really is, by a mute.
  package func tick(_ shown: Shown, isClosed: Bool, at now: SampleTime) {
    if shown != self.shown {
      self.shown = shown
      since = now
      next = now
    }
    guard now >= next else { return }
    next = now + LightDesk.every
    let level = LightPattern(shown).level(at: (now - since).milliseconds)
    status?.show(level * brightness / 100, LightColour(shown), at: now)
    mute?.show(isClosed ? brightness : 0, .red, at: now)
  }

  /// Nobody is at work any more. A mute light stays as it is: the microphone stays closed.
  package func end(at now: SampleTime) { status?.show(0, .red, at: now) }
}

extension LightDesk {
  convenience init(_ settings: DeviceSettings.Lights) {
    self.init(
      status: settings.status.isEmpty ? nil : Light(settings.status),
      mute: settings.mute.isEmpty ? nil : Light(settings.mute), brightness: settings.brightness)
  }
}
