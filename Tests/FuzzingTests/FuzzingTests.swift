import Fuzzing
import Linux
import TestSupport
import Testing

/// What `tools/fuzz` does for hours, for a moment and with the same inputs every time.
@Suite struct FuzzingTests {
  private static let regressions =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/Regressions"

  /// Each file holds an input in hexadecimal digits; its name begins with that of its parser.
  @Test func whatOnceBrokeSomethingBreaksNothingAnyMore() throws {
    var count = 0
    for file in try Files.list(Self.regressions).sorted() where file.hasSuffix(".hex") {
      let name = String(file.prefix { $0 != "-" })
      let parser = try #require(Parser.named(name), "no parser is called \(name)")
      let text = String(decoding: try Files.read(Self.regressions + "/" + file), as: UTF8.self)
      do throws(Broken) { _ = try parser.run(Hex.bytes(text)) } catch {
        Issue.record("\(file): \(error)")
      }
      count += 1
    }
    #expect(count > 0, "there are regressions")
  }

  @Test(arguments: Parser.all.map { $0.name })
  func seedsAndWhatIsLikeThemHold(_ name: String) throws {
    let parser = try #require(Parser.named(name))
    var random = SeededRandom(seed: 20_261_121)
    let seeds = parser.seeds()
    #expect(!seeds.isEmpty)
    var taken = 0
    for round in 0..<8 {
      // All seeds themselves, then whole conversations changed: most others are a message each.
      for seed in round == 0 ? seeds[...] : seeds.prefix(12) {
        var input = seed
        if round > 0 {
          for _ in 0..<(1 << (round & 3)) where !input.isEmpty {
            input[Int.random(in: 0..<input.count, using: &random)] = .random(
              in: 0...255, using: &random)
          }
        }
        do throws(Broken) { taken += try parser.run(input) } catch {
          Issue.record("seed 20261121, \(Hex.text(input)): \(error)")
        }
      }
    }
    #expect(taken > 0, "nothing reached the parser")
  }
}
