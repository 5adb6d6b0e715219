public import VoiceCore

// What the core needs to know of the settings, in its own words.

extension Conversation.Settings {
  public init(_ settings: DeviceSettings) {
    self.init()
    mode = TalkMode(settings.talk.mode)
    preRoll = settings.hearing.preRoll
    endpointer = Endpointer.Settings(settings)
    shortestSpeech = settings.turn.shortest
    longestTurn = settings.turn.longest
    thinkingLimit = settings.turn.thinkingTimeout
  }
}

extension TalkMode {
  init(_ mode: DeviceSettings.Talk.Mode) {
    switch mode {
    case .open: self = .open
    case .push: self = .push
    case .tap: self = .tap
    }
  }
}

extension SpeechGate.Settings {
  public init(_ settings: DeviceSettings) {
    self.init()
    onset = settings.hearing.speechAfter
    release = settings.hearing.silenceAfter
  }
}

extension RecogniserPath.Settings {
  public init(_ settings: DeviceSettings) {
    self.init()
    reducesNoise = settings.hearing.noiseSuppression == .mild
    levelsSpeech = settings.hearing.level == .auto
  }
}

extension Endpointer.Settings {
  public init(_ settings: DeviceSettings) {
    self.init()
    endSilence = settings.turn.endSilence
    shortestSilence = settings.turn.shortestSilence
    longestSilence = settings.turn.longestSilence
    patience = settings.turn.patience
  }
}

extension Interrupter.Settings {
  public init(_ settings: DeviceSettings) {
    self.init()
    isEnabled = settings.interrupt.isEnabled && settings.talk.mode == .open
    bar = Float(settings.interrupt.threshold) / 100
    duckAfter = settings.interrupt.duckAfter
    holdAfter = settings.interrupt.holdAfter
    confirmAfter = settings.interrupt.confirmAfter
    backchannel = settings.interrupt.backchannel
    giveUpAfter = settings.interrupt.giveUpAfter
    duckedGain = Volume.gain(decibels: Float(settings.interrupt.duckDecibels))
  }
}
