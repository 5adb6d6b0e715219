import ESpeak
import Testing
import VoiceCore

@testable import CloudAgent

@Suite struct DeliveryTests {
  /// Each sentence takes a second for every five letters; words begin where their letters do.
  private func delivery(_ sentences: [String], made: Int? = nil) -> Delivery {
    var delivery = Delivery(sentences)
    for sentence in sentences.prefix(made ?? sentences.count) {
      var marks: [Synthesizer.Mark] = []
      let letters = Array(sentence)
      for index in letters.indices where index == 0 || letters[index - 1] == " " {
        marks.append(.init(character: index, at: .milliseconds(Int64(index) * 200)))
      }
      let packets = [[UInt8]](repeating: SessionScript.packet20, count: letters.count * 10)
      _ = delivery.add(Speech(packets: packets, marks: marks, isEndOfSentence: true))
    }
    return delivery
  }

  private let story = ["It was dark, and the wind blew.", "Then it fell silent."]

  @Test func nothingPlayedIsNothingHeard() {
    let heard = delivery(story).heard(played: .zero)
    #expect(heard.text == "")
    #expect(heard.rest == story)
  }

  @Test func allPlayedIsAllHeard() {
    let told = delivery(story)
    let heard = told.heard(played: told.length)
    #expect(heard.text == story.joined(separator: " "))
    #expect(heard.rest.isEmpty)
  }

  @Test func aWordIsHeardWhenTheNextOneBegins() {
    // "dark," begins at letter 7, "and" at 13.
    #expect(delivery(story).heard(played: .milliseconds(2_599)).text == "It was")
    #expect(delivery(story).heard(played: .milliseconds(2_600)).text == "It was dark,")
  }

  @Test func oneGoesOnFromTheClauseThatWasCut() {
    let heard = delivery(story).heard(played: .milliseconds(4_400))
    #expect(heard.text == "It was dark, and the")
    #expect(heard.rest == ["And the wind blew.", "Then it fell silent."])
  }

  @Test func inTheFirstClauseOneGoesOnFromItsStart() {
    let heard = delivery(story).heard(played: .milliseconds(700))
    #expect(heard.rest == story)
  }

  @Test func inTheNextSentenceTheFirstIsOver() {
    let heard = delivery(story).heard(played: .milliseconds(31 * 200 + 1_100))
    #expect(heard.text == story[0] + " Then")
    #expect(heard.rest == [story[1]])
  }

  @Test func whatWasNeverMadeIsNotHeard() {
    let told = delivery(story, made: 1)
    let heard = told.heard(played: told.length)
    #expect(heard.text == story[0])
    #expect(heard.rest == [story[1]])
  }

  @Test func positionsNeverTrap() {
    let told = delivery(["Grüße, 你好.", ""])
    for milliseconds in stride(from: Int64(0), to: 4_000, by: 17) {
      _ = told.heard(played: .milliseconds(milliseconds))
    }
    var odd = Delivery(["Hi."])
    _ = odd.add(
      Speech(packets: [[1]], marks: [.init(character: 900, at: .zero)], isEndOfSentence: true))
    #expect(odd.heard(played: .milliseconds(10)).rest.isEmpty)
  }
}
