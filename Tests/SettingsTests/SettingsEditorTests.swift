import Testing

@testable import Settings

@Suite struct SettingsEditorTests {
  private func edit(_ text: String, _ changes: [SettingsEditor.Change]) -> String {
    String(
      decoding: SettingsEditor.apply(changes, to: Array(text.utf8), heading: "Ours."),
      as: UTF8.self)
  }
  private let both = [
    SettingsEditor.Change("alsa", "microphone", "card:Device"),
    SettingsEditor.Change("alsa", "loudspeaker", "auto"),
  ]

  @Test func aNewFileSaysWhereItComesFrom() {
    #expect(
      edit("", both) == "# Ours.\n\n[alsa]\nmicrophone = card:Device\nloudspeaker = auto\n")
  }

  @Test func aValueIsReplacedAndEverythingElseStays() {
    let before = """
      # By hand.
      [speaker]
      volume = 40
      [ alsa ]
        microphone=hw:1
      # microphone = hw:2
      buffer = 60 ms

      [turn]
      microphone = 3

      """
    #expect(
      edit(before, both) == """
        # By hand.
        [speaker]
        volume = 40
        [ alsa ]
        microphone = card:Device
        # microphone = hw:2
        buffer = 60 ms
        loudspeaker = auto

        [turn]
        microphone = 3

        """)
  }

  @Test func aSecondTimeChangesNothing() {
    let once = edit("[speaker]\nvolume = 40", both)
    #expect(edit(once, both) == once)
    #expect(once.hasPrefix("[speaker]\nvolume = 40\n\n[alsa]\n"))
  }

  @Test func linesFromElsewhereKeepTheirEnds() {
    #expect(
      edit("[alsa]\r\nmicrophone = x\r\nloudspeaker = y\r\n", both)
        == "[alsa]\r\nmicrophone = card:Device\r\nloudspeaker = auto\r\n")
  }

  @Test(arguments: ["a b", "usb-id:2886:0018:A #1", "\"x\"", " x", "x;y", "hw:CARD=Device,DEV=0"])
  func whatWasWrittenIsRead(value: String) throws {
    var reader = SettingsReader()
    let change = SettingsEditor.Change("alsa", "microphone", value)
    reader.read(SettingsEditor.apply([change], to: [], heading: "Ours."), file: "a.conf")
    #expect(try reader.finish().settings.alsa.microphone == value)
  }

  @Test func anyBytesAreEdited() {
    let text = Array("[alsa]\nmicrophone = x\n[\n=\n[]\n".utf8)
    for length in 0...text.count {
      let edited = SettingsEditor.apply(both, to: Array(text.prefix(length)), heading: "Ours.")
      #expect(String(decoding: edited, as: UTF8.self).contains("microphone = card:Device\n"))
    }
  }
}
