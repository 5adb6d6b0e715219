internal import ControlProtocol
internal import VoiceCore

/// What the command can be asked to do: parser, help and manual are made from these.
public enum Verb: CaseIterable, Equatable, Sendable {
  case status, watch, check, listen, stop, mute, volume, cue, sound, settings, process, support,
    version, help

  public var name: String {
    switch self {
    case .status: "status"
    case .watch: "watch"
    case .check: "check"
    case .support: "support"
    case .listen: "listen"
    case .stop: "stop"
    case .mute: "mute"
    case .volume: "volume"
    case .cue: "cue"
    case .sound: "sound"
    case .settings: "settings"
    case .process: "process"
    case .version: "version"
    case .help: "help"
    }
  }

  public static func named(_ name: String) -> Verb? {
    for verb in allCases where verb.name.isSame(as: name) { return verb }
    return nil
  }

  /// What may follow it.
  public var operands: String {
    switch self {
    case .mute: "[on|off]"
    case .volume: "[0-100|+N|-N]"
    case .cue: "NAME"
    case .sound: SoundTask.operands
    case .help: "[VERB]"
    case .process: "--mic FILE [--ref FILE] [--out FILE] [--events FILE] [--plot FILE]"
    case .status, .watch, .check, .listen, .stop, .settings, .support, .version: ""
    }
  }

  /// More than that many is a mistake.
  var mostOperands: Int { operands.isEmpty ? 0 : self == .sound ? 2 : 1 }

  public var summary: String {
    switch self {
    case .status: "what the device is doing, for how long, with whom (the default)"
    case .watch: "follow it: turns, answers and states as they happen"
    case .check: "is everything in order? what is wrong, and what to do"
    case .support: "one file about this device, to mail to whoever helps"
    case .listen: "begin a turn now, as if a person spoke"
    case .stop: "end what is going on: the answer falls silent"
    case .mute: "close or open the microphone, or say which it is"
    case .volume: "set the loudspeaker's volume, or say it"
    case .cue: "let one of the device's own sounds be heard"
    case .sound: "the sound cards and which of them are used, or choose one"
    case .settings: "the settings in force, and the file and line of each"
    case .process: "send recorded sound through the hearing, without a device"
    case .version: "the versions of the command and of the running daemon"
    case .help: "this list, or more about one verb"
    }
  }

  /// More, a paragraph each.
  public var details: [String] {
    switch self {
    case .status:
      [
        "Counts are since the daemon started. An interruption is taken back when it turned out not to be speech."
      ]
    case .watch:
      [
        "On a terminal the bottom line shows both levels; Ctrl-C ends. Elsewhere it prints plain lines, one per event, until the daemon ends.",
        "What people and the agent say is shown with --words only.",
      ]
    case .check:
      [
        "A line for each part: good, or what is wrong and what to do. It plays a sound of six seconds at the volume that is set and measures what the microphone hears of it; nobody is heard meanwhile. --no-sound leaves that out, at night for instance. Without a running daemon it looks at what can be looked at.",
        "The first good measurement is kept with its day: later ones are compared with it. The exit code says the worst: 0 good, 5 somebody should look at it, 1 wrong, 3 no daemon answers.",
      ]
    case .support:
      [
        "Versions, settings, status, a check without sound, cards, the last lines of the log, memory, temperature and what was measured, in one archive. No sound, nothing that anybody said, no keys, tokens or passwords."
      ]
    case .settings:
      [
        "Asks the running daemon. Without one it reads the files, and says so.",
        "--files reads them anyway: what would be in force after a restart, or everything that is wrong in them.",
      ]
    case .process:
      [
        "Recordings are WAV files of 16 kHz, mono, 16 bit: what the microphone heard and, as long as that, what went to the loudspeaker (without --ref it was silent). Needs no daemon and no sound card; the settings are the defaults unless --config FILE, which may be repeated, names some.",
        "--out gets the sound a recogniser would get, --events one JSON object a line for each frame and each event, --plot a picture (SVG) of it all on one time axis; - is standard output. With none of them the figures are printed.",
        "--batch FOLDER [--out FOLDER] [--plots] takes every folder in FOLDER that has a mic.wav and, where there was a loudspeaker, a ref.wav; it leaves clean.wav, events.jsonl and with --plots plot.svg beside them or in a folder of the same name in --out, and prints a line of figures for each. A scene that cannot be processed is told, the rest goes on, and the exit code is 1.",
      ]
    case .sound: SoundTask.Word.allCases.map { $0.details }
    case .mute:
      [
        "Muted means that the capture device is closed. It stays so over restarts, as [sound] mute_at_start says. A mute switch that is on has the last word: then off is refused."
      ]
    case .volume:
      [
        "It is the sound card's own volume where it has one, and says which; each step sounds alike. --cues is about the device's own sounds, beside the answers.",
        "Both are remembered over restarts, unless [speaker] remember is off.",
      ]
    case .cue:
      [
        "There are \(Cue.list). They say what people would otherwise wait for in silence, and show whether the loudspeaker works."
      ]
    case .listen, .stop, .version, .help: []
    }
  }

  /// Commands to copy, and what they do.
  public var examples: [(line: String, effect: String)] {
    switch self {
    case .status:
      [("auricle", "one look"), ("auricle status --json", "the same for a script")]
    case .watch:
      [
        ("auricle watch", "levels and events"),
        ("auricle watch --json --words", "one JSON object per event, with what was said"),
      ]
    case .check:
      [
        ("auricle check", "after installing, with a sound"),
        ("auricle check --no-sound --json", "every night, for a program"),
      ]
    case .support: [("auricle support", "writes auricle-support-NAME-DATE.tar here")]
    case .mute: [("auricle mute on", "hears nothing from now on")]
    case .volume:
      [
        ("auricle volume 40", "so loud"), ("auricle volume -5", "a little quieter"),
        ("auricle volume --cues 60", "the device's own sounds"),
        ("auricle volume", "says what it is, and by what"),
      ]
    case .cue: [("auricle cue listening", "is the loudspeaker loud enough?")]
    case .sound:
      [
        ("auricle sound list", "which cards are there, and what each can do"),
        ("auricle sound use Jabra", "hear and speak with the card of that name"),
        ("auricle sound use vc4hdmi0 --loudspeaker", "the television speaks"),
        ("auricle sound use auto", "let the device choose again"),
        ("auricle sound measure --plot click.svg", "how the board hears itself, as a picture"),
      ]
    case .settings:
      [
        ("auricle settings", "what holds, and why"),
        ("auricle settings --files", "check the files before a restart"),
        ("auricle settings --sample > auricle.conf", "a file with every key to start from"),
      ]
    case .process:
      [
        (
          "auricle process --mic mic.wav --ref ref.wav --out clean.wav --events events.jsonl",
          "what the daemon would have heard"
        ),
        ("auricle process --mic mic.wav --ref ref.wav --plot out.svg", "a picture to mail"),
        ("auricle process --batch scenes --out results --plots", "many, with a table"),
      ]
    case .help: [("auricle help watch", "about one verb")]
    case .listen, .stop, .version: []
    }
  }

  public var options: [Option] {
    switch self {
    case .status, .listen, .stop, .mute, .cue, .version: [.json]
    case .volume: [.json, .cues]
    case .watch: [.json, .levels, .words]
    case .check: [.json, .noSound]
    case .sound: [.json, .microphone, .loudspeaker, .plot, .accept]
    case .support: [.out]
    case .settings: [.json, .files, .sample, .reference]
    case .help: [.manual]
    // It reads its own.
    case .process: []
    }
  }

  /// Whether it takes what is said about reaching the daemon.
  public var asksDaemon: Bool { self != .help && self != .process }
}

/// An option, the same wherever it is allowed.
public enum Option: CaseIterable, Equatable, Sendable {
  case json, levels, words, cues, files, sample, reference, microphone, loudspeaker, noSound, plot,
    accept, out, manual, socket, config, help

  /// Allowed with every verb that asks the daemon.
  public static let common: [Option] = [.socket, .config]

  public var name: String {
    switch self {
    case .json: "--json"
    case .levels: "--levels"
    case .words: "--words"
    case .cues: "--cues"
    case .files: "--files"
    case .sample: "--sample"
    case .reference: "--reference"
    case .microphone: "--microphone"
    case .loudspeaker: "--loudspeaker"
    case .noSound: "--no-sound"
    case .plot: "--plot"
    case .accept: "--accept"
    case .out: "--out"
    case .manual: "--man"
    case .socket: "--socket"
    case .config: "--config"
    case .help: "--help"
    }
  }

  /// What must follow it, if anything.
  public var value: String? {
    switch self {
    case .cues: "0-100"
    case .manual: "PAGE"
    case .socket: "PATH"
    case .config, .plot, .out: "FILE"
    case .noSound, .accept, .json, .levels, .words, .files, .sample, .reference, .microphone,
      .loudspeaker, .help:
      nil
    }
  }

  /// `--socket PATH`
  public var usage: String { value.map { "\(name) \($0)" } ?? name }

  public var summary: String {
    switch self {
    case .json: "facts for programs: one JSON object (watch: one per line)"
    case .levels: "the levels of microphone and loudspeaker too, ten times a second"
    case .words: "what was said too"
    case .cues: "the volume of the device's own sounds beside the answers"
    case .files: "read the files, do not ask the daemon"
    case .sample: "print a settings file with every key and its default"
    case .reference: "print the reference of all keys (Markdown)"
    case .microphone: "only the card that hears"
    case .loudspeaker: "only the card that speaks"
    case .noSound: "play nothing, measure nothing"
    case .plot: "draw what was measured (SVG)"
    case .accept: "from now on compare with this measurement"
    case .out: "write to this file"
    case .manual: "print a manual page: auricle, auricled or auricle.conf"
    case .socket: "the daemon's socket, instead of the one in the settings"
    case .config: "read this settings file instead of the device's own; may be repeated"
    case .help: "say more about the verb"
    }
  }
}
