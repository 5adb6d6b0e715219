internal import ControlProtocol
internal import VoiceCore

// What is done by hand, and by command: mute, volume, buttons.

extension ConversationLoop {
  /// Before the microphone is opened for the first time.
  func startHands() {
    hands.volume.changed = { [unowned(unsafe) self] in volumeChanged() }
    hands.start(switchLost: { [unowned(unsafe) self] in
      hands.mute.loseSwitch()
      muteChanged()
    }) { [unowned(unsafe) self] in
      act($0, of: $1)
    }
    if hands.mute.isMuted { muteChanged() }
  }

  func tickHands(_ heard: HeardFrame) {
    hands.tick(
      conversation.shown, isClosed: bridge.isMuted && sound.isMicrophoneClosed,
      isSilent: heard.speaker.power == 0, at: now)
  }

  func follow(_ news: SoundNews) {
    guard news.half != .microphone else { return }
    switch news.kind {
    case .opened: hands.volume.loudspeakerOpened(card: sound.loudspeakerCard)
    case .failed, .closed: hands.volume.loudspeakerLost()
    case .kept: break
    }
  }

  private func act(_ action: ButtonPanel.Action, of device: String) {
    switch action {
    case .talk(let isDown): perform(conversation.press(.talk(isDown: isDown)))
    case .stop: stopTalking()
    case .volume(let step): setVolume(VolumeWish(step: step))
    case .toggleMute:
      // Whoever pressed it is not to wonder.
      if setMute(!hands.mute.isMuted, by: .button) != nil { give(.problem) }
    case .muteSwitch(let isOn):
      if hands.mute.turnSwitch(isOn, of: device) { muteChanged() }
    }
  }

  func stopTalking() {
    bridge.order(.stop)
    perform(conversation.press(.stop))
  }

  // MARK: Mute

  /// - Returns: why not.
  func setMute(_ isMuted: Bool, by hand: MuteDesk.Hand) -> String? {
    guard hands.mute.set(isMuted, by: hand) else {
      return
        "the mute switch of '\(hands.mute.switchedBy ?? "")' is on, and only it opens the microphone"
    }
    muteChanged()
    return nil
  }

  private func muteChanged() {
    let isMuted = hands.mute.isMuted
    if isMuted != bridge.isMuted {
      bridge.isMuted = isMuted
      if isMuted { sound.closeMicrophone() } else { sound.reopenMicrophone() }
      perform(conversation.press(.mute(isMuted)))
    }
    hands.keep(at: now, isUrgent: true)
    var happening = Happening("microphone", at: now)
    addMute(to: &happening.fields)
    tell(happening)
  }

  func addMute(to fields: inout Fields) {
    fields.add("muted", hands.mute.isMuted)
    fields.add("muted_by", hands.mute.by)
  }

  // MARK: Volume

  func setVolume(_ wish: VolumeWish) {
    let (volume, cues) = (hands.volume.percent, hands.volume.cues)
    if let volume = wish.volume { hands.volume.set(volume) }
    if let step = wish.step { hands.volume.set(hands.volume.percent + step) }
    if let cues = wish.cues { hands.volume.set(cues: cues) }
    // A button that is held at the end of the scale has nothing to tell.
    if volume == hands.volume.percent, cues == hands.volume.cues { return }
    volumeChanged()
  }

  private func volumeChanged() {
    hands.keep(at: now, isUrgent: false)
    var happening = Happening("volume", at: now)
    addVolume(to: &happening.fields)
    tell(happening)
  }

  func addVolume(to fields: inout Fields) {
    fields.add("volume", hands.volume.percent)
    fields.add("cues", hands.volume.cues)
    fields.add("volume_by", hands.volume.by)
  }
}
