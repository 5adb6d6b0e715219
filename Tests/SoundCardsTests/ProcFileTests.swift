import TestSupport
import Testing

@testable import SoundCards

@Suite struct ProcFileTests {
  private static let speakerphone = """
    Maker Speak at usb-3f980000.usb-1.2, full speed : USB Audio

    Playback:
      Status: Stop
      Interface 2
        Altset 1
        Format: S16_LE
        Channels: 2
        Endpoint: 0x01 (1 OUT) (ADAPTIVE)
        Rates: 48000
        Bits: 16
        Channel map: FL FR

    Capture:
      Status: Running
        Interface = 3
        Altset = 1
        Packet Size = 32
        Momentary freq = 16000 Hz (0x10.0000)
      Interface 3
        Altset 1
        Format: S16_LE
        Channels: 1
        Endpoint: 0x83 (3 IN) (ASYNC)
        Rates: 8000, 16000, 48000
      Interface 3
        Altset 2
        Format: S24_3LE
        Channels: 6
        Endpoint: 0x83 (3 IN) (ASYNC)
        Rates: 16000 - 32000 (continuous)

    """

  @Test func aUSBDeviceInUseStillSaysWhatItCanDo() {
    let file = StreamFile.parse(Array(Self.speakerphone.utf8))
    #expect(
      file.loudspeaker == PCMAbility(rates: [48_000], formats: ["S16_LE"], channels: 2...2))
    #expect(
      file.microphone
        == PCMAbility(
          rates: [8_000, 16_000, 22_050, 32_000, 48_000], formats: ["S16_LE", "S24_3LE"],
          channels: 1...6))
  }

  @Test func everyShorterFileIsRead() {
    let bytes = Array(Self.speakerphone.utf8)
    for length in 0...bytes.count {
      let file = StreamFile.parse(Array(bytes.prefix(length)))
      for side in Side.allCases { #expect(file[side]?.formats.isEmpty != true) }
    }
  }

  @Test func anyBytesAreRead() {
    var random = SeededRandom(seed: 77)
    let bytes = Array(Self.speakerphone.utf8)
    for _ in 0..<500 {
      var damaged = bytes
      for _ in 0..<8 {
        damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      _ = StreamFile.parse(damaged)
      _ = StatusFile.holder(damaged)
    }
  }

  @Test(
    arguments: [
      ("", nil), ("closed\n", nil),
      (
        "state: RUNNING\nowner_pid   : 1234\ntrigger_time: 55.6\n",
        Holder(process: 1_234)
      ),
      ("state: RUNNING\nowner_pid   : 0\n", Holder(process: 0)),
      ("state: OPEN\nowner_pid   : 99999999999999999999\n", Holder(process: 0)),
      ("state: OPEN\n", Holder()),
    ] as [(String, Holder?)])
  func whoHoldsADeviceStandsInItsStatus(text: String, holder: Holder?) {
    #expect(StatusFile.holder(Array(text.utf8)) == holder)
  }
}

@Suite struct CardReportTests {
  private var report: CardReport {
    var speakerphone = Machine.speakerphone
    speakerphone.bus = Machine.usb("1-1.2", serial: "A1")
    speakerphone.pcms[0].ability = PCMAbility(
      rates: [16_000, 48_000], formats: ["S16_LE"], channels: 1...2)
    speakerphone.pcms[0].use = .held(Holder(process: 12, name: "arecord"))
    speakerphone.pcms[1].use = .held(Holder(process: 13, isOurs: true))
    var hat = Machine.hat
    hat.pcms[0].use = .free
    hat.pcms[1].use = .refused(reason: "Permission denied")
    var report = CardReport(cards: [speakerphone, hat, Machine.loopback, Machine.desktop])
    let choice = CardChoice.choose(
      microphone: .auto, loudspeaker: .card(id: "no", device: nil), among: report.cards)
    report.microphone = CardReport.Half(.auto, choice.microphone)
    report.loudspeaker = CardReport.Half(.card(id: "no", device: nil), choice.loudspeaker)
    return report
  }

  private func pairs(_ report: CardReport) -> [String: String] {
    var pairs: [String: String] = [:]
    for (key, value) in report.encode() {
      #expect(pairs[key] == nil, "\(key) twice")
      pairs[key] = value
    }
    return pairs
  }

  @Test func aReportArrivesAsItWasSent() {
    let pairs = pairs(report)
    #expect(CardReport.decode { pairs[$0] } == report)
  }

  @Test func whatIsMissingOrWrongInAReportIsLeftOut() {
    let pairs = pairs(report)
    for key in pairs.keys {
      for value in [nil, "", "-1", "99999999999999999999", "x:y"] {
        var damaged = pairs
        damaged[key] = value
        _ = CardReport.decode { damaged[$0] }
      }
    }
    #expect(CardReport.decode { _ in nil } == nil)
  }

  @Test func aMachineFullOfCardsIsCutShort() {
    var card = Machine.loopback
    card.pcms = (0..<20).map { PCMFacts(device: $0, side: .microphone, use: .held(Holder())) }
    for index in card.pcms.indices {
      card.pcms[index].ability = PCMAbility(rates: [8_000], formats: ["S8"], channels: 1...1)
    }
    card.bus = Machine.usb("1-1", serial: "A")
    let report = CardReport(cards: [CardFacts](repeating: card, count: 20))
    #expect(report.cards.count == CardReport.mostCards)
    #expect(report.leftOut == 12)
    // What the control socket's blocks hold.
    #expect(pairs(report).count < 600)
  }
}
