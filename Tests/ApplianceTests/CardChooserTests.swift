import Settings
import SoundCards
import Testing
import VoiceCore

@testable import Appliance

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
