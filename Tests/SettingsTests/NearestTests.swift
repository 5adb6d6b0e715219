import Testing

@testable import Settings

@Suite struct NearestTests {
  private let names = ["status", "watch", "listen", "stop", "mute", "volume", "settings"]

  @Test(arguments: [
    ("statsu", "status"), ("wacth", "watch"), ("Volume", "volume"), ("setting", "settings"),
    ("mut", "mute"), ("vollume", "volume"),
  ])
  func aTypingErrorFindsWhatWasMeant(typed: String, meant: String) {
    #expect(Nearest.name(to: typed, among: names) == meant)
  }

  @Test(arguments: ["", "banana", "x", "st", "zzzzzzzz"])
  func anotherWordFindsNothing(typed: String) {
    #expect(Nearest.name(to: typed, among: names) == nil)
  }

  @Test func longWordsAreNotCompared() {
    let long = String(repeating: "a", count: 10_000)
    #expect(Nearest.name(to: long, among: [long]) == nil)
  }

  @Test func swappedNeighboursAreOneStep() {
    #expect(Nearest.distance(Array("ab".utf8), Array("ba".utf8)) == 1)
    #expect(Nearest.distance(Array("".utf8), Array("abc".utf8)) == 3)
    #expect(Nearest.distance(Array("abc".utf8), Array("abc".utf8)) == 0)
  }
}
