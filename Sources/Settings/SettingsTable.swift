/// Every setting, in the order of the sample file. The parser, the sample, the manual pages and
/// `auricle settings` are all made from these rows; the defaults are those of `DeviceSettings`.
public enum SettingsTable {
  public struct Section: Sendable {
    public let name: String
    public let help: String
  }

  public static let sections: [Section] = [
    Section(name: "agent", help: "The voice agent this device talks to."),
    Section(name: "broker", help: "Who gives this device short-lived tokens for the agent."),
    Section(name: "device", help: "Who this device is, as the agent sees it, and what it keeps."),
    Section(name: "sound", help: "Where sound comes from and goes to."),
    Section(name: "alsa", help: "The real sound card (sound.card = alsa)."),
    Section(
      name: "room", help: "The simulated room (sound.card = room), for trying without a card."),
    Section(name: "wav", help: "Sound files instead of a card (sound.card = wav)."),
    Section(
      name: "hearing", help: "What counts as speech, and what is kept of the sound before it."),
    Section(name: "talk", help: "Who is listened to, and when."),
    Section(name: "turn", help: "When a person's turn begins and ends."),
    Section(name: "interrupt", help: "What happens when somebody speaks over an answer."),
    Section(
      name: "speaker", help: "The loudspeaker, and what the device itself lets people hear."),
    Section(name: "buttons", help: "Buttons and switches, by the kernel's input devices."),
    Section(name: "lights", help: "Lights of the kernel's LED class, in /sys/class/leds."),
    Section(name: "link", help: "The connection to the agent."),
    Section(name: "control", help: "Who may talk to the running daemon."),
  ]

  public static let rows: [Setting] = [
    Setting(
      "agent", "url", .address,
      "Where the agent listens. ws:// instead of wss:// goes without encryption: for tests only."
    ) { $0.carry(&$1.agent.url) },
    Setting(
      "agent", "ca_file", .path(mayBeEmpty: true),
      "Only a server with a certificate from this authority (a PEM file) is believed. Empty: the authorities the system trusts."
    ) { $0.carry(&$1.agent.caFile) },
    Setting(
      "agent", "pin", .pins,
      "One of these public keys must be among the certificates of the agent, besides all other checks: the agent's own key or its authority's, and a spare. With a pin, a device whose clock is wrong can still connect."
    ) { $0.carry(&$1.agent.pin) },
    Setting(
      "agent", "key_file", .path(mayBeEmpty: true),
      "For debugging only: a file with a key of the agent's that never runs out, shown as Authorization: Bearer. Whoever takes the device has the key; a broker gives it tokens instead."
    ) { $0.carry(&$1.agent.keyFile) },
    Setting(
      "agent", "debug_long_lived_key", .flag,
      "Without this the daemon does not start with agent.key_file. With it, auricle status says so."
    ) { $0.carry(&$1.agent.allowsLongLivedKey) },

    Setting(
      "broker", "url", .text(mayBeEmpty: true),
      "Where tokens are asked for (https://). The broker then says where the agent is, and agent.url is not used. It must be signed and pinned as the agent is. Empty: the agent asks for no token."
    ) { $0.carry(&$1.broker.url) },
    Setting(
      "broker", "secret_file", .path(mayBeEmpty: true),
      "A file that only the daemon can read, with the secret that proves this device to the broker in one line. Empty: device.certificate proves it."
    ) { $0.carry(&$1.broker.secretFile) },

    Setting(
      "device", "name", .text(mayBeEmpty: false), "This device's own name, such as its place."
    ) { $0.carry(&$1.device.name) },
    Setting("device", "model", .text(mayBeEmpty: false), "The kind of hardware.") {
      $0.carry(&$1.device.model)
    },
    Setting(
      "device", "certificate", .path(mayBeEmpty: true),
      "What proves this device to a server that asks: a PEM file with its certificate and those between it and its authority. Empty: nothing is shown."
    ) { $0.carry(&$1.device.certificateFile) },
    Setting(
      "device", "key", .path(mayBeEmpty: true),
      "The certificate's private key, a PEM file without a password that only the daemon can read."
    ) { $0.carry(&$1.device.keyFile) },
    Setting(
      "device", "state", .path(mayBeEmpty: true),
      "A folder for what the device learns about its loudspeaker and room, so that even its first answer after a start can be interrupted at once, and for the time, for devices whose clock stops with the power. No sound is kept. Empty: it learns anew at every start."
    ) { $0.carry(&$1.device.state) },

    Setting(
      "sound", "card", .words(of: DeviceSettings.Sound.Card.self),
      "A real sound card, a simulated room, or sound files."
    ) { $0.carry(&$1.sound.card) },
    Setting(
      "sound", "mute_at_start", .words(of: DeviceSettings.Sound.MuteAtStart.self),
      "Whether the microphone is closed after a start: as it was left, always (on) or never (off). A switch that is on has the last word."
    ) { $0.carry(&$1.sound.muteAtStart) },

    Setting(
      "alsa", "microphone", .card,
      "The card that hears. auto: a USB speakerphone before a codec of the board before a microphone alone; what is plugged in later is taken too. auricle sound list shows what there is.",
      command: "auricle sound use"
    ) { $0.carry(&$1.alsa.microphone) },
    Setting(
      "alsa", "loudspeaker", .card,
      "The card that speaks. auto: the microphone's own card if it can, else the best other, a screen last.",
      command: "auricle sound use"
    ) { $0.carry(&$1.alsa.loudspeaker) },
    Setting(
      "alsa", "period", .number(5...50, .time),
      "How much sound the card hands over at a time. Smaller reacts faster and costs more. At 10 ms, a card whose position moves by periods, as USB cards' do, gets one of 1 ms: what it has fetched ahead is heard after a mute."
    ) { $0.carry(&$1.alsa.period) },
    Setting(
      "alsa", "buffer", .number(40...500, .time),
      "How much sound the card may hold: at least two periods. Larger survives longer stalls; what waits in it is as little as the machine keeps up with."
    ) { $0.carry(&$1.alsa.buffer) },
    Setting(
      "alsa", "rate",
      .numbers(
        [
          0, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200,
          96_000, 176_400, 192_000,
        ], .plain),
      "Samples a second, of both cards. 0: what suits each best, 16000 if it can; anything else is converted."
    ) { $0.carry(&$1.alsa.rate) },
    Setting(
      "alsa", "microphone_channel", .number(0...8, .plain),
      "Which of the capture device's channels is heard; 1 is the first. 0: the mean of all but the reference."
    ) { $0.carry(&$1.alsa.microphoneChannel) },
    Setting(
      "alsa", "reference_channel", .number(0...8, .plain),
      "Which of the capture device's channels is not a microphone but what the loudspeaker plays, wired back inside the card: the echo canceller then takes it for that. 0: none."
    ) { $0.carry(&$1.alsa.referenceChannel) },
    Setting(
      "alsa", "cancels_echo", .flag,
      "Whether the card takes its own loudspeaker out of what its microphone gives, as USB speakerphones do: then auricle check finds no fault in hearing nothing of it. Only where one card hears and speaks. Nothing else changes."
    ) { $0.carry(&$1.alsa.cancelsEcho) },
    Setting(
      "alsa", "loudspeaker_channel", .number(0...8, .plain),
      "Which of the playback device's channels speaks; the others are silent. 0: all of them."
    ) { $0.carry(&$1.alsa.loudspeakerChannel) },

    Setting(
      "room", "script", .path(mayBeEmpty: true),
      "What the simulated talker does. Empty: nobody speaks."
    ) { $0.carry(&$1.room.script) },
    Setting(
      "room", "echo_delay", .number(0...400, .time),
      "How late the loudspeaker is heard in the microphone."
    ) { $0.carry(&$1.room.echoDelay) },
    Setting(
      "room", "echo_gain", .number(-60...6, .decibels),
      "How loud the loudspeaker is heard in the microphone."
    ) { $0.carry(&$1.room.echoGainDecibels) },
    Setting(
      "room", "noise", .number(-96 ... -20, .decibels), "Background noise, below full scale."
    ) { $0.carry(&$1.room.noiseDecibels) },
    Setting(
      "room", "drift", .number(-1_000...1_000, .plain),
      "By how many millionths (ppm) the loudspeaker's clock is faster than the microphone's."
    ) { $0.carry(&$1.room.driftPPM) },
    Setting(
      "room", "seed", .number(0...4_294_967_295, .plain), "The same seed makes the same noise."
    ) { $0.carry(&$1.room.seed) },
    Setting(
      "room", "speed", .number(1...1_000, .plain),
      "How many times faster than real time the room runs, if the machine can."
    ) { $0.carry(&$1.room.speed) },
    Setting(
      "room", "recording", .path(mayBeEmpty: true),
      "A folder for what was heard and played, as WAV files. Empty: nothing is recorded."
    ) { $0.carry(&$1.room.recording) },

    Setting(
      "wav", "microphone", .path(mayBeEmpty: true),
      "The file that is heard. Empty: silence."
    ) { $0.carry(&$1.wav.microphone) },
    Setting(
      "wav", "loudspeaker", .path(mayBeEmpty: true),
      "The file that is written. Empty: what is played is dropped."
    ) { $0.carry(&$1.wav.loudspeaker) },
    Setting(
      "wav", "speed", .number(1...100, .plain),
      "How many times faster than real time the file runs."
    ) { $0.carry(&$1.wav.speed) },

    Setting(
      "hearing", "pre_roll", .number(500...2_000, .time),
      "Sound from before speech was noticed that is sent too, so that the first word is whole."
    ) { $0.carry(&$1.hearing.preRoll) },
    Setting(
      "hearing", "speech_after", .number(10...500, .time),
      "Certain speech this long counts as speech; doubtful speech takes longer. More ignores more clicks, less notices sooner."
    ) { $0.carry(&$1.hearing.speechAfter) },
    Setting(
      "hearing", "silence_after", .number(50...1_000, .time),
      "Certain silence this long counts as silence."
    ) { $0.carry(&$1.hearing.silenceAfter) },
    Setting(
      "hearing", "noise_suppression", .words(of: DeviceSettings.Hearing.NoiseSuppression.self),
      "Turns steady noise down by 9 dB in what the agent hears: our recogniser understood 97 instead of 80 of 100 sentences 5 dB over hiss, no more in quiet rooms. Costs a little clarity while both talk."
    ) { $0.carry(&$1.hearing.noiseSuppression) },
    Setting(
      "hearing", "level", .words(of: DeviceSettings.Hearing.Level.self),
      "Brings quiet and loud voices to the same level in what the agent hears. Our recogniser needs none of it; another one may."
    ) { $0.carry(&$1.hearing.level) },

    Setting(
      "talk", "mode", .words(of: DeviceSettings.Talk.Mode.self),
      "open: whoever speaks is heard. push: only while the talk button is held. tap: from a press of the talk button until the turn is over. With a button, only the button interrupts an answer."
    ) { $0.carry(&$1.talk.mode) },

    Setting(
      "turn", "end_silence", .number(200...3_000, .time),
      "Silence this long ends a turn, until the person's own pauses and the agent say otherwise. Longer lets people think, shorter answers sooner."
    ) { $0.carry(&$1.turn.endSilence) },
    Setting(
      "turn", "shortest_silence", .number(100...3_000, .time),
      "No silence shorter than this ends a turn, whatever else points at its end."
    ) { $0.carry(&$1.turn.shortestSilence) },
    Setting(
      "turn", "longest_silence", .number(300...10_000, .time),
      "Silence this long ends a turn, even if more seemed to follow."
    ) { $0.carry(&$1.turn.longestSilence) },
    Setting(
      "turn", "patience", .number(500...60_000, .time),
      "How long somebody who pressed the button may think before the first word."
    ) { $0.carry(&$1.turn.patience) },
    Setting(
      "turn", "shortest", .number(50...1_000, .time), "Speech shorter than this is no turn."
    ) { $0.carry(&$1.turn.shortest) },
    Setting(
      "turn", "longest", .number(5_000...120_000, .time),
      "A turn is sent off after this long, even if the person goes on."
    ) { $0.carry(&$1.turn.longest) },
    Setting(
      "turn", "thinking_timeout", .number(2_000...120_000, .time),
      "How long the agent may take to begin an answer before the device listens again."
    ) { $0.carry(&$1.turn.thinkingTimeout) },

    Setting(
      "interrupt", "enabled", .flag, "Whether an answer can be interrupted by speaking over it."
    ) { $0.carry(&$1.interrupt.isEnabled) },
    Setting(
      "interrupt", "threshold", .number(10...95, .percent),
      "A moment in which speech is likelier than this counts for an interruption, any other against it. Higher: fewer false interruptions, later ones."
    ) { $0.carry(&$1.interrupt.threshold) },
    Setting(
      "interrupt", "duck_after", .number(10...500, .time),
      "Certain speech this long over an answer makes the answer quieter; doubtful speech takes longer, here and below."
    ) { $0.carry(&$1.interrupt.duckAfter) },
    Setting(
      "interrupt", "duck_level", .number(-40...0, .decibels), "How much quieter that is."
    ) { $0.carry(&$1.interrupt.duckDecibels) },
    Setting(
      "interrupt", "hold_after", .number(10...1_000, .time),
      "Certain speech this long over an answer holds the answer: the loudspeaker is silent."
    ) { $0.carry(&$1.interrupt.holdAfter) },
    Setting(
      "interrupt", "confirm_after", .number(30...2_000, .time),
      "Certain speech this long over an answer is an interruption: the rest of the answer is dropped."
    ) { $0.carry(&$1.interrupt.confirmAfter) },
    Setting(
      "interrupt", "backchannel", .number(30...5_000, .time),
      "Sounds without words, such as mm-hm, make an answer quieter, and interrupt it only after this long."
    ) { $0.carry(&$1.interrupt.backchannel) },
    Setting(
      "interrupt", "give_up_after", .number(100...5_000, .time),
      "An answer made quieter or held goes on after this long unless it was confirmed that somebody speaks."
    ) { $0.carry(&$1.interrupt.giveUpAfter) },

    Setting(
      "speaker", "volume", .number(0...100, .plain),
      "The loudspeaker's volume at the first start, and at the next one after this setting was changed. Each step sounds alike: 0.4 dB. 0 is silence.",
      command: "auricle volume"
    ) { $0.carry(&$1.speaker.volume) },
    Setting(
      "speaker", "remember", .flag,
      "Whether later starts begin with volume and cue level as they were left, or with those of the settings again."
    ) { $0.carry(&$1.speaker.remembers) },
    Setting(
      "speaker", "mixer", .text(mayBeEmpty: false),
      "Which of the sound card's own volumes is used: auto for the likeliest, its name as amixer calls it, or off for none; what the card cannot do is done in software."
    ) { $0.carry(&$1.speaker.mixer) },
    Setting(
      "speaker", "cues", .path(mayBeEmpty: true),
      "A folder with the device's own announcements: listening.wav, thinking.wav, no-network.wav, problem.wav (16 kHz, mono, 16 bit, at most 5 s); for a missing one, or with no folder, there is a short sound."
    ) { $0.carry(&$1.speaker.cues) },
    Setting(
      "speaker", "cue_level", .number(0...100, .plain),
      "How loud these are beside the answers at the first start, in steps as the volume's, which holds for both. 100 is as they were recorded, 0 is silence.",
      command: "auricle volume --cues"
    ) { $0.carry(&$1.speaker.cueLevel) },

    Setting(
      "buttons", "device", .text(mayBeEmpty: false),
      "Whose buttons: auto for every device that has one of them, off, a device's name, or a path such as /dev/input/by-path/platform-gpio-keys-event. It may come and go."
    ) { $0.carry(&$1.buttons.device) },
    Setting(
      "buttons", "talk", .buttons,
      "To talk; talk.mode says how. In the open mode it begins a turn and, pressed again, ends it."
    ) { $0.carry(&$1.buttons.talk) },
    Setting("buttons", "mute", .buttons, "Closes the microphone, or opens it.") {
      $0.carry(&$1.buttons.mute)
    },
    Setting(
      "buttons", "mute_switch", .buttons,
      "Closes the microphone while it is on, whatever else is said; a key counts as on while it is down."
    ) { $0.carry(&$1.buttons.muteSwitch) },
    Setting("buttons", "volume_up", .buttons, "Louder; again and again while it is held.") {
      $0.carry(&$1.buttons.volumeUp)
    },
    Setting("buttons", "volume_down", .buttons, "Quieter.") { $0.carry(&$1.buttons.volumeDown) },
    Setting("buttons", "stop", .buttons, "Ends what is going on, as auricle stop does.") {
      $0.carry(&$1.buttons.stop)
    },

    Setting(
      "lights", "status", .text(mayBeEmpty: true),
      "A light that shows what the device is doing, by its name in /sys/class/leds, in colours if it has them. Empty: none."
    ) { $0.carry(&$1.lights.status) },
    Setting(
      "lights", "mute", .text(mayBeEmpty: true),
      "A light that is on while the microphone is closed by a mute, and only then. Empty: none."
    ) { $0.carry(&$1.lights.mute) },
    Setting(
      "lights", "brightness", .number(1...100, .percent), "How bright they are at most."
    ) { $0.carry(&$1.lights.brightness) },

    Setting(
      "link", "packet", .numbers([20, 40, 60], .time),
      "Sound in one packet to the agent. Longer needs fewer bytes, shorter arrives sooner."
    ) { $0.carry(&$1.link.packet) },
    Setting(
      "link", "bitrate", .number(6_000...64_000, .bitrate), "What speech to the agent may cost."
    ) { $0.carry(&$1.link.bitsPerSecond) },
    Setting(
      "link", "connect_timeout", .number(1_000...60_000, .time),
      "An agent that has not answered after this long is tried again."
    ) { $0.carry(&$1.link.connectTimeout) },
    Setting(
      "link", "longest_wait", .number(1_000...600_000, .time),
      "The longest pause between two attempts to connect."
    ) { $0.carry(&$1.link.longestWait) },
    Setting(
      "link", "reply_buffer", .number(1_000...120_000, .time),
      "How much of an answer the device holds ahead of the loudspeaker."
    ) { $0.carry(&$1.link.replyBuffer) },
    Setting(
      "link", "outage", .number(0...60_000, .time),
      "How long what is said waits for a connection that is lost, before the person is told that nobody hears it."
    ) { $0.carry(&$1.link.outage) },
    Setting(
      "link", "idle_close", .number(0...3_600_000, .time),
      "Hang up after so long without a word, and call again when somebody speaks; the sound waits. 0: stay connected, which answers soonest."
    ) { $0.carry(&$1.link.idleClose) },

    Setting(
      "control", "socket", .path(mayBeEmpty: false),
      "Where the daemon listens for the auricle command."
    ) { $0.carry(&$1.control.socket) },
    Setting(
      "control", "group", .text(mayBeEmpty: true),
      "Members of this group may use the auricle command too. Empty: only root and the daemon's own user."
    ) { $0.carry(&$1.control.group) },
  ]

  /// Two settings of which the first must not be longer than the second times one over `times`.
  struct Order {
    let section: String
    let shorter: String
    let longer: String
    var times: Int64 = 1
  }

  static let orders: [Order] = [
    Order(section: "alsa", shorter: "period", longer: "buffer", times: 2),
    Order(section: "turn", shorter: "shortest_silence", longer: "end_silence"),
    Order(section: "turn", shorter: "end_silence", longer: "longest_silence"),
    Order(section: "interrupt", shorter: "duck_after", longer: "hold_after"),
    Order(section: "interrupt", shorter: "hold_after", longer: "confirm_after"),
    Order(section: "interrupt", shorter: "confirm_after", longer: "give_up_after"),
  ]

  /// Settings that only work together, by their full names.
  static let pairs: [(String, String)] = [("device.certificate", "device.key")]

  /// By its full name: `device.key`.
  static func find(_ name: String) -> Int? {
    rows.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The row's number.
  public static func find(_ section: String, _ key: String) -> Int? {
    find(Array(section.utf8)[...], Array(key.utf8)[...])
  }

  static func find(_ section: ArraySlice<UInt8>, _ key: ArraySlice<UInt8>) -> Int? {
    rows.firstIndex { $0.key.spells(key) && $0.section.spells(section) }
  }

  public static func keys(of section: String) -> [String] {
    let section = Array(section.utf8)[...]
    var keys: [String] = []
    for row in rows where row.section.spells(section) { keys.append(row.key) }
    return keys
  }
}
