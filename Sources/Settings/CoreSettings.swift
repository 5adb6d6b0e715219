public import VoiceCore

// What the core needs to know of the settings, in its own words.

extension Conversation.Settings {
  public init(_ settings: DeviceSettings) {
    self.init()
    preRoll = settings.hearing.preRoll
    endpointer = Endpointer.Settings(endSilence: settings.turn.endSilence)
    shortestSpeech = settings.turn.shortest
    longestTurn = settings.turn.longest
    thinkingLimit = settings.turn.thinkingTimeout
  }
}

extension Interrupter.Settings {
  public init(_ settings: DeviceSettings) {
    self.init()
    isEnabled = settings.interrupt.isEnabled
    duckAfter = settings.interrupt.duckAfter
    holdAfter = settings.interrupt.holdAfter
    confirmAfter = settings.interrupt.confirmAfter
    giveUpAfter = settings.interrupt.giveUpAfter
  }
}
