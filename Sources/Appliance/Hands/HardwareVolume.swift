internal import ALSA

/// A card's own volume, moved without a jump.
final class HardwareVolume {
  private let mixer: Mixer
  private let share: VolumeShare
  /// As we set it last, or found it.
  private var level: Int
  private var target: Int
  /// On its way between two levels, in hundredths of a decibel: a step may take several frames.
  private var moved: Int?

  /// Begins at `percent`, and switches on what came switched off.
  ///
  /// - Returns: nil when the driver does not say how loud its steps are: nobody could hear on through
  ///   a change of them.
  static func open(_ mixer: consuming Mixer, percent: Int) throws(ALSAError) -> HardwareVolume? {
    guard let decibels = mixer.decibels, let level = mixer.level else { return nil }
    let volume = HardwareVolume(mixer, VolumeShare(decibels: decibels), level: level)
    volume.aim(at: percent)
    _ = try volume.move(isSilent: true)
    try volume.mixer.turnOn()
    return volume
  }

  private init(_ mixer: consuming Mixer, _ share: VolumeShare, level: Int) {
    self.mixer = mixer
    self.share = share
    self.level = level
    target = level
  }

  /// For people: `Speaker of hw:1`.
  var name: String {
    "\(mixer.element) of \(mixer.card)\(mixer.isOn ? "" : ", switched off there")"
  }
  var descriptor: Int32? { mixer.descriptor }

  func aim(at percent: Int) {
    target = mixer.level(atLeast: share.wanted(percent)) ?? level
  }

  /// What is left for us to do, in decibels.
  func rest(of percent: Int) -> Float {
    guard let granted = mixer.decibels(of: target) else { return 0 }
    return Float(share.rest(percent, granted: granted)) / 100
  }

  /// What it does just now, in decibels below its most.
  var gain: Float {
    guard let now = mixer.decibels(of: level) else { return 0 }
    return Float(now - share.top) / 100
  }

  /// Each frame.
  ///
  /// - Parameter isSilent: nobody can hear a jump.
  /// - Returns: whether it has moved.
  func move(isSilent: Bool) throws(ALSAError) -> Bool {
    guard level != target else { return false }
    var next = target
    if !isSilent, let now = mixer.decibels(of: level), let end = mixer.decibels(of: target) {
      let glided = VolumeShare.glided(from: moved ?? share.start(of: now), to: end)
      moved = glided
      next = mixer.level(atLeast: glided) ?? target
    }
    if next == target { moved = nil }
    guard next != level else { return false }
    try mixer.set(level: next)
    level = next
    return true
  }

  /// The percentage that somebody else has set; nil when nobody did.
  func takeNews() throws(ALSAError) -> Int? {
    try mixer.takeNews()
    guard let now = mixer.level, now != level, let decibels = mixer.decibels(of: now) else {
      return nil
    }
    level = now
    target = now
    moved = nil
    return share.percent(of: decibels)
  }
}
