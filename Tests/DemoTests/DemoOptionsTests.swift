import Room
import Settings
import Testing

@testable import Demo

@Suite struct DemoOptionsTests {
  private let needed = ["--daemon", "d", "--agent", "a"]

  private func misuse(_ arguments: [String]) -> String? {
    do throws(DemoOptions.Misuse) {
      _ = try DemoOptions.parse(arguments)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func everyOptionIsTaken() throws {
    let options = try DemoOptions.parse(
      needed + [
        "--daemon-wrapper", "qemu-aarch64  -L /sysroot", "--card", "room", "--once", "--report",
        "r.json", "--out", "o", "--seconds", "90",
      ])
    #expect(options.wrapper == ["qemu-aarch64", "-L", "/sysroot"])
    #expect(options.card == .room)
    #expect(options.isOnce)
    #expect(options.report == "r.json")
    #expect(options.out == "o")
    #expect(options.seconds == 90)
  }

  @Test func whatIsWrongIsNamed() {
    #expect(misuse([]) == "--daemon PATH is missing")
    #expect(misuse(["--daemon", "d"]) == "--agent PATH is missing")
    #expect(misuse(needed + ["--card", "usb"]) == "--card usb: room, alsa or auto would be right")
    #expect(misuse(needed + ["--seconds", "4"]) == "--seconds 4: 5 to 86400 would be right")
    #expect(misuse(needed + ["--report"]) == "--report needs the file to write")
    #expect(misuse(needed + ["-x"]) == "unknown option -x")
    #expect(
      misuse(needed + ["--once", "--card", "alsa"])
        == "--once is a scripted conversation: --card room goes with it")
    #expect(misuse(["--help"]) == nil)
  }

  @Test func aPersonSpeaksWhereThereIsACard() throws {
    let card =
      " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n                      at 0x1 irq 3\n"
    var options = try DemoOptions.parse(needed)
    #expect(options.isAtTheCard(cards: card))
    #expect(!options.isAtTheCard(cards: "--- no soundcards ---\n"))
    #expect(!options.isAtTheCard(cards: ""))
    options.isOnce = true
    #expect(!options.isAtTheCard(cards: card))
  }
}

@Suite struct DemoSettingsTests {
  /// The daemon's own reader decides whether the demo's file is right.
  private func read(_ settings: DemoSettings) throws -> DeviceSettings {
    var reader = SettingsReader()
    reader.read(Array(settings.text.utf8), file: "auricle.conf")
    return try reader.finish().settings
  }

  @Test func theDaemonUnderstandsTheSettings() throws {
    let room = try read(
      DemoSettings(
        agentURL: "wss://localhost:4567/auricle", authority: "a folder/#1/ca.pem",
        controlSocket: "out/control.sock", room: ("out/visitor.txt", "out")))
    #expect(room.agent.url == "wss://localhost:4567/auricle")
    #expect(room.agent.caFile == "a folder/#1/ca.pem")
    #expect(room.control.socket == "out/control.sock")
    #expect(room.sound.card == .room)
    #expect(room.room.script == "out/visitor.txt")
    #expect(room.room.recording == "out")
    let card = try read(
      DemoSettings(agentURL: "wss://localhost:1/a", authority: "c", controlSocket: "s", room: nil))
    #expect(card.sound.card == .alsa)
  }
}

@Suite struct KioskConversationTests {
  @Test func theVisitorInterruptsAtLeastOnceAndTakesFourTurns() throws {
    #expect(ScriptedConversation.kiosk.lines.count >= 4)
    #expect(ScriptedConversation.kiosk.lines.contains { $0.interruptsAfter != nil })
  }

  @Test func theRoomUnderstandsTheScript() throws {
    let script = try TalkerScript.parse(ScriptedConversation.kiosk.script)
    #expect(script.sounds == ScriptedConversation.kiosk.lines.map(\.file))
    #expect(script.words(line: 3) == ScriptedConversation.kiosk.lines[0].words)
  }
}
