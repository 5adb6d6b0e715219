import SoundPath
import Testing

@Suite struct ShapeWishTests {
  @Test func ourOwnRateIsAskedForFirstAndAWishIsTheOnlyOne() {
    #expect(ShapeWish().wantedRates.first == 16_000)
    #expect(Set(ShapeWish().wantedRates).isSuperset(of: [8_000, 44_100, 48_000, 96_000]))
    #expect(ShapeWish(rate: 22_050).wantedRates == [22_050])
  }

  @Test func aCardIsAskedForBothOfItsChannelsAndAServerForOne() {
    #expect(ShapeWish().wantedChannels(of: .hardware).prefix(2) == [2, 1])
    #expect(ShapeWish().wantedChannels(of: .converting).first == 1)
    for kind in [ShapeWish.Kind.hardware, .converting] {
      #expect(Set(ShapeWish().wantedChannels(of: kind)) == Set(1...8))
      #expect(ShapeWish(leastChannels: 5).wantedChannels(of: kind).allSatisfy { $0 >= 5 })
      #expect(ShapeWish(leastChannels: 0).wantedChannels(of: kind).contains(1))
    }
  }

  @Test func everyFormatIsWantedOnceAndThe16BitOnesFirst() {
    #expect(ShapeWish().wantedFormats.first == .int16)
    #expect(ShapeWish().wantedFormats.count == SampleFormat.allCases.count)
  }
}
