import ControlProtocol
import SoundCards
import Testing
import VoiceCore

@testable import Console

@Suite struct InvocationTests {
  @Test(
    arguments: [
      ([], .status), (["status"], .status), (["listen"], .listen), (["stop"], .stop),
      (["mute"], .mute(nil)), (["mute", "on"], .mute(true)), (["mute", "off"], .mute(false)),
      (["volume"], .volume(VolumeWish())), (["volume", "0"], .volume(VolumeWish(volume: 0))),
      (["volume", "100"], .volume(VolumeWish(volume: 100))),
      (["volume", "+5"], .volume(VolumeWish(step: 5))),
      (["volume", "-10"], .volume(VolumeWish(step: -10))),
      (["volume", "--cues", "40"], .volume(VolumeWish(cues: 40))),
      (["cue", "listening"], .cue(.listening)), (["cue", "no-network"], .cue(.noNetwork)),
      (["sound"], .sound(.list)), (["sound", "list"], .sound(.list)),
      (["sound", "use", "auto"], .sound(.use("auto", nil))),
      (["sound", "use", "2886:0018", "--microphone"], .sound(.use("2886:0018", .microphone))),
      (["sound", "--loudspeaker", "use", "hdmi"], .sound(.use("hdmi", .loudspeaker))),
      (["watch"], .watch(levels: false, words: false)),
      (["watch", "--words", "--levels"], .watch(levels: true, words: true)),
      (["settings"], .settings), (["settings", "--files"], .settingsInFiles),
      (["settings", "--sample"], .sample), (["settings", "--reference"], .reference),
      (["version"], .version), (["--version"], .version),
      (["help"], .help(nil)), (["--help"], .help(nil)), (["-h"], .help(nil)),
      (["help", "mute"], .help(.mute)), (["mute", "--help"], .help(.mute)),
      (["help", "--man", "auricled"], .manual("auricled")),
      (["process", "--mic", "a.wav", "--json"], .process(["--mic", "a.wav", "--json"])),
      (["process"], .process([])), (["process", "--mic", "--help"], .help(.process)),
    ] as [([String], Invocation.Command)])
  func aCommandLineIsUnderstood(arguments: [String], command: Invocation.Command) throws {
    #expect(try Invocation.parse(arguments).command == command)
  }

  @Test func optionsMayStandAnywhereAndBeWrittenBothWays() throws {
    let meant = Invocation(
      command: .volume(VolumeWish(volume: 3)), wantsJSON: true, socket: "s", configs: ["a", "b"])
    for line in [
      "--json --socket s --config a --config b volume 3",
      "volume 3 --json --socket=s --config=a --config=b",
      "--config a volume --json 3 --socket s --config b",
    ] {
      #expect(try Invocation.parse(line.split(separator: " ").map(String.init)) == meant)
    }
  }

  @Test(arguments: [
    ("statsu", "there is no verb \"statsu\": did you mean status?", "auricle help"),
    ("dance", "there is no verb \"dance\"", "auricle help"),
    ("help dnace", "there is no verb \"dnace\"", "auricle help"),
    ("--jsno", "there is no option \"--jsno\": did you mean --json?", "auricle help"),
    ("watch -x", "there is no option \"-x\"", "auricle help watch"),
    ("watch --sample", "watch takes no --sample", "auricle help watch"),
    ("help --json", "help takes no --json", "auricle help help"),
    ("--words", "status takes no --words", "auricle help"),
    ("--socket x process", "process takes no --socket", "auricle help process"),
    ("status now", "status takes no \"now\"", "auricle help status"),
    ("volume 3 4", "volume takes no \"4\"", "auricle help volume"),
    ("volume 130", "volume 130 is out of range: 0 to 100 is right", "auricle help volume"),
    ("volume -500", "volume -500 is out of range: -100 to 100 is right", "auricle help volume"),
    (
      "volume --cues=101", "--cues 101 is out of range: 0 to 100 is right", "auricle help volume"
    ),
    (
      "volume loud", "volume \"loud\" is not a whole number: 0 to 100 is right",
      "auricle help volume"
    ),
    (
      "cue", "cue needs a name: there are listening, thinking, no-network or problem",
      "auricle help cue"
    ),
    ("cue problme", "there is no cue \"problme\": did you mean problem?", "auricle help cue"),
    (
      "cue 7", "there is no cue \"7\": there are listening, thinking, no-network or problem",
      "auricle help cue"
    ),
    ("sound lsit", "sound \"lsit\" means nothing: did you mean list?", "auricle help sound"),
    ("sound 7", "sound \"7\" means nothing: list, use or measure is right", "auricle help sound"),
    ("sound use", "sound use needs a CARD: auricle sound list shows them", "auricle help sound"),
    ("sound use a b", "sound takes no \"b\"", "auricle help sound"),
    ("sound list a", "sound list takes no \"a\"", "auricle help sound"),
    ("sound --microphone", "only sound use takes one side", "auricle help sound"),
    (
      "sound use a --microphone --loudspeaker",
      "without --microphone and --loudspeaker it is both", "auricle help sound"
    ),
    ("mute yes", "mute \"yes\" means nothing: on or off is right", "auricle help mute"),
    ("--socket", "--socket needs a PATH", "auricle help"),
    ("--socket= status", "--socket needs a PATH", "auricle help"),
    ("--json=yes", "--json takes no value", "auricle help"),
    ("--json --json", "--json is given twice", "auricle help"),
    (
      "settings --sample --reference", "--sample and --reference do not go together",
      "auricle help settings"
    ),
    ("settings --sample --json", "--sample has no --json", "auricle help settings"),
    ("settings --files --socket x", "--files asks no socket", "auricle help settings"),
  ])
  func aWrongCommandLineIsRefusedWithAdvice(line: String, sentence: String, help: String) {
    let failure = #expect(throws: Failure.self) {
      try Invocation.parse(line.split(separator: " ").map(String.init))
    }
    #expect(failure?.exitCode == .wrongUse)
    #expect(failure?.sentence == sentence)
    #expect(failure?.advice[0].hasPrefix(help) == true)
  }

  @Test func aCommandLineHasABound() {
    let failure = #expect(throws: Failure.self) {
      try Invocation.parse([String](repeating: "--config=x", count: 257))
    }
    #expect(failure?.sentence == "more than 256 arguments")
  }

  @Test func everyVerbAndOptionCanBeAskedFor() throws {
    for verb in Verb.allCases { #expect(Verb.named(verb.name) == verb) }
    #expect(ExitCode.allCases.map { $0.number } == [0, 1, 2, 3, 4, 5])
  }
}
