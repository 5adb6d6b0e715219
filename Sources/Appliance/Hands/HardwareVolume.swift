internal import ALSA

/// A card's own volume, moved without a jump.
final class HardwareVolume {
  private let mixer: Mixer
  /// Nil where the driver has no scale: then its steps are all there is.
  private let share: VolumeShare?
  /// As we set it last, or found it.
  private var level: Int
  private var target: Int

  /// Begins at `percent`, and switches on what came switched off.
  init(_ mixer: consuming Mixer, percent: Int) throws(ALSAError) {
    share = mixer.decibels.map { VolumeShare(decibels: $0) }
    level = mixer.level ?? mixer.range.lowerBound
    target = level
    self.mixer = mixer
    aim(at: percent)
    try move(isSilent: true)
    try self.mixer.turnOn()
  }

  /// For people: `Speaker of hw:1`.
  var name: String {
    "\(mixer.element) of \(mixer.card)\(mixer.isOn ? "" : ", switched off there")"
  }
  var descriptor: Int32? { mixer.descriptor }

  func aim(at percent: Int) {
    guard let share else {
      target = VolumeShare.level(at: percent, in: mixer.range)
      return
    }
    target = mixer.level(atLeast: share.wanted(percent)) ?? level
  }

  /// What is left for us to do, in decibels.
  func rest(of percent: Int) -> Float {
    guard let share, let granted = mixer.decibels(of: target) else { return 0 }
    return Float(share.rest(percent, granted: granted)) / 100
  }

  /// Each frame.
  ///
  /// - Parameter isSilent: nobody can hear a jump.
  func move(isSilent: Bool) throws(ALSAError) {
    guard level != target else { return }
    var next = target
    if !isSilent, let share, let now = mixer.decibels(of: level),
      let end = mixer.decibels(of: target)
    {
      moved = VolumeShare.glided(from: moved ?? share.start(of: now), to: end)
      next = mixer.level(atLeast: moved ?? end) ?? target
    }
    if next == target { moved = nil }
    if next != level { try mixer.set(level: next) }
    level = next
  }
  /// On its way between two levels, in hundredths of a decibel: a step may take several frames.
  private var moved: Int?

  /// The percentage that somebody else has set; nil when nobody did.
  func takeNews() throws(ALSAError) -> Int? {
    try mixer.takeNews()
    guard let now = mixer.level, now != level else { return nil }
    level = now
    target = now
    moved = nil
    guard let share, let decibels = mixer.decibels(of: now) else {
      return VolumeShare.percent(of: now, in: mixer.range)
    }
    return share.percent(of: decibels)
  }
}
