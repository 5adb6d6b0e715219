import ControlProtocol
import Glibc
import Linux
import SoundCards
import TestSupport
import Testing
import WireProtocols

@testable import Console

@Suite struct SoundTests {
  private static let scan: [CardFacts] = {
    var hdmi = CardFacts(
      number: 0, id: "vc4hdmi0", name: "vc4-hdmi-0", driver: "vc4-hdmi", bus: .platform)
    hdmi.pcms = [
      PCMFacts(device: 0, side: .loudspeaker, use: .held(Holder(process: 812, name: "mpv")))
    ]
    var phone = CardFacts(
      number: 3, id: "Device", name: "Speak 510",
      bus: .usb(USBIdentity(path: "1-1.2", vendor: 0x0b0e, product: 0x0420, serial: "A1")))
    phone.pcms = [
      PCMFacts(
        device: 0, side: .microphone,
        ability: PCMAbility(rates: [16_000], formats: ["S16_LE"], channels: 1...1),
        use: .held(Holder(process: 77, isOurs: true))),
      PCMFacts(
        device: 0, side: .loudspeaker,
        ability: PCMAbility(
          rates: [8_000, 11_025, 48_000], formats: ["S16_LE", "S24_3LE"], channels: 1...2),
        use: .free),
    ]
    var webcam = CardFacts(
      number: 4, id: "C270", name: "Webcam C270",
      bus: .usb(USBIdentity(path: "1-1.3", vendor: 0x046d, product: 0x0825)))
    webcam.pcms = [
      PCMFacts(device: 0, side: .microphone, use: .refused(reason: "Permission denied"))
    ]
    return [hdmi, phone, webcam]
  }()

  private func reply(_ cards: [CardFacts] = scan) -> Fields {
    var report = CardReport(cards: cards)
    let choice = CardChoice.choose(microphone: .auto, loudspeaker: .auto, among: cards)
    report.microphone = CardReport.Half(.auto, choice.microphone)
    report.loudspeaker = CardReport.Half(.auto, choice.loudspeaker)
    var fields = Fields()
    for (name, value) in report.encode() { fields.add(name, value) }
    fields.succeed()
    return fields
  }

  private func daemon(_ cards: [CardFacts] = scan, takes: Bool = true) throws -> ScriptedDaemon {
    let cards = reply(cards).encode()
    return try ScriptedDaemon { request in
      if request["request"]?.isSame(as: "cards") ?? false { return cards }
      var done = takes ? Fields() : Fields.failure("not now")
      if takes { done.succeed() }
      return done.encode()
    }
  }

  @Test func everyCardIsShownWithWhatItCanDoAndWhichIsUsed() throws {
    let daemon = try daemon()
    defer { daemon.end() }
    let run = Run(["sound", "--socket", daemon.socket])
    #expect(run.code == 0)
    #expect(
      run.lines == [
        "microphone   Speak 510   USB speakerphone: hears and speaks over one clock",
        "loudspeaker  Speak 510   USB speakerphone: hears and speaks over one clock",
        "",
        "vc4hdmi0   vc4-hdmi-0   on the board   card 0",
        "    speaks what it can do is not known; in use by mpv (process 812)",
        "",
        "Device   Speak 510   USB 1-1.2, 0b0e:0420, serial A1   card 3",
        "  * hears  16 kHz, 1 channel, 16 bit; in use by auricled",
        "  * speaks 8, 11 and 48 kHz, 1 to 2 channels, 16 and 24 bit",
        "",
        "C270   Webcam C270   USB 1-1.3, 046d:0825   card 4",
        "    hears  what it can do is not known; cannot be opened: Permission denied",
      ])
    #expect(daemon.requests == [ControlRequest.cards.fields])
  }

  @Test func scriptsGetAllOfItAsJSON() throws {
    let daemon = try daemon()
    defer { daemon.end() }
    let run = Run(["sound", "list", "--json", "--socket", daemon.socket])
    #expect(run.object != nil)
    #expect(
      run.text.contains(
        #""microphone":{"wish":"auto","name":"hw:CARD=Device,DEV=0","card":3,"device":0,"reason":"USB speakerphone: hears and speaks over one clock"}"#
      ))
    #expect(run.text.contains(#""wish":"usb-id:0b0e:0420:A1""#))
    #expect(
      run.text.contains(
        #"{"side":"loudspeaker","device":0,"name":"","chosen":true,"rates":[8000,11025,48000],"formats":["S16_LE","S24_3LE"],"channels_least":1,"channels_most":2,"use":"free"}"#
      ))
    #expect(run.text.contains(#""use":"held","process":812,"program":"mpv""#))
  }

  @Test func aMachineWithoutCardsSaysSo() throws {
    let daemon = try daemon([])
    defer { daemon.end() }
    let run = Run(["sound", "--socket", daemon.socket])
    #expect(run.lines.last == "no sound card is here")
    #expect(run.lines[0].hasPrefix("microphone   default   ALSA's default"))
  }

  /// Stands in for auricled's own program.
  private func program(_ folder: ScratchFolder, _ output: [UInt8], code: Int = 0) throws -> String {
    let answer = try folder.file("answer", output)
    let path = try folder.file("auricled", Array("#!/bin/sh\ncat \(answer)\nexit \(code)\n".utf8))
    chmod(path, 0o755)
    return path
  }

  @Test func withoutADaemonItsProgramLooksForItself() throws {
    let folder = try ScratchFolder()
    let program = try program(folder, reply().encode())
    let run = Run(["sound", "--socket", "@auricle-nobody"], program: program)
    #expect(run.code == 0)
    #expect(run.lines[0].hasPrefix("microphone   Speak 510"))
  }

  @Test func aProgramThatSaysNothingOfUseIsAFailure() throws {
    let folder = try ScratchFolder()
    for (output, code) in [("", 0), ("x", 0), ("x\n\n", 0), ("a=1\n\n", 0), ("", 2)] {
      let program = try program(folder, Array(output.utf8), code: code)
      let run = Run(["sound", "--socket", "@auricle-nobody"], program: program)
      #expect(run.code == 1, "\(output)")
      #expect(run.complaints[0].contains("which cards there are"))
    }
    let missing = Run(["sound", "--socket", "@auricle-nobody"], program: folder.path + "/none")
    #expect(missing.code == 1)
  }

  @Test(
    arguments: [
      ("speak", "usb-id:0b0e:0420:A1", "usb-id:0b0e:0420:A1"),
      ("3", "usb-id:0b0e:0420:A1", "usb-id:0b0e:0420:A1"),
      ("1-1.2", "usb-id:0b0e:0420:A1", "usb-id:0b0e:0420:A1"),
      ("webcam", "usb-path:1-1.3", "auto"), ("hdmi", "auto", "card:vc4hdmi0"),
      ("auto", "auto", "auto"), ("usb-path:3-1", "usb-path:3-1", "usb-path:3-1"),
      ("plughw:7,0", "plughw:7,0", "plughw:7,0"), ("default", "default", "default"),
    ])
  func aChoiceIsWrittenAndTakenAtOnce(word: String, microphone: String, loudspeaker: String) throws
  {
    let folder = try ScratchFolder()
    let file = try folder.file("a.conf", Array("[speaker]\nvolume = 33\n".utf8))
    let daemon = try daemon()
    defer { daemon.end() }
    let run = Run(["sound", "use", word, "--config", file, "--socket", daemon.socket])
    #expect(run.code == 0, "\(run.complaints)")
    #expect(run.lines.last == "in force now")
    let text = String(decoding: try Files.read(file), as: UTF8.self)
    #expect(text.hasPrefix("[speaker]\nvolume = 33\n"))
    let set = [("microphone", microphone), ("loudspeaker", loudspeaker)].filter {
      word == "auto" || $0.1 != "auto"
    }
    for (side, wish) in set { #expect(text.contains("\(side) = \(wish)\n")) }
    #expect(daemon.requests.last?["request"] == "use")
    for (side, wish) in set { #expect(daemon.requests.last?[side] == wish) }
    #expect(daemon.requests.last?.count == 1 + set.count)
  }

  @Test(
    arguments: [
      ("zorro", 1, "no card here is called \"zorro\": here are"),
      ("vc4hdmi1", 1, "no card here is called \"vc4hdmi1\": did you mean vc4hdmi0?"),
      ("c", 1, "\"c\" may be one of Device (Speak 510, usb-path:1-1.2), C270"),
      ("usb-id:12", 2, "\"usb-id:12\" names no card: right is usb-id:VENDOR:PRODUCT"),
      ("hw:0\nrate=8000", 2, "\"hw:0 rate=8000\" names no card: right is one line of text"),
      ("webcam --loudspeaker", 1, "card C270 has no loudspeaker"),
    ] as [(String, Int32, String)])
  func aWordThatNamesNoCardChangesNothing(words: String, code: Int32, sentence: String) throws {
    let folder = try ScratchFolder()
    let file = try folder.file("a.conf", Array("[speaker]\nvolume = 33\n".utf8))
    let daemon = try daemon()
    defer { daemon.end() }
    let run = Run(
      ["sound", "use"] + words.split(separator: " ").map(String.init)
        + ["--config", file, "--socket", daemon.socket])
    #expect(run.code == code)
    #expect(run.complaints[0].hasPrefix("auricle: \(sentence)"), "\(run.complaints)")
    #expect(try Files.read(file) == Array("[speaker]\nvolume = 33\n".utf8))
  }

  @Test func aFileThatIsWrongOrMayNotBeWrittenIsLeftAlone() throws {
    let folder = try ScratchFolder()
    let daemon = try daemon()
    defer { daemon.end() }
    let bad = try folder.file("bad.conf", Array("[speaker]\nvolume = loud\n".utf8))
    let wrong = Run(["sound", "use", "auto", "--config", bad, "--socket", daemon.socket])
    #expect(wrong.code == 4)
    #expect(try Files.read(bad) == Array("[speaker]\nvolume = loud\n".utf8))
    let nowhere = Run(
      ["sound", "use", "auto", "--config", folder.path + "/none/a.conf", "--socket", daemon.socket])
    #expect(nowhere.code == 1)
    #expect(nowhere.complaints[0].hasPrefix("auricle: the setting is not changed: "))
  }

  @Test func whatOverrulesItAndWhatIsNotThereYetIsTold() throws {
    let folder = try ScratchFolder()
    let daemon = try daemon(takes: false)
    defer { daemon.end() }
    let file = try folder.file("a.conf", [])
    let run = Run(
      ["sound", "use", "usb-path:9-9", "--microphone", "--config", file, "--socket", daemon.socket])
    #expect(
      run.lines == [
        "microphone = usb-path:9-9   in \(file)",
        "for now there is no card usb-path:9-9: here are Device (Speak 510, usb-path:1-1.2), C270 (Webcam C270, usb-path:1-1.3), vc4hdmi0 (vc4-hdmi-0)",
        "in force after: systemctl restart auricled   (not now)",
      ])
    let hdmi = Run(["sound", "use", "hdmi", "--config", file, "--socket", daemon.socket])
    #expect(hdmi.lines[1] == "card vc4hdmi0 has no microphone, which stays as it is set")
    let object = Run(
      ["sound", "use", "auto", "--json", "--config", file, "--socket", daemon.socket]
    ).object
    #expect(
      object
        == .object([
          JSONField("file", .text(file)), JSONField("microphone", .text("auto")),
          JSONField("loudspeaker", .text("auto")), JSONField("in_force", .bool(false)),
        ]))
  }
}
