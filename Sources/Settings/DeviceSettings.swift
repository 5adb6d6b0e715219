public import VoiceCore

/// Everything a technician can set, with the values that hold when nothing is written anywhere.
///
/// `SettingsTable` has one row for each of these: its name in the file, range and help.
public struct DeviceSettings: Equatable, Sendable {
  public var agent = Agent()
  public var broker = Broker()
  public var device = Device()
  public var sound = Sound()
  public var alsa = ALSA()
  public var room = Room()
  public var wav = Wav()
  public var hearing = Hearing()
  public var talk = Talk()
  public var turn = Turn()
  public var interrupt = Interrupt()
  public var speaker = Speaker()
  public var buttons = Buttons()
  public var lights = Lights()
  public var link = Link()
  public var control = Control()

  public init() {}

  public struct Agent: Equatable, Sendable {
    public var url = "wss://localhost:8443/auricle"
    /// Empty: the certificate authorities of the system.
    public var caFile = ""
    /// Pins with blanks between; empty: none.
    public var pin = ""
    /// A key that never runs out; empty: none. Refused unless `allowsLongLivedKey`.
    public var keyFile = ""
    public var allowsLongLivedKey = false
  }

  /// Who gives the device short-lived tokens.
  public struct Broker: Equatable, Sendable {
    /// Empty: the agent asks for none.
    public var url = ""
    /// Empty: the device proves itself with its certificate.
    public var secretFile = ""
  }

  public struct Device: Equatable, Sendable {
    public var name = "auricle"
    public var model = "generic"
    /// Both empty: the device has no certificate of its own.
    public var certificateFile = ""
    public var keyFile = ""
    /// A folder; empty: nothing is kept from one start to the next.
    public var state = "/var/lib/auricle"
  }

  public struct Sound: Equatable, Sendable {
    public var card = Card.alsa
    public var muteAtStart = MuteAtStart.asLeft

    public enum MuteAtStart: SettingWord {
      case asLeft, on, off

      public var word: String {
        switch self {
        case .asLeft: "as-left"
        case .on: "on"
        case .off: "off"
        }
      }
    }

    public enum Card: SettingWord {
      case alsa, room, wav

      public var word: String {
        switch self {
        case .alsa: "alsa"
        case .room: "room"
        case .wav: "wav"
        }
      }
    }
  }

  public struct ALSA: Equatable, Sendable {
    public var microphone = "auto"
    public var loudspeaker = "auto"
    public var period: SampleSpan = .milliseconds(10)
    public var buffer: SampleSpan = .milliseconds(40)
    /// 0: whatever suits the card.
    public var rate = 0
    /// 1 is the first; 0 is the mean of all.
    public var microphoneChannel = 0
    /// Of the microphone's card, what the loudspeaker plays; 0: none.
    public var referenceChannel = 0
    /// The card takes its own loudspeaker out of what it hears.
    public var cancelsEcho = false
    /// 1 is the first; 0 is all of them.
    public var loudspeakerChannel = 0
  }

  /// The simulated room.
  public struct Room: Equatable, Sendable {
    /// Empty: nobody speaks.
    public var script = ""
    public var echoDelay: SampleSpan = .milliseconds(40)
    public var echoGainDecibels = -12
    public var noiseDecibels = -65
    /// By how many millionths the loudspeaker is faster than the microphone.
    public var driftPPM = 0
    public var seed: UInt64 = 1
    public var speed = 1
    /// A folder; empty: nothing is recorded.
    public var recording = ""
  }

  public struct Wav: Equatable, Sendable {
    public var microphone = ""
    public var loudspeaker = ""
    public var speed = 1
  }

  public struct Hearing: Equatable, Sendable {
    public var preRoll: SampleSpan = .milliseconds(600)
    public var speechAfter: SampleSpan = .milliseconds(20)
    public var silenceAfter: SampleSpan = .milliseconds(200)
    public var noiseSuppression = NoiseSuppression.off
    public var level = Level.off

    public enum NoiseSuppression: SettingWord {
      case off, mild

      public var word: String {
        switch self {
        case .off: "off"
        case .mild: "mild"
        }
      }
    }

    public enum Level: SettingWord {
      case off, auto

      public var word: String {
        switch self {
        case .off: "off"
        case .auto: "auto"
        }
      }
    }
  }

  public struct Talk: Equatable, Sendable {
    public var mode = Mode.open

    public enum Mode: SettingWord {
      case open, push, tap

      public var word: String {
        switch self {
        case .open: "open"
        case .push: "push"
        case .tap: "tap"
        }
      }
    }
  }

  public struct Turn: Equatable, Sendable {
    public var endSilence: SampleSpan = .milliseconds(580)
    public var shortestSilence: SampleSpan = .milliseconds(300)
    public var longestSilence: SampleSpan = .milliseconds(2_000)
    public var patience: SampleSpan = .seconds(4)
    public var shortest: SampleSpan = .milliseconds(200)
    public var longest: SampleSpan = .seconds(30)
    public var thinkingTimeout: SampleSpan = .seconds(15)
  }

  public struct Interrupt: Equatable, Sendable {
    public var isEnabled = true
    /// Percent.
    public var threshold = 50
    public var duckAfter: SampleSpan = .milliseconds(30)
    public var holdAfter: SampleSpan = .milliseconds(70)
    public var confirmAfter: SampleSpan = .milliseconds(100)
    public var backchannel: SampleSpan = .milliseconds(600)
    public var giveUpAfter: SampleSpan = .milliseconds(1_000)
    public var duckDecibels = -8
  }

  public struct Speaker: Equatable, Sendable {
    /// 0 to 100.
    public var volume = 70
    /// Restarts begin with volume and cue level as they were left.
    public var remembers = true
    /// `auto`, `off` or an element's name.
    public var mixer = "auto"
    /// A folder; empty: our own sounds.
    public var cues = ""
    /// 0 to 100.
    public var cueLevel = 80
  }

  /// Names of keys and switches with blanks between.
  public struct Buttons: Equatable, Sendable {
    /// `auto`, `off`, a name or a path.
    public var device = "auto"
    public var talk = "KEY_VOICECOMMAND"
    public var mute = "KEY_MICMUTE"
    public var muteSwitch = "SW_MUTE_DEVICE"
    public var volumeUp = "KEY_VOLUMEUP"
    public var volumeDown = "KEY_VOLUMEDOWN"
    public var stop = "KEY_STOPCD"
  }

  /// Names in /sys/class/leds; empty: none.
  public struct Lights: Equatable, Sendable {
    public var status = ""
    public var mute = ""
    /// Percent.
    public var brightness = 100
  }

  public struct Link: Equatable, Sendable {
    public var packet: SampleSpan = .milliseconds(60)
    public var bitsPerSecond = 16_000
    public var connectTimeout: SampleSpan = .seconds(25)
    public var longestWait: SampleSpan = .seconds(30)
    public var replyBuffer: SampleSpan = .seconds(20)
    public var outage: SampleSpan = .seconds(15)
    /// Zero: stay connected.
    public var idleClose: SampleSpan = .zero
  }

  public struct Control: Equatable, Sendable {
    public var socket = "/run/auricle/control.sock"
    /// Empty: only root and the daemon's own user.
    public var group = ""
  }
}

/// A setting that is one of a few words.
public protocol SettingWord: CaseIterable, Equatable, Sendable {
  var word: String { get }
}
