import SoundPath
import Testing

@Suite struct CushionTests {
  @Test func itGrowsWhenItRanDryAndNoFurtherThanItsBound() {
    var cushion = Cushion(start: 128)
    cushion.ranDry()
    #expect(cushion.length == 192)
    for _ in 0..<100 { cushion.ranDry() }
    #expect(cushion.length == Cushion.most)
  }

  @Test func aNarrowEscapeMakesItGrowToo() {
    var cushion = Cushion(start: 128)
    #expect(cushion.survived(least: 60) == 0)
    #expect(cushion.survived(least: 10) == 32)
  }

  @Test func afterLongCalmItShrinksToWhereItBegan() {
    var cushion = Cushion(start: 128)
    for _ in 0..<4 { cushion.ranDry() }
    var seconds = 0
    while cushion.length > 128, seconds < 100_000 {
      _ = cushion.survived(least: cushion.length - 40)
      seconds += 1
    }
    #expect(cushion.length == 128 && seconds > 5_000)
    for _ in 0..<2_000 { _ = cushion.survived(least: 100) }
    #expect(cushion.length == 128)
  }

  @Test func itDoesNotShrinkWhereItIsNeeded() {
    var cushion = Cushion(start: 128)
    cushion.ranDry()
    for _ in 0..<5_000 { _ = cushion.survived(least: 30) }
    #expect(cushion.length == 192)
  }
}
