internal import CALSA

/// The one volume of a card that its loudspeaker obeys, through ALSA's simple mixer.
public struct Mixer: ~Copyable {
  public enum Wanted: Sendable {
    case best
    case named(String)
  }

  /// ALSA's name of the card.
  public let card: String
  /// The element's name, as amixer calls it.
  public let element: String
  public let range: ClosedRange<Int>
  /// Of the two ends, in hundredths of a decibel; nil where the driver has no scale.
  public let decibels: ClosedRange<Int>?
  private let handle: OpaquePointer
  private let volume: OpaquePointer

  private init(
    owning handle: OpaquePointer, card: String, element: String, volume: OpaquePointer,
    range: ClosedRange<Int>, decibels: ClosedRange<Int>?
  ) {
    self.handle = handle
    self.card = card
    self.element = element
    self.volume = volume
    self.range = range
    self.decibels = decibels
  }
  deinit { snd_mixer_close(handle) }

  /// - Returns: nil when the card has no such volume.
  public static func open(_ card: String, _ wanted: Wanted) throws(ALSAError) -> Mixer? {
    calsa_be_quiet()
    var opened: OpaquePointer?
    try ALSAError.check(snd_mixer_open(&opened, 0), "open a mixer for", card)
    guard let handle = opened else { return nil }
    var element: (name: String, volume: OpaquePointer)?
    do throws(ALSAError) {
      try ALSAError.check(snd_mixer_attach(handle, card), "open the mixer of", card)
      try ALSAError.check(snd_mixer_selem_register(handle, nil, nil), "read the mixer of", card)
      try ALSAError.check(snd_mixer_load(handle), "read the mixer of", card)
      element = find(wanted, in: handle)
    } catch {
      snd_mixer_close(handle)
      throw error
    }
    guard let element, let range = range(of: element.volume) else {
      snd_mixer_close(handle)
      return nil
    }
    return Mixer(
      owning: handle, card: card, element: element.name, volume: element.volume, range: range,
      decibels: decibels(of: element.volume))
  }

  // MARK: Choosing

  /// What a card calls the volume that everything it plays passes, the likeliest first: the sum of
  /// all, then what people listen to, then the converter before it.
  public static let preferred = [
    "Master", "Speaker", "PCM", "Headphone", "Headset", "Digital", "Playback", "DAC", "Lineout",
    "Line Out", "HDMI", "Front",
  ]
  /// Volumes of what is not the loudspeaker.
  static let others = ["Mic", "Sidetone", "Loopback", "Capture", "Beep", "Aux", "CD", "Line"]

  /// The place of the element to use; nil when none of them is a loudspeaker's.
  public static func choose(among names: [String]) -> Int? {
    for wanted in preferred {
      for (place, name) in names.enumerated() where isSame(name, wanted) { return place }
    }
    return names.firstIndex { name in !others.contains { name.utf8.starts(with: $0.utf8) } }
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8)
  }

  private static func find(_ wanted: Wanted, in handle: OpaquePointer)
    -> (name: String, volume: OpaquePointer)?
  {
    var names: [String] = []
    var volumes: [OpaquePointer] = []
    var next = snd_mixer_first_elem(handle)
    while let one = next {
      next = snd_mixer_elem_next(one)
      guard snd_mixer_selem_is_active(one) != 0, snd_mixer_selem_has_playback_volume(one) != 0,
        let name = snd_mixer_selem_get_name(one)
      else { continue }
      names.append(String(cString: name))
      volumes.append(one)
    }
    let place =
      switch wanted {
      case .best: choose(among: names)
      case .named(let wanted): names.firstIndex { isSame($0, wanted) }
      }
    return place.map { (names[$0], volumes[$0]) }
  }

  private static func range(of volume: OpaquePointer) -> ClosedRange<Int>? {
    var least: CLong = 0
    var most: CLong = 0
    guard snd_mixer_selem_get_playback_volume_range(volume, &least, &most) == 0, least < most else {
      return nil
    }
    return Int(least)...Int(most)
  }

  private static func decibels(of volume: OpaquePointer) -> ClosedRange<Int>? {
    var least: CLong = 0
    var most: CLong = 0
    guard snd_mixer_selem_get_playback_dB_range(volume, &least, &most) == 0, least < most else {
      return nil
    }
    return Int(least)...Int(most)
  }

  // MARK: Its level

  /// The lowest level that is no quieter than so many hundredths of a decibel.
  public func level(atLeast decibels: Int) -> Int? {
    var level: CLong = 0
    guard snd_mixer_selem_ask_playback_dB_vol(volume, CLong(decibels), 1, &level) == 0 else {
      return nil
    }
    return min(max(Int(level), range.lowerBound), range.upperBound)
  }

  public func decibels(of level: Int) -> Int? {
    var decibels: CLong = 0
    guard snd_mixer_selem_ask_playback_vol_dB(volume, CLong(level), &decibels) == 0 else {
      return nil
    }
    return Int(decibels)
  }

  /// Of its first channel.
  public var level: Int? {
    var level: CLong = 0
    guard snd_mixer_selem_get_playback_volume(volume, SND_MIXER_SCHN_FRONT_LEFT, &level) == 0 else {
      return nil
    }
    return Int(level)
  }

  public func set(level: Int) throws(ALSAError) {
    try ALSAError.check(
      snd_mixer_selem_set_playback_volume_all(volume, CLong(level)), "set the volume of", card)
  }

  /// Whether the switch beside it, if there is one, lets sound through.
  public var isOn: Bool {
    guard snd_mixer_selem_has_playback_switch(volume) != 0 else { return true }
    var isOn: CInt = 1
    snd_mixer_selem_get_playback_switch(volume, SND_MIXER_SCHN_FRONT_LEFT, &isOn)
    return isOn != 0
  }

  public func turnOn() throws(ALSAError) {
    guard !isOn else { return }
    try ALSAError.check(
      snd_mixer_selem_set_playback_switch_all(volume, 1), "switch on the sound of", card)
  }

  // MARK: News

  /// Readable when somebody has changed something; nil for a card that does not tell.
  public var descriptor: Int32? {
    guard snd_mixer_poll_descriptors_count(handle) == 1 else { return nil }
    var request = pollfd()
    return snd_mixer_poll_descriptors(handle, &request, 1) == 1 ? request.fd : nil
  }

  /// Reads what was changed. Fails when the card is gone.
  public func takeNews() throws(ALSAError) {
    try ALSAError.check(snd_mixer_handle_events(handle), "read the mixer of", card)
  }
}
