import Testing

@testable import Console

@Suite struct WordsTests {
  @Test(
    arguments: [
      (0, "0 ms"), (340, "340 ms"), (12_400, "12 s"), (60_000, "1 min"), (185_000, "3 min 5 s"),
      (900_000, "15 min"), (7_500_000, "2 h 5 min"), (86_400_000, "1 day"),
      (352_800_000, "4 days 2 h"), (-5, "0 ms"), (.max, "106751991167 days 7 h"),
    ] as [(Int64, String)])
  func spansReadAsPeopleSayThem(milliseconds: Int64, words: String) {
    #expect(Words.span(milliseconds: milliseconds) == words)
  }

  @Test(
    arguments: [
      (900, "900 B"), (31_400, "31 KB"), (1_250_000, "1.2 MB"), (3_000_000_000, "3.0 GB"),
      (-1, "-1 B"),
    ] as [(Int64, String)])
  func bytesReadAsPeopleSayThem(count: Int64, words: String) {
    #expect(Words.bytes(count) == words)
  }

  @Test func sharesAreOfSomething() {
    #expect(Words.share(29, of: 1_000) == "2.9 %")
    #expect(Words.share(1, of: 0) == nil)
    #expect(Words.share(.max, of: 1) == nil)
  }

  @Test func figuresKeepTheirZeros() {
    #expect(Words.fixed(5, decimals: 2) == "0.05")
    #expect(Words.fixed(-105, decimals: 2) == "-1.05")
    #expect(Words.fixed(.min, decimals: 1) == "-922337203685477580.8")
  }

  @Test func foreignTextStaysOnItsLine() {
    #expect(Words.harmless("a\r\n\u{1B}[1mb\u{85}c é\u{A0}") == "a   [1mb c é\u{A0}")
  }
}
