import Settings
import Testing
import VoiceCore

@testable import Appliance
@testable import SoundCards

/// When the cards are looked at after news of them.
@Suite struct CardChooserTests {
  private let chooser = CardChooser(DeviceSettings())

  private func at(_ milliseconds: Int64) -> SampleTime {
    SampleTime.start + .milliseconds(milliseconds)
  }

  /// The times of looks from `begin` on, asked after each frame.
  private func looks(from begin: Int64 = 0, until end: Int64 = 5_000) -> [Int64] {
    var looks: [Int64] = []
    for time in stride(from: begin, to: end, by: 10) where chooser.isDue(at: at(time)) {
      looks.append(time)
    }
    return looks
  }

  @Test func withoutNewsNobodyLooks() { #expect(looks().isEmpty) }

  @Test func newsAreLookedAtSoonAndAFewTimesMore() {
    chooser.noteNews(at: at(0))
    #expect(looks() == [50, 150, 350, 750, 1_550])
  }

  @Test func newsThatPourInDoNotPutTheLookOff() {
    for time in stride(from: Int64(0), to: 200, by: 10) {
      chooser.noteNews(at: at(time))
      _ = chooser.isDue(at: at(time))
    }
    // The last look was not longer ago than a pause.
    #expect(looks(from: 200).first ?? .max <= 250)
  }

  @Test func newsWhileALateLookIsDueAreLookedAtSoonAllTheSame() {
    chooser.noteNews(at: at(0))
    #expect(looks(until: 800) == [50, 150, 350, 750])
    chooser.noteNews(at: at(800))
    #expect(looks(from: 800) == [850, 950, 1_150, 1_550, 2_350])
  }

  @Test func aBetterCardIsAskedForAgainWhileSomebodySpeaks() {
    chooser.noteNews(at: at(0))
    #expect(looks(until: 2_000).count == 5)
    chooser.postpone(at: at(2_000))
    #expect(looks(from: 2_000) == [2_500])
  }

  /// What was learned of a lost card holds for that card, whatever stands under its number today.
  @Test func aThingIsKnownByWhatItIsAndNotByItsNumber() {
    func usb(_ number: Int, path: String = "1-1", product: UInt16 = 0x0420, serial: String = "")
      -> CardPick
    {
      let card = CardFacts(
        number: number, id: "Device", name: "Speak",
        bus: .usb(USBIdentity(path: path, vendor: 0x0b0e, product: product, serial: serial)))
      return CardPick(alsaName: "hw:\(number)", card: card, device: 0, reason: "")
    }
    func hat(_ number: Int, id: String) -> CardPick {
      CardPick(
        alsaName: "hw:\(number)", card: CardFacts(number: number, id: id, name: id), device: 0,
        reason: "")
    }
    #expect(usb(1).isSameThing(as: usb(3)))
    #expect(usb(1, serial: "A").isSameThing(as: usb(2, path: "1-2", serial: "A")))
    #expect(!usb(1).isSameThing(as: usb(1, path: "1-2")))
    #expect(!usb(1).isSameThing(as: usb(1, product: 0x0422)))
    #expect(!usb(1, serial: "A").isSameThing(as: usb(1, serial: "B")))
    #expect(!usb(1, serial: "A").isSameThing(as: usb(1)))
    #expect(!usb(1).isSameThing(as: hat(1, id: "Device")))
    #expect(hat(0, id: "wm8960").isSameThing(as: hat(2, id: "wm8960")))
    #expect(!hat(0, id: "wm8960").isSameThing(as: hat(0, id: "Zero")))
    let named = CardPick(alsaName: "pulse", reason: "")
    #expect(named.isSameThing(as: named))
    #expect(!named.isSameThing(as: CardPick(alsaName: "jack", reason: "")))
    #expect(!named.isSameThing(as: usb(1)))
  }

  @Test func anOrderIsLookedAtAtOnceAndHoldsForANamedCardToo() {
    #expect(chooser.mayImprove(.microphone))
    chooser.use(.card(id: "Device", device: nil), .microphone, at: at(100))
    #expect(looks(from: 100).first == 100)
    #expect(chooser.isOrdered(.microphone) && chooser.mayImprove(.microphone))
    chooser.settled(.microphone)
    #expect(!chooser.mayImprove(.microphone))
    #expect(chooser.mayImprove(.loudspeaker) && !chooser.isOrdered(.loudspeaker))
  }
}
