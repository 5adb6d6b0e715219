internal import ControlProtocol
internal import Settings
internal import VoiceCore

// What is found out about the device itself: while it works, and when somebody asks.

extension ConversationLoop {
  func checkHealth(of shape: MicrophoneShape) {
    // A closed microphone is in good health, and so is a file that has come to its end.
    guard sound.microphoneName != nil, !bridge.isMuted, loaded.settings.sound.card != .wav else {
      return health = MicrophoneHealth()
    }
    guard let change = health.hear(shape, at: now) else { return }
    var happening = Happening("microphone", at: now)
    switch change {
    case .fellIll(let trouble):
      happening.fields.add("phase", trouble.code)
      happening.fields.add("reason", trouble.reason)
      happening.fields.add("advice", trouble.advice)
    case .recovered: happening.fields.add("phase", "well")
    }
    tell(happening)
  }

  /// More than the status, for whoever takes the time.
  var check: Fields {
    var fields = status
    let facts = SelfCheck(
      settings: loaded.settings, sound: sound.problem, health: health.trouble,
      loss: tally.connectedSince == nil ? lastLoss : nil)
    facts.add(to: &fields, link: link)
    measuring.addEarlier(to: &fields)
    return fields
  }

  // MARK: Measuring

  func measure(accept: Bool) -> Fields? {
    if conversation.isBusy || isSomebodySpeaking {
      return .failure("not measured: a conversation is under way")
    }
    if bridge.isMuted { return .failure("not measured: it is muted: auricle mute off") }
    if let whyNot = measuring.begin(
      accept: accept, volume: hands.volume.percent, sound: sound, at: now)
    {
      return .failure("not measured: \(whyNot)")
    }
    return nil
  }

  func checkMeasuring() {
    guard measuring.isUnderWay else { return }
    if conversation.isBusy { measuring.callOff(because: "a conversation began") }
    guard let answer = measuring.check(at: now) else { return }
    var happening = Happening("measured", at: now)
    for key in ["delay_ms", "drift_ppm", "above_noise_db", "noise_db", "echo_reduction_db"] {
      if let value = answer[key] { happening.fields.add(key, value) }
    }
    if case .refused(let reason) = answer.outcome { happening.fields.add("reason", reason) }
    tell(happening)
    control?.deliver(answer)
  }

  func measurementAbandoned() { measuring.callOff(because: "nobody waits for it any more") }
}
