import Testing
import VoiceCore

@testable import Settings

@Suite struct SettingsReaderTests {
  @Test func valuesAreTakenWithTheirFileAndLine() throws {
    let loaded = try read(
      """
      # What the shop wants
      [turn]
      end_silence = 900 ms
        longest=45 s
      ; and its loudspeaker
      [speaker]
      volume = 55
      """)
    #expect(loaded.settings.turn.endSilence == .milliseconds(900))
    #expect(loaded.settings.turn.longest == .seconds(45))
    #expect(loaded.settings.speaker.volume == 55)
    #expect(loaded.settings.turn.shortest == DeviceSettings().turn.shortest)
    #expect(origin(of: "turn", "end_silence", in: loaded) == .file("a.conf", line: 3))
    #expect(origin(of: "turn", "longest", in: loaded) == .file("a.conf", line: 4))
    #expect(origin(of: "speaker", "volume", in: loaded) == .file("a.conf", line: 7))
    #expect(origin(of: "turn", "shortest", in: loaded) == .builtIn)
  }

  @Test func aLaterFileWins() throws {
    var reader = SettingsReader()
    reader.read(Array("[speaker]\nvolume = 10\n[device]\nname = lobby\n".utf8), file: "a.conf")
    reader.read(Array("[speaker]\nvolume = 20\n".utf8), file: "b.conf")
    let loaded = try reader.finish()
    #expect(loaded.settings.speaker.volume == 20)
    #expect(loaded.settings.device.name == "lobby")
    #expect(origin(of: "speaker", "volume", in: loaded) == .file("b.conf", line: 2))
  }

  @Test(arguments: [
    ("interrupt", "enabled", "off", "no"), ("interrupt", "enabled", "true", "yes"),
    ("turn", "end_silence", "2s", "2 s"), ("turn", "end_silence", "1500 ms", "1500 ms"),
    ("room", "echo_gain", "-12 dB", "-12 dB"), ("room", "echo_gain", "+3 dB", "3 dB"),
    ("link", "bitrate", "24 kbit/s", "24000 bit/s"), ("link", "packet", "20 ms", "20 ms"),
    ("sound", "card", "room", "room"), ("device", "name", "Café  2. Stock", "Café  2. Stock"),
    ("device", "name", "\" a # b \"", " a # b "), ("device", "name", "a#b", "a#b"),
    ("agent", "url", "ws://[::1]:80/x", "ws://[::1]:80/x"), ("agent", "ca_file", "", ""),
    ("agent", "ca_file", "\"\"", ""), ("speaker", "volume", "007", "7"),
  ])
  func valuesMayBeWrittenAsPeopleWriteThem(
    section: String, key: String, given: String, meant: String
  ) throws {
    let loaded = try read("[\(section)]\n\(key) = \(given)")
    let row = try #require(SettingsTable.find(section, key))
    #expect(SettingsTable.rows[row].text(in: loaded.settings) == meant)
  }

  @Test func filesFromOtherSystemsAreRead() throws {
    let loaded = try read("\u{FEFF}[speaker]\r\n\tvolume\t=\t40\r\n\r\n")
    #expect(loaded.settings.speaker.volume == 40)
  }

  @Test(arguments: [
    (
      "[trun]\nlongest = 1 s", ".unknownSection",
      "a.conf:1: there is no section [trun]: did you mean [turn]?"
    ),
    (
      "[weather]", ".unknownSection",
      "a.conf:1: there is no section [weather]: there are agent, broker, device, sound, alsa, room, wav, hearing, talk, turn, interrupt, speaker, buttons, lights, link or control"
    ),
    (
      "[turn", ".badSectionLine",
      "a.conf:1: \"[turn\" is no section: write it as [name], alone on its line"
    ),
    (
      "[turn]\nend_silense = 1 s", ".unknownKey",
      "a.conf:2: [turn] has no key \"end_silense\": did you mean end_silence?"
    ),
    (
      "[turn]\nvolume = 3", ".unknownKey",
      "a.conf:2: [turn] has no key \"volume\": it belongs under [speaker]"
    ),
    (
      "[speaker]\ncolour = 3", ".unknownKey",
      "a.conf:2: [speaker] has no key \"colour\": it has volume, remember, mixer, cues or cue_level"
    ),
    (
      "volume = 3", ".outsideSection",
      "a.conf:1: \"volume = 3\" stands before any section: put it under [speaker]"
    ),
    (
      "[speaker]\nvolume = 130", ".outOfRange",
      "a.conf:2: speaker.volume = 130 is out of range: allowed is 0 to 100"
    ),
    (
      "[speaker]\nvolume = -1", ".outOfRange",
      "a.conf:2: speaker.volume = -1 is out of range: allowed is 0 to 100"
    ),
    (
      "[speaker]\nvolume = 99999999999999999999999", ".outOfRange",
      "a.conf:2: speaker.volume = 99999999999999999999999 is out of range: allowed is 0 to 100"
    ),
    (
      "[alsa]\nbuffer = 20 ms", ".outOfRange",
      "a.conf:2: alsa.buffer = 20 ms is out of range: allowed is 40 ms to 500 ms"
    ),
    (
      "[turn]\nend_silence = 5 s", ".outOfRange",
      "a.conf:2: turn.end_silence = 5 s is out of range: allowed is 200 ms to 3 s"
    ),
    (
      "[turn]\nend_silence = 700", ".missingUnit",
      "a.conf:2: turn.end_silence = 700 lacks its unit: write 700 ms"
    ),
    (
      "[turn]\nlongest = 40", ".missingUnit",
      "a.conf:2: turn.longest = 40 lacks its unit: write 40 s"
    ),
    (
      "[turn]\nlongest = 1 min", ".wrongUnit",
      "a.conf:2: turn.longest = 1 min has a wrong unit \"min\": right is ms or s, 5 s to 120 s"
    ),
    (
      "[speaker]\nvolume = loud", ".notANumber",
      "a.conf:2: speaker.volume = loud is not a whole number: allowed is 0 to 100"
    ),
    (
      "[speaker]\nvolume = 50 %", ".notANumber",
      "a.conf:2: speaker.volume = 50 % is not a whole number: allowed is 0 to 100"
    ),
    (
      "[turn]\nlongest = 7.5 s", ".notANumber",
      "a.conf:2: turn.longest = 7.5 s is not a whole number: allowed is 5 s to 120 s"
    ),
    ("[speaker]\nvolume =", ".empty", "a.conf:2: speaker.volume has no value: allowed is 0 to 100"),
    ("[device]\nname =", ".empty", "a.conf:2: device.name has no value: allowed is text"),
    (
      "[link]\npacket = 30 ms", ".notAllowed",
      "a.conf:2: link.packet = 30 ms is not known: allowed is 20 ms, 40 ms or 60 ms"
    ),
    (
      "[sound]\ncard = usb", ".notAllowed",
      "a.conf:2: sound.card = usb is not known: allowed is alsa, room or wav"
    ),
    (
      "[interrupt]\nenabled = maybe", ".notAllowed",
      "a.conf:2: interrupt.enabled = maybe is not known: allowed is yes or no"
    ),
    (
      "[agent]\nurl = http://a", ".badAddress",
      "a.conf:2: agent.url = http://a is no address: write it as wss://host:port/path"
    ),
    (
      "[agent]\nurl = wss://", ".badAddress",
      "a.conf:2: agent.url = wss:// is no address: write it as wss://host:port/path"
    ),
    (
      "[buttons]\ntalk = KEY_MICMUTE KEY_TALK", ".badButton",
      "a.conf:2: buttons.talk = KEY_MICMUTE KEY_TALK: KEY_TALK is no button we know: write a name of the kernel's (evtest shows them), or the number of a key"
    ),
    (
      "[agent]\npin = abc=", ".badPin",
      "a.conf:2: agent.pin = abc= is no pin: write the SHA-256 of a public key in base64 (docs/OPERATIONS.md), several with blanks between"
    ),
    (
      "[alsa]\nmicrophone = usb-id:2886", ".badCard",
      "a.conf:2: alsa.microphone = usb-id:2886 names no card: right is usb-id:VENDOR:PRODUCT, such as usb-id:2886:0018, or with :SERIAL"
    ),
    (
      "[device]\nkey = /etc/k.pem", ".alone",
      "a.conf:2: device.key does nothing without device.certificate: set both or neither"
    ),
    (
      "[device]\nname = lobby # left", ".commentAfterValue",
      "a.conf:2: device.name = lobby # left has a comment behind it: give the comment its own line, or put the value in quotes"
    ),
    (
      "[speaker]\nvolume = 3\n\nvolume = 4", ".givenTwice",
      "a.conf:4: speaker.volume is given again: it already stands in line 2"
    ),
    (
      "[speaker]\nvolume 3", ".noEqualsSign",
      "a.conf:2: \"volume 3\" is no setting: write it as key = value"
    ),
    ("= 3", ".noEqualsSign", "a.conf:1: \"= 3\" is no setting: write it as key = value"),
    (
      "[device]\nname = a\u{0}b", ".controlCharacter",
      "a.conf:2: the line holds a control character: this is no text file, or it is damaged"
    ),
    (
      "[interrupt]\nhold_after = 300 ms", ".outOfOrder",
      "a.conf:2: interrupt.hold_after = 300 ms and interrupt.confirm_after = 100 ms do not fit together: interrupt.confirm_after must be at least as long"
    ),
    (
      "[alsa]\nperiod = 30 ms", ".outOfOrder",
      "a.conf:2: alsa.period = 30 ms and alsa.buffer = 40 ms do not fit together: alsa.buffer must be at least 2 times as long"
    ),
  ])
  func eachFaultNamesPlaceGivenAndRight(text: String, fault: String, message: String) {
    let error = #expect(throws: SettingsError.self) { try read(text) }
    #expect(error?.lines == [message])
    #expect(error.map { "\($0.problems[0].fault)" }?.contains(fault.dropFirst()) == true)
  }

  @Test func onlyWhatMayBeADigestOfAKeyIsAPin() throws {
    let good = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    for pins in [
      "", good, "\(good) \(good)", Array(repeating: good, count: 5).joined(separator: " "),
    ] {
      #expect(try read("[agent]\npin = \(pins)").settings.agent.pin == pins)
    }
    let hexadecimal = String(repeating: "e3b0c442", count: 8)
    for bad in [
      String(good.dropLast()), String(good.dropFirst()), good + "=", good + "," + good,
      "sha256/\(good)", good.replacing("+", with: "-"), hexadecimal,
      // More bits than 256.
      good.replacing("FU=", with: "FV="), String(repeating: "=", count: 44),
      Array(repeating: good, count: 6).joined(separator: " "),
    ] {
      #expect(throws: SettingsError.self, "\(bad)") { try read("[agent]\npin = \(bad)") }
    }
  }

  @Test func aKeyNeedsItsCertificateAndTheOtherWayRound() throws {
    let both = try read("[device]\ncertificate = /c.pem\nkey = /k.pem").settings.device
    #expect(both.certificateFile == "/c.pem" && both.keyFile == "/k.pem")
    #expect(throws: SettingsError.self) { try read("[device]\ncertificate = /c.pem") }
  }

  @Test func aTextThatIsTooLongIsRefused() {
    let name = String(repeating: "x", count: SettingKind.longestText + 1)
    let error = #expect(throws: SettingsError.self) { try read("[device]\nname = \(name)") }
    let given = String(repeating: "x", count: 60) + "..."
    #expect(
      error?.lines == ["a.conf:2: device.name = \(given) is longer than 255 bytes: shorten it"])
  }

  @Test func allFaultsOfAFileAreToldAtOnceInOrder() {
    let error = #expect(throws: SettingsError.self) {
      try read("x\n[turn]\nlongest = 1 s\n[nowhere]\nmore = 1\n[speaker]\nvolume = x\n")
    }
    #expect(error?.problems.map { $0.line } == [1, 3, 4, 7])
  }

  @Test func moreFaultsThanAScreenHoldsAreCounted() {
    let error = #expect(throws: SettingsError.self) {
      try read(String(repeating: "x\n", count: 120))
    }
    #expect(error?.problems.count == SettingsReader.mostProblems)
    #expect(error?.lines.last == "and 70 more")
  }

  @Test func damagedLinesAreNamedAndTheRestIsStillRead() {
    var contents = Array("[device]\nname = ".utf8)
    contents += [0xC3, 0x28, 0x0A]
    contents += Array("model = \(String(repeating: "y", count: 2_000))\n".utf8)
    contents += Array("name = after\nnonsense\n".utf8)
    var reader = SettingsReader()
    reader.read(contents, file: "a.conf")
    let error = #expect(throws: SettingsError.self) { try reader.finish() }
    #expect(
      error?.lines == [
        "a.conf:2: the line is not valid UTF-8: save the file as UTF-8",
        "a.conf:3: the line is longer than 1024 bytes: shorten it",
        "a.conf:5: \"nonsense\" is no setting: write it as key = value",
      ])
  }

  @Test func aFileThatIsTooBigIsNotRead() {
    var reader = SettingsReader()
    reader.read([UInt8](repeating: 0x0A, count: SettingsReader.largestFile + 1), file: "a.conf")
    let error = #expect(throws: SettingsError.self) { try reader.finish() }
    #expect(error?.lines == ["a.conf: is larger than 64 KiB: this is no settings file"])
  }

  @Test func foreignTextCannotSteerTheTerminalItIsShownOn() {
    let error = #expect(throws: SettingsError.self) {
      try read("[turn]\n\tkey\u{9}\u{9}x = \u{9}3")
    }
    for line in error?.lines ?? [] {
      #expect(!line.utf8.contains { $0 < 0x20 })
    }
  }

  @Test func everyShorterLengthOfAFileIsReadWithoutATrap() {
    let contents = Array(everyKind.utf8)
    for length in 0..<contents.count {
      var reader = SettingsReader()
      reader.read(Array(contents[..<length]), file: "a.conf")
      _ = try? reader.finish()
    }
  }

  @Test(arguments: UInt64(1)...12)
  func damagedFilesNeverTrap(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let whole = Array(everyKind.utf8)
    for _ in 0..<300 {
      var contents = whole
      for _ in 0..<Int.random(in: 1...12, using: &numbers) {
        let place = Int.random(in: 0..<contents.count, using: &numbers)
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: contents[place] = UInt8.random(in: 0...255, using: &numbers)
        case 1: contents.insert(UInt8.random(in: 0...255, using: &numbers), at: place)
        case 2: contents.remove(at: place)
        default:
          let end = min(contents.count, place + Int.random(in: 0..<40, using: &numbers))
          contents += contents[place..<end]
        }
      }
      var reader = SettingsReader()
      reader.read(contents, file: "a.conf")
      // Whatever it says, it says something printable.
      do { _ = try reader.finish() } catch {
        #expect(error.problems.count <= SettingsReader.mostProblems)
        for line in error.lines { #expect(!line.isEmpty && !line.utf8.contains { $0 < 0x20 }) }
      }
    }
  }

  /// Every kind of value, and every kind of line.
  private let everyKind = """
    # comment
    ; another
    [agent]
    url = wss://agent.example:8443/auricle
    ca_file = "/etc/auricle/ca.pem"
    [device]
    name = Café 2. Stock
    [sound]
    card = room
    [room]
    echo_delay = 120 ms
    echo_gain = -6 dB
    seed = 4294967295
    [interrupt]
    enabled = no
    confirm_after = 2 s
    give_up_after = 3 s
    [link]
    packet = 40 ms
    bitrate = 12 kbit/s
    """

  private func origin(of section: String, _ key: String, in loaded: LoadedSettings)
    -> SettingOrigin?
  {
    SettingsTable.find(section, key).map { loaded.origins[$0] }
  }
}

/// Random numbers that come back with their seed.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var mixed = state ^ (state >> 33)
    mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
    return mixed ^ (mixed >> 33)
  }
}
