internal import CALSA

/// All levels, switches and choices of a card, a line each, for whoever cannot be there to look.
public enum MixerPage {
  /// A studio's card has hundreds.
  public static let mostLines = 200

  /// - Parameter card: ALSA's name, such as `hw:1`.
  public static func lines(of card: String) throws(ALSAError) -> [String] {
    calsa_be_quiet()
    var opened: OpaquePointer?
    try ALSAError.check(snd_mixer_open(&opened, 0), "open a mixer for", card)
    guard let handle = opened else { return [] }
    defer { snd_mixer_close(handle) }
    try ALSAError.check(snd_mixer_attach(handle, card), "open the mixer of", card)
    try ALSAError.check(snd_mixer_selem_register(handle, nil, nil), "read the mixer of", card)
    try ALSAError.check(snd_mixer_load(handle), "read the mixer of", card)
    var lines: [String] = []
    var next = snd_mixer_first_elem(handle)
    while let element = next, lines.count < mostLines {
      next = snd_mixer_elem_next(element)
      guard let name = snd_mixer_selem_get_name(element) else { continue }
      var line = String(cString: name)
      let index = snd_mixer_selem_get_index(element)
      if index > 0 { line += "," + String(index) }
      line += ":" + side(element, isPlayback: true) + side(element, isPlayback: false)
      line += choice(element)
      if snd_mixer_selem_is_active(element) == 0 { line += " not in use" }
      lines.append(line)
    }
    return lines
  }

  /// ` playback 32 30 of 0 to 40 (-8.00 dB) on`, one number for each channel.
  private static func side(_ element: OpaquePointer, isPlayback: Bool) -> String {
    let hasVolume =
      isPlayback
      ? snd_mixer_selem_has_playback_volume(element)
      : snd_mixer_selem_has_capture_volume(element)
    let hasSwitch =
      isPlayback
      ? snd_mixer_selem_has_playback_switch(element)
      : snd_mixer_selem_has_capture_switch(element)
    guard hasVolume != 0 || hasSwitch != 0 else { return "" }
    var text = isPlayback ? " playback" : " capture"
    if hasVolume != 0 { text += levels(element, isPlayback) }
    if hasSwitch != 0 { text += isOn(element, isPlayback) ? " on" : " off" }
    return text
  }

  private static func levels(_ element: OpaquePointer, _ isPlayback: Bool) -> String {
    var text = ""
    var least: CLong = 0
    var most: CLong = 0
    for number in 0..<8 {
      let channel = snd_mixer_selem_channel_id_t(Int32(number))
      let hasChannel =
        isPlayback
        ? snd_mixer_selem_has_playback_channel(element, channel)
        : snd_mixer_selem_has_capture_channel(element, channel)
      guard hasChannel != 0 else { continue }
      var level: CLong = 0
      let code =
        isPlayback
        ? snd_mixer_selem_get_playback_volume(element, channel, &level)
        : snd_mixer_selem_get_capture_volume(element, channel, &level)
      text += code == 0 ? " " + String(level) : " ?"
    }
    let code =
      isPlayback
      ? snd_mixer_selem_get_playback_volume_range(element, &least, &most)
      : snd_mixer_selem_get_capture_volume_range(element, &least, &most)
    if code == 0 { text += " of " + String(least) + " to " + String(most) }
    var decibels: CLong = 0
    let first = SND_MIXER_SCHN_FRONT_LEFT
    let known =
      isPlayback
      ? snd_mixer_selem_get_playback_dB(element, first, &decibels)
      : snd_mixer_selem_get_capture_dB(element, first, &decibels)
    if known == 0 { text += " (" + String(decibels / 100) + " dB)" }
    return text
  }

  private static func isOn(_ element: OpaquePointer, _ isPlayback: Bool) -> Bool {
    var isOn: CInt = 0
    if isPlayback {
      snd_mixer_selem_get_playback_switch(element, SND_MIXER_SCHN_FRONT_LEFT, &isOn)
    } else {
      snd_mixer_selem_get_capture_switch(element, SND_MIXER_SCHN_FRONT_LEFT, &isOn)
    }
    return isOn != 0
  }

  /// What is chosen of a few words.
  private static func choice(_ element: OpaquePointer) -> String {
    var item: UInt32 = 0
    guard snd_mixer_selem_is_enumerated(element) != 0,
      snd_mixer_selem_get_enum_item(element, SND_MIXER_SCHN_FRONT_LEFT, &item) == 0
    else { return "" }
    var name = [CChar](repeating: 0, count: 64)
    guard snd_mixer_selem_get_enum_item_name(element, item, name.count - 1, &name) == 0 else {
      return ""
    }
    return name.withUnsafeBufferPointer { " is " + String(cString: $0.baseAddress!) }
  }
}
