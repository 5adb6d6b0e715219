internal import CALSA
public import SoundCards

/// What libasound says of the cards that are there.
public enum CardScan {
  /// The kernel's own limit.
  static let mostCards = 32
  /// Of one card.
  static let mostDevices = 32

  /// - Parameter asksAbilities: also what each device can do, where nobody uses it: that opens it
  ///   for a moment.
  public static func cards(asksAbilities: Bool) -> [CardFacts] {
    calsa_be_quiet()
    var cards: [CardFacts] = []
    var number: CInt = -1
    while cards.count < mostCards, snd_card_next(&number) == 0, number >= 0 {
      if let card = card(number, asksAbilities: asksAbilities) { cards.append(card) }
    }
    return cards
  }

  /// Nil when it went while we looked.
  private static func card(_ number: CInt, asksAbilities: Bool) -> CardFacts? {
    var control: OpaquePointer?
    guard snd_ctl_open(&control, "hw:\(number)", CInt(SND_CTL_NONBLOCK)) == 0, let control else {
      return nil
    }
    defer { snd_ctl_close(control) }
    var info: OpaquePointer?
    snd_ctl_card_info_malloc(&info)
    defer { snd_ctl_card_info_free(info) }
    guard snd_ctl_card_info(control, info) == 0 else { return nil }
    var card = CardFacts(
      number: Int(number), id: text(snd_ctl_card_info_get_id(info)),
      name: text(snd_ctl_card_info_get_name(info)),
      longName: text(snd_ctl_card_info_get_longname(info)),
      driver: text(snd_ctl_card_info_get_driver(info)))
    var device: CInt = -1
    var seen = 0
    while seen < mostDevices, snd_ctl_pcm_next_device(control, &device) == 0, device >= 0 {
      seen += 1
      for side in Side.allCases {
        if let pcm = pcm(control, number, device, side, asksAbilities: asksAbilities) {
          card.pcms.append(pcm)
        }
      }
    }
    return card
  }

  private static func pcm(
    _ control: OpaquePointer, _ number: CInt, _ device: CInt, _ side: Side, asksAbilities: Bool
  ) -> PCMFacts? {
    var info: OpaquePointer?
    snd_pcm_info_malloc(&info)
    defer { snd_pcm_info_free(info) }
    snd_pcm_info_set_device(info, CUnsignedInt(device))
    snd_pcm_info_set_subdevice(info, 0)
    snd_pcm_info_set_stream(info, side.stream)
    guard snd_ctl_pcm_info(control, info) == 0 else { return nil }
    var pcm = PCMFacts(device: Int(device), side: side, name: text(snd_pcm_info_get_name(info)))
    guard asksAbilities else { return pcm }
    if snd_pcm_info_get_subdevices_count(info) > 0, snd_pcm_info_get_subdevices_avail(info) == 0 {
      pcm.use = .held(Holder())
      return pcm
    }
    ask(&pcm, "hw:\(number),\(device)")
    return pcm
  }

  /// Opens it without waiting, asks, and closes it: nothing is configured and nothing sounds.
  private static func ask(_ pcm: inout PCMFacts, _ name: String) {
    var handle: OpaquePointer?
    let code = snd_pcm_open(&handle, name, pcm.side.stream, CInt(SND_PCM_NONBLOCK))
    guard code == 0, let handle else {
      pcm.use =
        code == -EBUSY || code == -EAGAIN
        ? .held(Holder()) : .refused(reason: ALSAError.reason(code: code))
      return
    }
    defer { snd_pcm_close(handle) }
    pcm.use = .free
    var hardware: OpaquePointer?
    snd_pcm_hw_params_malloc(&hardware)
    defer { snd_pcm_hw_params_free(hardware) }
    guard snd_pcm_hw_params_any(handle, hardware) >= 0 else { return }
    var (fewest, most): (CUnsignedInt, CUnsignedInt) = (0, 0)
    guard snd_pcm_hw_params_get_channels_min(hardware, &fewest) == 0,
      snd_pcm_hw_params_get_channels_max(hardware, &most) == 0, fewest <= most
    else { return }
    pcm.ability = PCMAbility(
      rates: PCMAbility.usualRates.filter {
        snd_pcm_hw_params_test_rate(handle, hardware, CUnsignedInt($0), 0) == 0
      },
      formats: formats(handle, hardware), channels: Int(fewest)...Int(most))
  }

  private static func formats(_ handle: OpaquePointer, _ hardware: OpaquePointer?) -> [String] {
    var formats: [String] = []
    for number in 0...SND_PCM_FORMAT_LAST.rawValue {
      let format = snd_pcm_format_t(rawValue: number)
      guard snd_pcm_hw_params_test_format(handle, hardware, format) == 0,
        let name = snd_pcm_format_name(format)
      else { continue }
      formats.append(String(cString: name))
    }
    return formats
  }

  private static func text(_ string: UnsafePointer<CChar>?) -> String {
    string.map { String(cString: $0) } ?? ""
  }
}

extension Side {
  fileprivate var stream: snd_pcm_stream_t {
    self == .microphone ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK
  }
}
